"""The node's queues, wired: made with the node, opened once its other parts are there."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from softswitch.app.desk import Desk
from softswitch.app.dialing.dialer import Dialer
from softswitch.app.dialing.outcome import Report
from softswitch.app.dialing.wires import Trunks
from softswitch.app.dialing.wiring import NodeWires
from softswitch.app.dialplans import Dialplans, Loaded, facts_of
from softswitch.app.outbound import Outbound
from softswitch.app.people.commands import Commands
from softswitch.app.people.distributor import Distributor
from softswitch.app.people.legs import Legs
from softswitch.app.people.wires import Told
from softswitch.app.steering import Steering, arguments
from softswitch.config import Config
from softswitch.dialplan.files.variables import GIVEN
from softswitch.dialplan.routes import Decision
from softswitch.events import CallInfo
from softswitch.gateway import messages
from softswitch.people.choosing import WAITS
from softswitch.ports import Voice, Waiter
from softswitch.publish.metrics import Metrics
from softswitch.store.people.people import PeopleStore
from softswitch.store.writer import Records
from softswitch.trunks.selection import Route
from softswitch.waiting import Enqueue, LeaveQueue

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


class NodePeople:
    """Implements ports.People with the node's distributor, and calls.Bridged."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._distributor: Distributor | None = None

    async def open(
        self,
        records: Records,
        wires: PeopleWires,
        others: Outbound,
        desk: Desk,
        steering: Steering,
        metrics: Metrics,
    ) -> Outbound:
        """What takes the place of `others`, whose calls it hands on; before the gateway is connected to."""
        config, legs = self._config, Legs(others, wires.send)
        store = PeopleStore(config.database_url, config.node, records)
        distributor = self._distributor = Distributor(config, store, legs, wires)
        records.on_waits = distributor.written
        commands = Commands(config.database_url, distributor, distributor.ledger, desk, arguments)
        steering.to_queue = commands.to_queue
        _watch(metrics, distributor)
        await distributor.start()
        return legs

    async def run(self) -> None:
        await self._known.run()

    def stop(self) -> None:
        self._known.stop()

    async def close(self) -> None:
        await self._known.close()

    @property
    def _known(self) -> Distributor:
        assert self._distributor, "opened before the first call comes"
        return self._distributor

    # --- ports.People -------------------------------------------------------------------------------------

    def enqueue(self, waiter: Waiter, info: CallInfo, plan: str, order: Enqueue) -> None:
        self._known.enqueue(waiter, info, plan, order)

    def leave(self, call_id: str, order: LeaveQueue) -> None:
        self._known.leave(call_id, order)

    def gone(self, call_id: str) -> None:
        self._known.gone(call_id)

    def transfer(self, waiter: Waiter, uri: str) -> None:
        self._known.transfer(waiter, uri)

    # --- calls.Bridged ------------------------------------------------------------------------------------

    def agent_of(self, leg_id: str) -> str:
        return self._known.agent_of(leg_id)

    def take_up(self, waiter: Waiter, info: CallInfo, plan: str) -> None:
        self._known.take_up(waiter, info, plan)


def _watch(metrics: Metrics, distributor: Distributor) -> None:
    figures = distributor.ledger.figures
    figures.waited, figures.talked = metrics.person_waited, metrics.person_talked

    def waiting() -> dict[tuple[str, str], float]:
        callers = distributor.view.callers
        return dict(Counter((caller.queue, caller.state) for caller in callers if caller.state in WAITS))

    metrics.watch("softswitch_queue_callers", waiting)
    metrics.watch("softswitch_agents", lambda: Counter[str](each.state for each in distributor.view.agents))
    metrics.watch("softswitch_queue_outcomes_total", lambda: dict(figures.outcomes))
    metrics.watch("softswitch_queue_in_time_total", lambda: dict(figures.in_time))
    metrics.watch("softswitch_agent_rings_total", lambda: dict(figures.rung))
    metrics.watch("softswitch_call_backs_total", lambda: dict(figures.backs))
    metrics.watch("softswitch_people_taken_over_total", lambda: figures.taken_over)
