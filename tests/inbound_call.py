"""A call that a far end makes to the gateway, as control has it."""

from far_end import FarEnd
from gateway_alone import GatewayAlone
from node import wait_for

from softswitch.events import CallConfirmed, DtmfReceived, LegEvent
from softswitch.gateway import messages

LOUD_SECOND = b"".join(
    value.to_bytes(2, "little", signed=True) for value in (6000, 6000, -6000, -6000) * 2000
)


class InboundCall:
    """`offered` of the gateway, or the Call-ID of the INVITE."""

    def __init__(self, gateway: GatewayAlone, offered: messages.Offered | str) -> None:
        self.gateway = gateway
        self.offered = gateway.offer_of(offered) if isinstance(offered, str) else offered
        self.call_id = self.offered.info.call_id
        self.slot = gateway.slot(self.offered)

    @property
    def events(self) -> list[LegEvent]:
        return self.gateway.events_of(self.call_id)

    def order(self, kind: type[messages.Message], *arguments: object) -> None:
        self.gateway.order(kind(self.call_id, *arguments))

    def wait(self, event: type[LegEvent] | LegEvent, seconds: float = 5.0) -> LegEvent:
        """The first event of this kind, or equal to this one."""
        matches = lambda e: isinstance(e, event) if isinstance(event, type) else e == event  # noqa: E731
        found = wait_for(lambda: [e for e in self.events if matches(e)], f"{event}: {self.events}", seconds)
        return found[0]

    def play_loud(self) -> None:
        self.slot.write_down(LOUD_SECOND)

    @property
    def keys(self) -> str:
        """Those that have come."""
        return "".join(event.digit for event in self.events if isinstance(event, DtmfReceived))


def up(gateway: GatewayAlone, far: FarEnd, *headers: str, **sdp: object) -> InboundCall:
    """A call that was answered and acknowledged."""
    far.dial(gateway.sip_port, *headers, sdp=far.description(**sdp))
    call = InboundCall(gateway, far.call_id)
    call.order(messages.Answer)
    far.answered()
    call.wait(CallConfirmed)
    wait_for(lambda: far.sound.payload_types, "audio comes")
    return call
