"""What a node can be told about agents: handlers of the desk, which commands over MQTT reach as well."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from softswitch.app.desk import Desk, Tell
from softswitch.app.people.distributor import Distributor
from softswitch.app.people.ledger import Ledger
from softswitch.people import parties
from softswitch.store.people import agents
from softswitch.values import Section

NAME = Field(min_length=1, max_length=40, description="The agent's name.")


class SetState(Section):
    """Set an agent's state. One who is rung or speaks gets it after the talk (`next_state` of the result)."""

    name: str = NAME
    state: Literal["available", "busy", "wrap_up", "away"] = Field(description="His state from now on.")
    reason: str = Field("", max_length=100, description="Why, for those who look.")


class PutCode(Section):
    """Keep a wrap-up code with an agent's present or last talk."""

    name: str = NAME
    code: str = Field(min_length=1, max_length=60, description="What came of the talk.")


class SendOn(Section):
    """End an agent's talk, and have the caller go on elsewhere."""

    call: str = Field(min_length=1, max_length=40, description="The call's id, or the agent's name.")
    to: str = Field(
        min_length=1,
        max_length=200,
        description="`queue:NAME`, `assistant` (back to the dialplan), a number (E.164) or a SIP address.",
    )
    attended: bool = Field(
        False, description="To a number or address: the agent speaks there first, and connects by hanging up."
    )


ARGUMENTS: dict[str, type[Section]] = {
    "agent.state": SetState,
    "agent.code": PutCode,
    "agent.send": SendOn,
}
Check = Callable[[type[Any], dict[str, Any]], Any]


class Commands:
    """Registers itself at the desk. `check` makes arguments of a request, or raises SoftswitchError."""

    def __init__(self, url: str, distributor: Distributor, ledger: Ledger, desk: Desk, check: Check) -> None:
        self._url, self._distributor, self._ledger, self._check = url, distributor, ledger, check
        desk.register("agent.state", self._state)
        desk.register("agent.code", self._code)
        desk.register("agent.send", self._send)

    async def to_queue(self, call_id: str, queue: str) -> Any:
        """Put a caller who speaks with an agent into a queue."""
        self._distributor.talking(call_id).send_on("queue", queue)
        return {"call_id": call_id, "queue": queue}

    async def _state(self, request: dict[str, Any], tell: Tell) -> Any:
        order: SetState = self._check(SetState, request)
        before, after = await asyncio.to_thread(
            agents.set_state, self._url, order.name, order.state, order.reason
        )
        if before.state != after.state:
            self._ledger.changed(after, before.state)
        self._distributor.wake()
        return {
            "name": after.name,
            "state": after.state,
            "before": before.state,
            "next_state": after.next_state,
        }

    async def _code(self, request: dict[str, Any], tell: Tell) -> Any:
        order: PutCode = self._check(PutCode, request)
        call_id = await asyncio.to_thread(agents.put_code, self._url, order.name, order.code)
        return {"name": order.name, "code": order.code, "call_id": call_id}

    async def _send(self, request: dict[str, Any], tell: Tell) -> Any:
        order: SendOn = self._check(SendOn, request)
        here = self._distributor.talking(order.call)
        queue = re.fullmatch(r"queue:(\S{1,100})", order.to)
        if order.attended:
            self._distributor.consult(here, parties.check_address(order.to))
        elif order.to == "assistant":
            here.send_on("given_back")
        elif queue:
            here.send_on("queue", queue[1])
        else:
            here.send_on("number", parties.check_address(order.to))
        return {"call_id": here.call_id, "to": order.to, "attended": order.attended}
