"""What those who ring agents need of the node, given by its dialer, its dialplans and the gateway's link."""

from collections.abc import Callable, Mapping, Sequence

from softswitch.app.dialing.dialer import Dialer
from softswitch.app.dialing.outcome import Report
from softswitch.app.dialing.wires import Trunks
from softswitch.app.dialing.wiring import NodeWires
from softswitch.app.dialplans import Dialplans, Loaded, facts_of
from softswitch.app.people.wires import Told
from softswitch.config import Config
from softswitch.dialplan.files.variables import GIVEN
from softswitch.dialplan.routes import Decision
from softswitch.events import CallInfo
from softswitch.gateway import messages
from softswitch.ports import Voice
from softswitch.trunks.selection import Route

Announce = Callable[[Told], None]


class PeopleWires:
    """Implements wires.Wires."""

    def __init__(
        self,
        config: Config,
        wires: NodeWires,
        trunks: Trunks,
        dialplans: Dialplans,
        dialer: Dialer,
        tell: Announce,
    ) -> None:
        self.clock_rate = config.media.clock_rate
        self.tell = tell
        self._wires, self._trunks, self._dialplans, self._dialer = wires, trunks, dialplans, dialer

    @property
    def away(self) -> str:
        return self._wires.away

    def send(self, message: messages.Message) -> None:
        self._wires.send(message)

    def routes(self, number: str) -> Sequence[Route]:
        return self._trunks.routes(number)

    def tried(self, route: Route, status: int, reason: str) -> None:
        self._trunks.tried(route, status, reason)

    def calls_on(self, trunk: str) -> int:
        return self._wires.calls_on(trunk)

    async def admit(self, call_id: str, number: str, trunk: str, *, each: bool) -> str:
        return await self._dialer.guard.admit(call_id, number, trunk, each=each)

    def note(self, call_id: str, *, answered_at: float = 0.0, ended_at: float = 0.0) -> None:
        self._dialer.guard.note(call_id, answered_at=answered_at, ended_at=ended_at)

    def is_open(self, plan: str, queue: str, at: float) -> bool:
        loaded = self._loaded(plan)
        return loaded is None or loaded.plan.is_open(queue, at)

    def voice(self, plan: str) -> tuple[Voice, str] | None:
        loaded = self._loaded(plan)
        return (loaded.voice, loaded.plan.languages[0]) if loaded else None

    def number(self, info: CallInfo, plan: str) -> str:
        loaded = self._loaded(plan)
        if loaded is None:
            return ""
        call = facts_of(info, self._dialplans.find_trunk(info.trunk))
        known = loaded.plan.facts(call, Decision(None, ()))
        number = known.get("called_number" if info.direction == "out" else "caller_number", "")
        return number if number.startswith("+") else ""

    def can_dial(self, plan: str) -> bool:
        return not self._dialer.closed and self._loaded(plan) is not None

    async def dial(self, number: str, plan: str, known: Mapping[str, str], call_id: str) -> Report:
        loaded = self._loaded(plan)
        variables = loaded.plan.settings.variables if loaded else {}
        context = {name: value for name, value in known.items() if name in variables or name in GIVEN}
        return await self._dialer.dial(number, plan, context, call_id=call_id)

    async def ended(self, call_id: str) -> object:
        return await self._dialer.ended(call_id)

    def _loaded(self, plan: str) -> Loaded | None:
        return next((loaded for loaded in self._dialplans.active if loaded.plan.name == plan), None)
