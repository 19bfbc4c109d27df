"""A call that a test has the gateway make, and what became of it."""

import uuid

from gateway_alone import GatewayAlone
from node import wait_for

from softswitch.events import CallEnded, Cause, LegEvent
from softswitch.gateway import messages
from softswitch.trunks.settings import Transport
from softswitch.trunks.targets import Target


class OutboundCall:
    """To +49301234 at the far end which listens at `port`."""

    def __init__(
        self,
        gateway: GatewayAlone,
        port: int,
        trunk: str = "",
        uri: str = "sip:+49301234@trunk.example",
        transport: Transport = "udp",
        **options: object,
    ) -> None:
        self.gateway, self.call_id = gateway, uuid.uuid4().hex
        target = Target("far", "127.0.0.1", port, transport)
        order = messages.Originate(self.call_id, trunk, target, uri, "sip:+4930555@own.example", **options)
        gateway.order(order)
        self.offered = gateway.offer_of(self.call_id)
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

    def ended(self, seconds: float = 5.0) -> CallEnded:
        return self.wait(CallEnded, seconds)

    def hang_up(self) -> None:
        self.order(messages.Hangup, Cause.NORMAL_CLEARING)
