"""Connects the dialer to the gateway's link, to the calls, to the desk and to the metrics."""

from collections.abc import Awaitable
from typing import Any

from softswitch.app.callers import Callers
from softswitch.app.calls import Calls
from softswitch.app.desk import Desk, Tell
from softswitch.app.dialing.dialer import Dialer
from softswitch.app.dialing.wires import Trunks
from softswitch.app.dialplans import Admission, Dialplans
from softswitch.app.recorder import Recorder
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import messages
from softswitch.gateway.line import CallLine
from softswitch.gateway.link import GatewayLink
from softswitch.news import Announced, SessionEvent
from softswitch.ports import Voice
from softswitch.publish.metrics import Metrics


class NodeWires:
    """Implements wires.Wires."""

    def __init__(self, link: GatewayLink, calls: Calls, recorder: Recorder, callers: Callers) -> None:
        self._link = link
        self._calls = calls
        self._recorder = recorder
        self._callers = callers

    @property
    def away(self) -> str:
        if not self._link.connected:
            return "the gateway process is away just now: dial again in a moment, and see the node's log"
        if not self._recorder.has_room:
            return "too many records wait for the database: see that it can be reached and written"
        return ""

    def send(self, message: messages.Message) -> None:
        self._link.send(message)

    def emit(self, event: SessionEvent) -> None:
        self._recorder.emit(event)

    def announce(self, event: Announced) -> None:
        self._recorder.announce(event)

    def adopt(self, line: CallLine, admission: Admission, voice: Voice) -> None:
        self._calls.adopt(line, admission, voice)

    def calls_on(self, trunk: str) -> int:
        found = self._link.calls_by_trunk()
        return found[trunk, "in"] + found[trunk, "out"]

    def recall(self, plan: str, number: str) -> Awaitable[dict[str, str]]:
        return self._callers.recall(plan, number)


def wire(
    config: Config, dialplans: Dialplans, trunks: Trunks, wires: NodeWires, desk: Desk, metrics: Metrics
) -> Dialer:
    """The node's dialer; `keep` it running, and `close` it when the node drains."""
    dialer = Dialer(config, dialplans, trunks, wires)

    async def dial(request: dict[str, Any], tell: Tell) -> Any:
        """Follows the call to its end; whoever leaves before hangs up."""
        report = await dialer.dial(**_order(request), on_progress=tell)
        if not report.outcome.answered:
            return report.as_dict()
        try:
            ended = await dialer.ended(report.call_id)
        finally:
            dialer.hang_up(report.call_id)
        return report.as_dict() | {"ended_by": ended.ended_by, "ended_cause": int(ended.cause)}

    desk.register("dial", dial)
    metrics.watch("softswitch_dialling_calls", lambda: dialer.dialling)
    metrics.watch("softswitch_dialling_held", lambda: len(dialer.guard.held))
    metrics.watch("softswitch_dialled_calls_total", lambda: dict(dialer.outcomes))
    return dialer


def _order(request: dict[str, Any]) -> dict[str, Any]:
    """The arguments of Dialer.dial as a command gives them."""
    texts = {name: request.get(name) or "" for name in ("number", "plan", "trunk", "caller_id")}
    context, ring_for = request.get("context") or {}, request.get("ring_for") or 0.0
    whole = isinstance(context, dict) and isinstance(ring_for, int | float)
    if not whole or not all(isinstance(text, str) for text in (*texts.values(), *context, *context.values())):
        raise SoftswitchError("this command is of another version than the node: restart the node")
    return {**texts, "context": context, "ring_for": float(ring_for)}
