"""A call that a far end makes to the gateway, as control has it."""

from collections.abc import Callable

from far_end import FarEnd
from gateway_alone import GatewayAlone
from gateway_call import GatewayCall
from node import wait_for

from softswitch.events import CallConfirmed, DtmfReceived
from softswitch.gateway import messages

LOUD_SECOND = b"".join(
    value.to_bytes(2, "little", signed=True) for value in (6000, 6000, -6000, -6000) * 2000
)


class InboundCall(GatewayCall):
    def play_loud(self) -> None:
        self.slot.write_down(LOUD_SECOND)

    @property
    def keys(self) -> str:
        """Those that have come."""
        return "".join(event.digit for event in self.events if isinstance(event, DtmfReceived))


def next_offered(gateway: GatewayAlone) -> Callable[..., InboundCall]:
    """Waits for the next call that is offered, or one `after` it: ask before it is made."""
    number = 1 + sum(isinstance(message, messages.Offered) for message in gateway.took)
    return lambda after=0: InboundCall(gateway, gateway.wait(messages.Offered, number + after))


def up(gateway: GatewayAlone, far: FarEnd, *headers: str, **sdp: object) -> InboundCall:
    """A call that was answered and acknowledged."""
    far.dial(gateway.sip_port, *headers, sdp=far.description(**sdp))
    call = InboundCall(gateway, far.call_id)
    call.order(messages.Answer)
    far.answered()
    call.wait(CallConfirmed)
    wait_for(lambda: far.sound.payload_types, "audio comes")
    return call
