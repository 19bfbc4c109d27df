"""PJSIP's endpoint, set up as the node's configuration says."""

import logging
from collections.abc import Callable

import pjsua2 as pj

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import library
from softswitch.gateway.build import call_limit, is_tuned
from softswitch.gateway.guard import guarded
from softswitch.gateway.transports import Transports

log = logging.getLogger(__name__)
SPARE_CALLS = 200
"""PJSIP's own slots beyond ours, so that it is our 503 that a caller gets, not PJSIP's 486."""


class GatewayEndpoint(pj.Endpoint):  # type: ignore[misc,unused-ignore]
    """`select` finds the account for a request outside of calls, by its number."""

    def __init__(self) -> None:
        super().__init__()
        self.transports: Transports
        self.select: Callable[[pj.OnSelectAccountParam], int] | None = None

    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:
        guarded(self._select, prm)

    def _select(self, prm: pj.OnSelectAccountParam) -> None:
        if self.select:
            prm.accountIndex = self.select(prm)

    def onTransportState(self, prm: pj.OnTransportStateParam) -> None:
        if prm.state == pj.PJSIP_TP_STATE_CONNECTED and prm.type.startswith("TLS"):
            guarded(self._check_peer, prm)

    def _check_peer(self, prm: pj.OnTransportStateParam) -> None:
        """Before PJSIP sends anything over a TLS connection of ours: to whom? See peers."""
        if not self._is_trusted(prm.tlsInfo):
            library.shut_transport(prm.hnd)

    def _is_trusted(self, info: pj.TlsInfo) -> bool:
        try:
            return not self.transports.is_ours(info) or not self.transports.peers.refuse(info)
        except Exception:
            log.exception("a TLS connection is refused, for it could not be looked at")
            return False


def start(config: Config) -> GatewayEndpoint:
    """Create, initialise and start the endpoint; it listens when this returns."""
    endpoint = library.create(GatewayEndpoint)
    spare = SPARE_CALLS if is_tuned() else 0
    calls = call_limit(config.media.max_calls) + spare
    media_ports = 3 * config.media.max_calls + 2 * SPARE_CALLS + 16
    settings = library.settings(config.sip.user_agent, calls, media_ports, config.media.clock_rate)
    endpoint.libInit(settings)
    endpoint.audDevManager().setNullDev()
    endpoint.transports = Transports(endpoint, config)
    endpoint.transports.listen()
    endpoint.libStart()
    enable_codecs(endpoint, config.media.codecs)
    return endpoint


def enable_codecs(endpoint: pj.Endpoint, codecs: tuple[str, ...]) -> None:
    """These and no others, best first. A call's trunk may have fewer, and another order: see sdp."""
    known = [codec.codecId for codec in endpoint.codecEnum2()]
    for codec in known:
        endpoint.codecSetPriority(codec, 0)
    for rank, wanted in enumerate(codecs):
        matching = [codec for codec in known if codec.split("/")[0].lower() == wanted.lower()]
        if not matching:
            names = sorted({codec.split("/")[0] for codec in known})
            raise SoftswitchError(f"media.codecs: no codec {wanted} here; there are {', '.join(names)}")
        for codec in matching:
            endpoint.codecSetPriority(codec, 250 - rank)


def call_options(status: int = 0, headers: tuple[tuple[str, str], ...] = ()) -> pj.CallOpParam:
    """Options for answering, hanging up and so on: audio only."""
    options = pj.CallOpParam(True)
    options.opt.audioCount = 1
    options.opt.videoCount = 0
    if hasattr(options.opt, "textCount"):  # 2.17 offers a second m= line (T.140) otherwise
        options.opt.textCount = 0
    options.statusCode = status
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        options.txOption.headers.append(header)
    return options
