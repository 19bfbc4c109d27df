"""PJSIP's accounts: one for each trunk, and one for sources that belong to none.

Control says which trunks there are to be; what is the same stays untouched, with its calls. An account that
is no longer wanted goes when its last call has ended. Everything here runs on the SIP thread.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pjsua2 as pj

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import account_settings, messages
from softswitch.gateway.endpoint import GatewayEndpoint, enable_codecs
from softswitch.gateway.registering import TrunkAccount
from softswitch.trunks.matching import Sources, request_uri
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

log = logging.getLogger(__name__)
LEAVE_WITHIN = 5.0
"""Seconds for a registrar's last answer before an account that is no longer wanted is given up."""
MOST_ACCOUNTS = 250
"""PJSIP has room for 256; beyond this, accounts for targets that are seldom called make room."""


class Way(NamedTuple):
    """What an account beside a trunk's main one is for: another target, or the other IP version."""

    trunk: str
    target: Target | None
    version: int


class Accounts:
    """`on_incoming` gets each new call with its trunk's name, "" where it belongs to none."""

    def __init__(
        self,
        config: Config,
        endpoint: GatewayEndpoint,
        on_incoming: Callable[[pj.OnIncomingCallParam, str], None],
        send: Callable[[messages.Message], None],
    ) -> None:
        self._config = config
        self._endpoint = endpoint
        self._transports = endpoint.transports
        self._on_incoming = on_incoming
        self._send = send
        self._connections: dict[str, Connection] = {}
        self._sources = Sources((), ())
        self._main: dict[str, TrunkAccount] = {}
        self._aside: dict[Way, TrunkAccount] = {}
        self._retired: list[tuple[float, TrunkAccount]] = []
        self._unused: list[TrunkAccount] = []
        self._of_no_trunk = {
            version: self._open("", account_settings.of_no_trunk(config, self._transports, version), version)
            for version in self._transports.addresses
        }
        endpoint.select = self._select

    # --- what control wants -----------------------------------------------------------------------------

    def apply(self, connections: Iterable[Connection]) -> None:
        """All trunks as they are to be from here on."""
        wanted = {c.trunk.name: c for c in connections if c.trunk.enabled}
        self._sources = Sources(wanted.values(), ())
        self._transports.expect(wanted.values())
        self._enable_codecs(wanted.values())
        for name in self._connections.keys() - wanted.keys():
            self._remove(name)
        self._free_retired(hurry=len(self._retired) + len(wanted) > MOST_ACCOUNTS)
        for connection in wanted.values():
            before = self._connections.get(connection.trunk.name)
            if before == connection and connection.trunk.name in self._main:
                continue
            self._connections[connection.trunk.name] = connection
            try:
                self._bring(connection, before)
            except (SoftswitchError, pj.Error) as error:
                self._cannot(connection, error.info() if isinstance(error, pj.Error) else str(error))

    def _bring(self, connection: Connection, before: Connection | None) -> None:
        trunk, route = connection.trunk, _route(connection)
        version = _version(route) or next(iter(self._transports.addresses))
        if version not in self._transports.addresses:
            raise SoftswitchError(f"this node does not listen on IPv{version}; see sip.address6")
        if any(target.transport == "tls" for target in connection.targets):
            self._transports.need_tls(version)
        settings = self._settings(connection, route, version)
        account = self._main.get(trunk.name)
        if account is None:
            account = self._main[trunk.name] = self._open(trunk.name, settings, version)
            account.follow(connection, settings, changed=False)
        else:
            changed = before is None or _lasting(before) != _lasting(connection)
            if changed:
                account.version = version
                self._retire_aside(trunk.name)
            account.follow(connection, settings, changed=changed)

    def _settings(self, connection: Connection, route: Target | None, version: int) -> pj.AccountConfig:
        settings = account_settings.of_trunk(self._config, self._transports, connection, route, version)
        if connection.register_at:
            return account_settings.with_registration(settings, connection.trunk)
        return settings

    def _cannot(self, connection: Connection, reason: str) -> None:
        log.error("trunk %s: %s", connection.trunk.name, reason)
        if connection.register_at:
            self._send(messages.Registered(connection.trunk.name, connection.register_at, 0, reason))

    def _remove(self, name: str) -> None:
        del self._connections[name]
        self._retire_aside(name)
        if account := self._main.pop(name, None):
            self._retire(account)

    def _enable_codecs(self, connections: Iterable[Connection]) -> None:
        own = self._config.media.codecs
        known = {codec.codecId.split("/")[0].lower() for codec in self._endpoint.codecEnum2()}
        wanted = {codec for c in connections for codec in c.trunk.codecs} - set(own)
        for codec in sorted(wanted):
            if codec.lower() not in known:
                log.error("no codec %s in this build of PJSIP; trunks that want it go without", codec)
        enable_codecs(self._endpoint, (*own, *sorted(c for c in wanted if c.lower() in known)))

    # --- which account a call has -----------------------------------------------------------------------

    def trunk(self, name: str) -> Trunk | None:
        """The trunk as it is now; None when it was removed, or for ""."""
        connection = self._connections.get(name)
        return connection.trunk if connection else None

    def codecs(self, name: str) -> tuple[str, ...]:
        """Those that calls of this trunk may have, best first."""
        trunk = self.trunk(name)
        return trunk.codecs if trunk else self._config.media.codecs

    def of(self, name: str) -> TrunkAccount:
        """A trunk's account; that of no trunk where there is none by this name."""
        return self._main.get(name) or next(iter(self._of_no_trunk.values()))

    def of_version(self, version: int) -> TrunkAccount:
        """The account of no trunk whose requests go over this IP version, where the node has it."""
        return self._of_no_trunk.get(version) or self.of("")

    def toward(self, name: str, target: Target) -> TrunkAccount:
        """A trunk's account whose requests go to this one of its targets."""
        connection = self._connections.get(name)
        if connection is None:
            return self.of_version(_version(target))
        if target == _route(connection):
            return self.of(name)
        return self._beside(Way(name, target, _version(target)), connection) or self.of(name)

    def _beside(self, way: Way, connection: Connection) -> TrunkAccount | None:
        """Made when it is first needed, and kept for the next call."""
        if way.version not in self._transports.addresses:
            return None
        account = self._aside.pop(way, None)
        if account is None:
            self._make_room()
            settings = account_settings.of_trunk(
                self._config, self._transports, connection, way.target, way.version
            )
            account = self._open(way.trunk, settings, way.version)
        self._aside[way] = account  # the latest stands last
        return account

    def _select(self, prm: pj.OnSelectAccountParam) -> int:
        """The number of the account whose settings (SRTP, timers, PRACK) an incoming request gets."""
        source = prm.rdata.srcAddress
        name = self._sources.trunk_of(source, request_uri(prm.rdata.wholeMsg)) or ""
        version = 6 if source.startswith("[") else 4
        main = self._main.get(name)
        if main is None:
            return self.of_version(version).getId()
        if main.version == version:
            return main.getId()
        return (self._beside(Way(name, None, version), self._connections[name]) or main).getId()

    # --- the accounts themselves -------------------------------------------------------------------------

    def _open(self, name: str, settings: pj.AccountConfig, version: int) -> TrunkAccount:
        account = self._unused.pop() if self._unused else TrunkAccount(self._on_incoming, self._registered)
        account.trunk, account.version = name, version
        account.create(settings)
        return account

    def _registered(
        self, trunk: str, target: Target, status: int, reason: str, expires: float, retry_after: float
    ) -> None:
        if not status:
            reason = self.distrust(target) or reason
        self._send(messages.Registered(trunk, target, status, reason, expires, retry_after))

    def distrust(self, target: Target) -> str:
        """Why our last TLS connection to this target was not used, "" when it was."""
        return self._transports.peers.refusal(target.address, target.port)

    def _retire_aside(self, name: str) -> None:
        for way in [way for way in self._aside if way.trunk == name]:
            self._retire(self._aside.pop(way))

    def _retire(self, account: TrunkAccount) -> None:
        account.leave()
        self._retired.append((time.monotonic() + LEAVE_WITHIN, account))

    def _make_room(self) -> None:
        count = len(self._main) + len(self._aside) + len(self._retired) + len(self._of_no_trunk)
        if count >= MOST_ACCOUNTS and self._aside:
            self._retire(self._aside.pop(next(iter(self._aside))))
            self._free_retired(hurry=True)

    def _free_retired(self, *, hurry: bool = False) -> None:
        """Those without a call; in a `hurry` those too whose registrar may still answer.

        The objects are used again: one that Python frees late would take with it the account that has its
        number by then.
        """
        now, kept = time.monotonic(), []
        for deadline, account in self._retired:
            if (account.asking and now < deadline and not hurry) or not account.close():
                kept.append((deadline, account))
            else:
                self._unused.append(account)
        self._retired = kept

    def tick(self, now: float) -> None:
        """Several times a second, outside of callbacks."""
        if self._retired:
            self._free_retired()
        self._transports.tick(now)

    def leave_all(self) -> None:
        """Unregister everywhere: the node is about to stop."""
        for account in self._main.values():
            account.leave()

    @property
    def leaving(self) -> bool:
        """Whether registrars have still to answer to that."""
        return any(account.asking for account in self._main.values())


def _route(connection: Connection) -> Target | None:
    """Where requests of a trunk's main account go."""
    return connection.register_at or next(iter(connection.targets), None)


def _version(target: Target | None) -> int:
    """4 or 6; 0 for no target."""
    return 0 if target is None else 6 if ":" in target.address else 4


def _lasting(connection: Connection) -> tuple[Trunk, str, Target | None, bool]:
    """What PJSIP's account is made from: all but the number of the attempt."""
    return (
        connection.trunk,
        connection.password,
        _route(connection),
        connection.register_at is None,
    )
