"""What a node can be told to do from outside: originate, hang up, transfer, drain. Handlers of the desk,
which commands over MQTT reach as well. Their arguments are the models below.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, model_validator

from softswitch.app.desk import Desk, Tell
from softswitch.app.dialing.dialer import Dialer
from softswitch.app.people import commands as people
from softswitch.errors import SoftswitchError
from softswitch.gateway import messages
from softswitch.gateway.link import GatewayLink
from softswitch.values import Section, SipUri

CallId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="The call's id, as in its events.")]
ToQueue = Callable[[str, str], Awaitable[Any]]
"""Puts a call (its id) into a queue (its name); the result fits in JSON. SoftswitchError when it cannot."""
Arguments = TypeVar("Arguments", bound=Section)


class Originate(Section):
    """Make a call for a dialplan; the result tells who answered, and comes when that is known."""

    number: str = Field(min_length=1, description="E.164, or as it is dialled in the dialplan's country.")
    plan: str = Field(min_length=1, description="The dialplan's name.")
    context: dict[str, str] = Field({}, description="Values of the dialplan's variables.")
    trunk: str = Field("", description="Only by this trunk.")
    caller_id: str = Field("", description="The number to show.")
    ring_for: float = Field(0.0, ge=0, le=600, description="Seconds; 0 for the configured time.")


class HangUp(Section):
    """End a call."""

    call_id: CallId


class Transfer(Section):
    """Hand a caller over, to a SIP URI by REFER (RFC 3515) or into a queue. A REFER that the caller's side
    refuses leaves the call where it is.
    """

    call_id: CallId
    uri: SipUri | None = Field(None, description="Where to; or else `queue`.")
    queue: str = Field("", description="A queue's name.")

    @model_validator(mode="after")
    def _one(self) -> "Transfer":
        if (self.uri is None) is (self.queue == ""):
            raise ValueError("give either uri or queue")
        return self


class Drain(Section):
    """Take no new calls, let those that are up end, and stop: as `softswitch drain`."""


ARGUMENTS: dict[str, type[Section]] = {
    "originate": Originate,
    "hangup": HangUp,
    "transfer": Transfer,
    "drain": Drain,
    **people.ARGUMENTS,
}


class Steering:
    """Registers itself at the desk. `to_queue` is set by whoever has queues."""

    def __init__(self, desk: Desk, dialer: Dialer, link: GatewayLink) -> None:
        self.to_queue: ToQueue | None = None
        self._dialer = dialer
        self._link = link
        self._supervisor = os.getppid()
        desk.register("originate", self._originate)
        desk.register("hangup", self._hang_up)
        desk.register("transfer", self._transfer)
        desk.register("drain", self._drain)

    async def _originate(self, request: dict[str, Any], tell: Tell) -> Any:
        order = arguments(Originate, request)
        report = await self._dialer.dial(**order.model_dump(), on_progress=tell)
        return report.as_dict()

    async def _hang_up(self, request: dict[str, Any], tell: Tell) -> Any:
        order = arguments(HangUp, request)
        if not self._dialer.is_dialling(order.call_id):
            self._check(order.call_id)
        self._dialer.hang_up(order.call_id)
        return {"call_id": order.call_id}

    async def _transfer(self, request: dict[str, Any], tell: Tell) -> Any:
        order = arguments(Transfer, request)
        self._check(order.call_id)
        if order.uri is None:
            if self.to_queue is None:
                raise SoftswitchError("this node has no queues: transfer to a uri")
            return await self.to_queue(order.call_id, order.queue)
        self._link.send(messages.Refer(order.call_id, order.uri))
        return {"call_id": order.call_id}

    async def _drain(self, request: dict[str, Any], tell: Tell) -> Any:
        arguments(Drain, request)
        if os.getppid() != self._supervisor:
            raise SoftswitchError("the node stops already")
        os.kill(self._supervisor, signal.SIGTERM)
        return {}

    def _check(self, call_id: str) -> None:
        if not self._link.has_call(call_id):
            raise SoftswitchError(f"this node has no call {call_id}: see softswitch calls list --live")


def arguments(model: type[Arguments], request: dict[str, Any]) -> Arguments:
    """Raises SoftswitchError with the first thing that is wrong."""
    try:
        return model.model_validate({name: value for name, value in request.items() if name != "do"})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "its arguments"
        raise SoftswitchError(f"{where}: {first['msg']}") from None
