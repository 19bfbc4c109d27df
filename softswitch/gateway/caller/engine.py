"""The caller: one PJSIP endpoint on which the calling thread runs any number of scripted calls at once."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

import pjsua2 as pj

from softswitch.errors import SoftswitchError
from softswitch.gateway import library
from softswitch.gateway.caller.port import CLOCK_RATE, CallerPort
from softswitch.gateway.caller.script import CallReport, CallScript, Observer
from softswitch.gateway.caller.session import Session

_POLL_MS = 10
_SETTLE_S = 0.1


@dataclass(frozen=True, slots=True)
class CallerSettings:
    """How the caller presents itself. `local_address` is bound for SIP and RTP, on free ports."""

    local_address: str = "127.0.0.1"
    transport: Literal["udp", "tcp"] = "udp"
    srtp: bool = False
    from_uri: str = ""
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    max_calls: int = 1


def address_towards(uri: str) -> str:
    """The address of this machine that the URI's host is reached from."""
    host, port = host_and_port(uri)
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise SoftswitchError(f"{uri}: no way to {host} ({error.strerror}); check the host's name") from None


def host_and_port(uri: str) -> tuple[str, int]:
    """Host and port of a SIP URI (RFC 3261, 19.1), 5060 by default."""
    hostport = uri.partition(":")[2].rpartition("@")[2].partition(";")[0].partition("?")[0]
    host, colon, port = hostport.rpartition(":")
    if not colon or hostport.endswith("]"):
        host, port = hostport, "5060"
    if not host or not port.isdigit():
        raise SoftswitchError(f"{uri}: expected a SIP URI such as sip:127.0.0.1:5060")
    return host.strip("[]"), int(port)


class Caller:
    """Use as a context manager, one at a time in a process, always from the same thread."""

    def __init__(self, settings: CallerSettings) -> None:
        self._settings = settings
        self._endpoint = _start(settings)
        self._account = _open_account(settings)
        self._ports = [CallerPort(f"caller-{number}") for number in range(settings.max_calls)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(
        self, scripts: Sequence[CallScript], *, stagger: float = 0.0, observer: Observer | None = None
    ) -> list[CallReport]:
        """Make all the calls, each `stagger` seconds after the one before; their reports in that order.

        `observer` hears of every call as it goes on; make one call at a time to know which. Raises
        SoftswitchError for more scripts than `max_calls`.
        """
        if len(scripts) > len(self._ports):
            raise SoftswitchError(
                f"{len(scripts)} calls at once; this caller was made for {len(self._ports)}"
            )
        silent: Observer = observer or (lambda progress: None)
        sessions = [Session(script, port, silent) for script, port in zip(scripts, self._ports, strict=False)]
        try:
            self._converse(sessions, [self._target(script.uri) for script in scripts], stagger)
        finally:
            self._settle(sessions)
        return [session.report for session in sessions]

    def _converse(self, sessions: Sequence[Session], uris: Sequence[str], stagger: float) -> None:
        """From the first INVITE to the last end."""
        began, dialled = time.monotonic(), 0
        while not all(session.over for session in sessions):
            if dialled < len(sessions) and time.monotonic() >= began + dialled * stagger:
                sessions[dialled].dial(self._account, uris[dialled])
                dialled += 1
            in_haste = dialled < len(sessions) and not stagger
            self._endpoint.libHandleEvents(0 if in_haste else _POLL_MS)
            for session in sessions[:dialled]:
                session.poll()

    def _target(self, uri: str) -> str:
        if self._settings.transport == "tcp" and ";transport=" not in uri.lower():
            return f"{uri};transport=tcp"
        return uri

    def _settle(self, sessions: list[Session]) -> None:
        """Hang up what is still up (an interrupt), and let the bridge forget the calls' ports."""
        for session in sessions:
            if not session.over:
                session.hangup(problem="interrupted")
        until = time.monotonic() + _SETTLE_S
        while time.monotonic() < until:
            self._endpoint.libHandleEvents(_POLL_MS)
        for session in sessions:
            session.release()

    def close(self) -> None:
        """Leave PJSIP in order, so that another caller can be made and the process ends without a crash."""
        del self._account
        self._endpoint.libDestroy()
        del self._endpoint
        for port in self._ports:
            port.thisown = False  # freeing one without its endpoint is a segmentation fault


def _start(settings: CallerSettings) -> pj.Endpoint:
    endpoint = library.create(pj.Endpoint)
    calls = 2 * settings.max_calls + 2  # a transfer makes a second leg
    config = library.settings("softswitch-call", calls, 4 * settings.max_calls + 16, CLOCK_RATE)
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    _open_transport(endpoint, settings)
    endpoint.libStart()
    _offer_only(endpoint, settings.codecs)
    return endpoint


def _open_transport(endpoint: pj.Endpoint, settings: CallerSettings) -> None:
    kinds = {
        ("udp", False): pj.PJSIP_TRANSPORT_UDP,
        ("tcp", False): pj.PJSIP_TRANSPORT_TCP,
        ("udp", True): pj.PJSIP_TRANSPORT_UDP6,
        ("tcp", True): pj.PJSIP_TRANSPORT_TCP6,
    }
    transport = pj.TransportConfig()
    transport.boundAddress = settings.local_address
    try:
        endpoint.transportCreate(kinds[settings.transport, ":" in settings.local_address], transport)
    except pj.Error as error:
        raise SoftswitchError(
            f"cannot open a SIP port on {settings.local_address}: {error.reason.strip()}; "
            "is that an address of this machine?"
        ) from None


def _offer_only(endpoint: pj.Endpoint, codecs: tuple[str, ...]) -> None:
    for codec in [codec.codecId for codec in endpoint.codecEnum2()]:
        name = codec.split("/")[0]
        endpoint.codecSetPriority(codec, 250 - codecs.index(name) if name in codecs else 0)


def _open_account(settings: CallerSettings) -> pj.Account:
    config = pj.AccountConfig()
    v6 = ":" in settings.local_address
    host = f"[{settings.local_address}]" if v6 else settings.local_address
    config.idUri = settings.from_uri or f"sip:caller@{host}"
    media = config.mediaConfig
    media.transportConfig.boundAddress = settings.local_address
    media.transportConfig.port = media.transportConfig.portRange = 0  # any free ones
    media.lockCodecEnabled = False  # no re-INVITE where the answer names two codecs
    media.srtpUse = pj.PJMEDIA_SRTP_MANDATORY if settings.srtp else pj.PJMEDIA_SRTP_DISABLED
    media.srtpSecureSignaling = 0
    if v6:
        config.sipConfig.ipv6Use = media.ipv6Use = pj.PJSUA_IPV6_ENABLED_PREFER_IPV6
    account = pj.Account()
    try:
        account.create(config)
    except pj.Error as error:
        raise SoftswitchError(f"--from {settings.from_uri}: {error.reason.strip()}") from None
    return account
