"""A call of the gateway, as control has it: what happened to it, and orders for it."""

from gateway_alone import GatewayAlone
from node import wait_for

from softswitch.events import LegEvent
from softswitch.gateway import messages


class GatewayCall:
    """`offered` of the gateway, or our name for the call, or the Call-ID of its INVITE."""

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
