"""PJSIP's endpoint, transports and account, set up as the node's configuration says."""

import ipaddress
from collections.abc import Callable

import pjsua2 as pj

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import library
from softswitch.gateway.build import call_limit, is_tuned

SPARE_CALLS = 200
"""PJSIP's own slots beyond ours, so that it is our 503 that a caller gets, not PJSIP's 486."""
_SRTP = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}


def start(config: Config) -> pj.Endpoint:
    """Create, initialise and start the endpoint; it listens when this returns."""
    endpoint = library.create()
    spare = SPARE_CALLS if is_tuned() else 0
    calls = call_limit(config.media.max_calls) + spare
    media_ports = 3 * config.media.max_calls + 2 * SPARE_CALLS + 16
    settings = library.settings(config.sip.user_agent, calls, media_ports, config.media.clock_rate)
    endpoint.libInit(settings)
    endpoint.audDevManager().setNullDev()
    _listen(endpoint, config)
    endpoint.libStart()
    _prefer_codecs(endpoint, config.media.codecs)
    return endpoint


def _listen(endpoint: pj.Endpoint, config: Config) -> None:
    sip = config.sip
    v6 = ipaddress.ip_address(sip.address).version == 6
    kinds = (
        (pj.PJSIP_TRANSPORT_UDP6, pj.PJSIP_TRANSPORT_TCP6)
        if v6
        else (pj.PJSIP_TRANSPORT_UDP, pj.PJSIP_TRANSPORT_TCP)
    )
    for kind, name in zip(kinds, ("UDP", "TCP"), strict=True):
        transport = pj.TransportConfig()
        transport.port = sip.port
        transport.boundAddress = sip.address
        transport.publicAddress = sip.public_address
        try:
            endpoint.transportCreate(kind, transport)
        except pj.Error as error:
            raise SoftswitchError(
                f"cannot listen on {name} {sip.address} port {sip.port}: {error.reason.strip()}. "
                "See who has it with `ss -lnp`, or choose another with --set sip.port=5070"
            ) from None


def _prefer_codecs(endpoint: pj.Endpoint, codecs: tuple[str, ...]) -> None:
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


def open_account(config: Config, on_incoming: Callable[[pj.OnIncomingCallParam], None]) -> pj.Account:
    """The account that all calls come in on. Keep the returned object: PJSIP does not."""
    settings = pj.AccountConfig()
    host = f"[{config.sip.address}]" if ":" in config.sip.address else config.sip.address
    settings.idUri = f"sip:softswitch@{host}:{config.sip.port}"
    media = settings.mediaConfig
    media.transportConfig.boundAddress = config.sip.address
    media.transportConfig.publicAddress = config.sip.public_address
    media.transportConfig.port = config.media.rtp_port
    media.transportConfig.portRange = config.media.rtp_ports
    media.srtpUse = _SRTP[config.media.srtp]
    media.srtpSecureSignaling = 0
    media.lockCodecEnabled = False  # or each offer of ours is followed by a second one, to settle on a codec
    if ":" in host:
        settings.sipConfig.ipv6Use = media.ipv6Use = pj.PJSUA_IPV6_ENABLED_PREFER_IPV6
    account = _Account(on_incoming)
    account.create(settings)
    return account


class _Account(pj.Account):  # type: ignore[misc,unused-ignore]
    def __init__(self, on_incoming: Callable[[pj.OnIncomingCallParam], None]) -> None:
        super().__init__()
        self._on_incoming = on_incoming

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        self._on_incoming(prm)


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
