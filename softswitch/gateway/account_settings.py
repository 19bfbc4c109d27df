"""A trunk as PJSIP's account settings: who we are there, by which way, and what its calls are like."""

import math

import pjsua2 as pj

from softswitch.config import Config
from softswitch.gateway.transports import Transports
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

MIN_SE = 90
"""RFC 4028 section 5: no session timer may be shorter."""
_SRTP = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}
_TIMERS = {
    "off": pj.PJSUA_SIP_TIMER_INACTIVE,
    "optional": pj.PJSUA_SIP_TIMER_OPTIONAL,
    "required": pj.PJSUA_SIP_TIMER_REQUIRED,
}
_PRACK = {
    "off": pj.PJSUA_100REL_NOT_USED,
    "optional": pj.PJSUA_100REL_OPTIONAL,
    "required": pj.PJSUA_100REL_MANDATORY,
}


def of_no_trunk(config: Config, transports: Transports, version: int) -> pj.AccountConfig:
    """For calls of sources that `sip.allow` names, over this IP version."""
    settings = _common(config, transports, version, transports.public_address)
    settings.idUri = f"sip:softswitch@{_in_uri(transports.addresses[version])}:{config.sip.port}"
    settings.mediaConfig.srtpUse = _SRTP[config.media.srtp]
    return settings


def of_trunk(
    config: Config, transports: Transports, connection: Connection, route: Target | None, version: int
) -> pj.AccountConfig:
    """Requests of the account go to `route`, whatever their URI says; it does not show in them."""
    trunk = connection.trunk
    public = trunk.nat.public_address
    settings = _common(config, transports, version, public or transports.public_address)
    settings.idUri = f"sip:{trunk.username or 'softswitch'}@{domain(trunk, transports.addresses[version])}"
    settings.mediaConfig.srtpUse = _SRTP[trunk.srtp]
    calls = settings.callConfig
    calls.timerUse, calls.prackUse = _TIMERS[trunk.session_timers], _PRACK[trunk.prack]
    calls.timerMinSESec, calls.timerSessExpiresSec = MIN_SE, round(trunk.session_expires)
    sip = settings.sipConfig
    if connection.password:
        user = trunk.auth_username or trunk.username
        sip.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, connection.password))
    if route:
        sip.proxies.append(f"<sip:{route.hostport};transport={route.transport};lr;hide>")
    if public:
        port = config.sip.tls.port if trunk.transport == "tls" else config.sip.port
        user = trunk.username or "softswitch"
        sip.contactForced = f"<sip:{user}@{_in_uri(public)}:{port};transport={trunk.transport}>"
    _set_nat(settings.natConfig, trunk)
    return settings


def with_registration(settings: pj.AccountConfig, trunk: Trunk) -> pj.AccountConfig:
    """The same account, able to register. PJSIP refreshes; whether to try again is control's to say."""
    registration = settings.regConfig
    registration.registrarUri = f"sip:{domain(trunk, '')}"
    registration.timeoutSec = round(trunk.expires)
    return settings


def domain(trunk: Trunk, otherwise: str) -> str:
    """The domain of the trunk's addresses, as it stands in URIs."""
    if trunk.domain:
        return trunk.domain
    if not trunk.hosts:
        return _in_uri(otherwise)
    host = trunk.hosts[0].partition(";")[0]
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _common(config: Config, transports: Transports, version: int, public: str) -> pj.AccountConfig:
    settings = pj.AccountConfig()
    registration = settings.regConfig
    registration.registerOnAdd = False
    registration.disableRegOnModify = True
    registration.retryIntervalSec = registration.firstRetryIntervalSec = 0
    media = settings.mediaConfig
    media.transportConfig.boundAddress = transports.addresses[version]
    media.transportConfig.publicAddress = public if (":" in public) == (version == 6) else ""
    media.transportConfig.port = config.media.rtp_port
    media.transportConfig.portRange = config.media.rtp_ports
    media.transportConfig.randomizePort = True  # or all accounts would begin at the same port
    media.srtpSecureSignaling = 0
    media.lockCodecEnabled = False  # or each offer of ours is followed by a second one, to settle on a codec
    use = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY if version == 6 else pj.PJSUA_IPV6_DISABLED
    settings.sipConfig.ipv6Use = media.ipv6Use = use
    settings.natConfig.sipOutboundUse = 0  # RFC 5626 is not what carriers do
    return settings


def _set_nat(nat: pj.AccountNatConfig, trunk: Trunk) -> None:
    learn = trunk.nat.rewrite_contact and not trunk.nat.public_address
    nat.contactRewriteUse = nat.viaRewriteUse = nat.sdpNatRewriteUse = int(learn)
    nat.contactUseSrcPort = 0  # a connection's own port is where nobody but the registrar reaches us
    nat.udpKaIntervalSec = math.ceil(trunk.nat.keepalive)


def _in_uri(address: str) -> str:
    return f"[{address}]" if ":" in address else address
