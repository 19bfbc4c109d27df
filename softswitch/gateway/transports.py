"""PJSIP's transports as the configuration says: UDP, TCP and TLS, on one address or on two."""

import errno
import ipaddress
import logging
import os
from collections.abc import Collection
from dataclasses import dataclass

import pjsua2 as pj

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import library, stun, tls
from softswitch.gateway.peers import Peers
from softswitch.trunks.targets import Connection

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0
"""Seconds between two looks at the certificate's files."""
TLS_1_2_AND_1_3 = 0x30
"""PJ_SSL_SOCK_PROTO_TLS1_2 and _TLS1_3; PJSIP's default stops at 1.2."""
_KINDS = {
    ("UDP", 4): pj.PJSIP_TRANSPORT_UDP,
    ("UDP", 6): pj.PJSIP_TRANSPORT_UDP6,
    ("TCP", 4): pj.PJSIP_TRANSPORT_TCP,
    ("TCP", 6): pj.PJSIP_TRANSPORT_TCP6,
    ("TLS", 4): pj.PJSIP_TRANSPORT_TLS,
    ("TLS", 6): pj.PJSIP_TRANSPORT_TLS6,
}


@dataclass
class TlsListener:
    """`port` 0: some free one, of a node that only connects to others; it has no certificate to show."""

    id: int
    version: int
    port: int


class Transports:
    """`addresses` has the address to listen on by IP version; `public_address` is IPv4's, where known."""

    def __init__(self, endpoint: pj.Endpoint, config: Config) -> None:
        self._endpoint = endpoint
        self._sip = config.sip
        found = [config.sip.address, *([config.sip.address6] if config.sip.address6 else [])]
        self.addresses: dict[int, str] = {ipaddress.ip_address(address).version: address for address in found}
        self.public_address = config.sip.public_address
        self.peers = Peers()
        self._tls: list[TlsListener] = []
        self._held: tls.Held | None = None
        self._modified: tuple[int, ...] = ()
        self._next_look = 0.0

    def listen(self) -> None:
        """Raises SoftswitchError that names the address, or the file, and what is wrong with it."""
        if self._sip.stun and not self.public_address:
            self._ask_stun()
        for version, address in self.addresses.items():
            for name in ("UDP", "TCP"):
                self._create(name, version, self._settings(version, self._sip.port), address)
        if self._sip.tls.port:
            for version in self.addresses:
                self.need_tls(version)

    def need_tls(self, version: int) -> None:
        """Have TLS for this IP version; without `sip.tls.port` only to connect to others."""
        if version not in self.addresses or any(held.version == version for held in self._tls):
            return
        if not library.can_shut_transports():
            raise SoftswitchError(
                "this build of PJSIP cannot refuse TLS peers with bad certificates; run scripts/build_pjsua2"
            )
        if self._held is None:
            self._modified = tls.modified(self._sip.tls)
            self._held = tls.Held(tls.read(self._sip.tls, serves=bool(self._sip.tls.port)))
        settings = self._settings(version, self._sip.tls.port, self._held)
        made = self._create("TLS", version, settings, self.addresses[version])
        self._tls.append(TlsListener(made, version, self._sip.tls.port))

    def expect(self, connections: Collection[Connection]) -> None:
        """Whom TLS connections of ours lead to from here on; replaces all earlier ones."""
        self.peers.expect(connections)
        if hasattr(pj, "nameTlsPeers"):  # else they name nobody, which most peers take
            named = self.peers.names()
            pj.nameTlsPeers(pj.StringVector(list(named)), pj.StringVector(list(named.values())))

    def tick(self, now: float) -> None:
        """Serve a certificate that has been replaced; a broken one is said once and the old one stays."""
        if not self._held or now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY
        modified = tls.modified(self._sip.tls)
        if modified == self._modified:
            return
        self._modified = modified
        try:
            fresh = tls.read(self._sip.tls, serves=bool(self._sip.tls.port))
        except SoftswitchError as error:
            log.error("the certificate that is served stays as it was: %s", error)
            return
        self._serve(tls.Held(fresh))

    def _serve(self, held: tls.Held) -> None:
        old, self._held = self._held, held
        for listener in self._tls:
            settings = self._settings(listener.version, listener.port, held)
            if hasattr(pj, "restartTls"):
                pj.restartTls(listener.id, settings)
            else:  # the wheel from PyPI
                self._endpoint.transportClose(listener.id)
                listener.id = self._create(
                    "TLS", listener.version, settings, self.addresses[listener.version]
                )
        if old:
            old.close()
        log.info("the new certificate in %s is served", self._sip.tls.certificate_file)

    def is_ours(self, info: pj.TlsInfo) -> bool:
        """Whether we made this TLS connection, and not a peer."""
        port = info.localAddr.rpartition(":")[2]
        return not (self._sip.tls.port and int(port) == self._sip.tls.port)

    def _settings(self, version: int, port: int, held: tls.Held | None = None) -> pj.TransportConfig:
        settings = pj.TransportConfig()
        settings.port = port
        settings.boundAddress = self.addresses[version]
        if (":" in self.public_address) == (version == 6):
            settings.publicAddress = self.public_address
        if held:
            wanted = settings.tlsConfig
            wanted.certFile, wanted.privKeyFile = held.certificate, held.key
            wanted.CaListFile = held.authorities
            wanted.proto = TLS_1_2_AND_1_3
            wanted.verifyServer = False  # PJSIP would look for the address in the certificate; see peers
            wanted.verifyClient = wanted.requireClientCert = self._sip.tls.verify_client
        return settings

    def _create(self, name: str, version: int, settings: pj.TransportConfig, address: str) -> int:
        try:
            return self._endpoint.transportCreate(_KINDS[name, version], settings)
        except pj.Error as error:
            other = "sip.tls.port=5071" if name == "TLS" else "sip.port=5070"
            remedy = f"See who has it with `ss -lnp`, or choose another with --set {other}"
            if os.strerror(errno.EADDRNOTAVAIL) in error.reason:
                remedy = "Set sip.address to an address of this machine, or to 0.0.0.0 for all of them"
            reason = error.reason.strip()
            raise SoftswitchError(
                f"cannot listen on {name} {address} port {settings.port}: {reason}. {remedy}"
            ) from None

    def _ask_stun(self) -> None:
        own = self.addresses.get(4, "0.0.0.0")
        try:
            self.public_address = stun.public_address(self._sip.stun, own)
            log.info("the STUN server %s sees this node at %s", self._sip.stun, self.public_address)
        except (OSError, ValueError) as error:
            log.error(
                "sip.stun: the public address is not known, %s says nothing (%s); calls through a NAT may "
                "be silent until it does and the node is started again, or set sip.public_address",
                self._sip.stun,
                error,
            )
