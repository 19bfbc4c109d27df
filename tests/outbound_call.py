"""A call that a test has the gateway make, and what became of it."""

import uuid

from gateway_alone import GatewayAlone
from gateway_call import GatewayCall

from softswitch.events import CallEnded, Cause
from softswitch.gateway import messages
from softswitch.trunks.settings import Transport
from softswitch.trunks.targets import Target


class OutboundCall(GatewayCall):
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
        call_id = uuid.uuid4().hex
        target = Target("far", "127.0.0.1", port, transport)
        order = messages.Originate(call_id, trunk, target, uri, "sip:+4930555@own.example", **options)
        gateway.order(order)
        super().__init__(gateway, call_id)

    def ended(self, seconds: float = 5.0) -> CallEnded:
        return self.wait(CallEnded, seconds)

    def hang_up(self) -> None:
        self.order(messages.Hangup, Cause.NORMAL_CLEARING)
