"""The node's queues, wired: made with the node, opened once its other parts are there."""

from collections import Counter

from softswitch.app.desk import Desk
from softswitch.app.outbound import Outbound
from softswitch.app.people.commands import Commands
from softswitch.app.people.distributor import Distributor
from softswitch.app.people.legs import Legs
from softswitch.app.people.node_wires import PeopleWires
from softswitch.app.steering import Steering, arguments
from softswitch.config import Config
from softswitch.events import CallInfo
from softswitch.people.choosing import WAITS
from softswitch.ports import Waiter
from softswitch.publish.metrics import Metrics
from softswitch.store.people.people import PeopleStore
from softswitch.store.writer import Records
from softswitch.waiting import Enqueue, LeaveQueue


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
