"""Calls, and all that takes, makes, joins and steers them, connected to each other and to the gateway."""

from collections.abc import Callable, Collection, Coroutine
from typing import Any

from softswitch.app import bans, identity
from softswitch.app import engines as engine_room
from softswitch.app.answering import warming
from softswitch.app.answering.early import Early
from softswitch.app.bookkeeping import Bookkeeping
from softswitch.app.callers import Callers
from softswitch.app.calls import Calls
from softswitch.app.dialing import wiring as dialing
from softswitch.app.dialing.referred import Referrals
from softswitch.app.dialing.wiring import NodeWires
from softswitch.app.dialplans import Dialplans
from softswitch.app.equipping import Equipment
from softswitch.app.forgetting import Forgetting
from softswitch.app.ground import Ground
from softswitch.app.keeping import Keeping
from softswitch.app.people.node_wires import PeopleWires
from softswitch.app.steering import Steering
from softswitch.app.trunking import means
from softswitch.app.trunking import wiring as trunking
from softswitch.gateway.link import GatewayLink
from softswitch.store.queries import LiveCall


class Exchange:
    """Made when the dialplans are loaded and the records are open; then `open` it and run its `services`.
    `unfinished` are the calls that the records know as up; `on_ready` is told which the gateway still has.
    """

    def __init__(
        self,
        ground: Ground,
        books: Bookkeeping,
        equipment: Equipment,
        dialplans: Dialplans,
        unfinished: Collection[LiveCall],
        on_ready: Callable[[set[str]], None],
    ) -> None:
        self._ground, self._books, self._equipment, self._dialplans = ground, books, equipment, dialplans
        config = ground.config
        self._callers = Callers(config.database_url)
        self._forgetting = Forgetting(config.database_url, config.database, ground.metrics)
        self._early = Early(config.database_url, dialplans, ground.metrics)
        self.calls = Calls(dialplans, self._callers.recall, unfinished, books.has_room, on_ready)
        self.calls.arrivals.prefetch = equipment.actor.prefetch
        self.link = self._reach_gateway()
        keeping = Keeping(self.calls, self.link.send, config.survival)
        books.records.on_saved = keeping.saved

    def _reach_gateway(self) -> GatewayLink:
        config, shelf = self._ground.config, self._equipment.engines.shelf
        line = engine_room.write_holding_line(self._dialplans.active[0].voice, config)
        socket = config.run_dir / "gateway.sock"
        return GatewayLink(socket, self._ground.region, line, self.calls, lambda: shelf.backlog)

    async def open(self) -> None:
        """Everything before the first call. Raises SoftswitchError where a setting cannot be used."""
        self._open_trunks()
        self._open_dialing()
        await self._open_people()
        warming.wire(self._ground.desk, self._dialplans)
        mqtt = self._ground.mqtt
        self._ground.chaos.open(self._ground.desk, self.calls, mqtt.broker if mqtt else None)

    def _open_trunks(self) -> None:
        """Where calls come from and go to, and who vouches for whom."""
        ground, link, calls, metrics = self._ground, self.link, self.calls, self._ground.metrics
        tell = [self._books.announce]
        self.trunking = trunking.wire(ground.config, link, calls, ground.desk, metrics, tell)
        self._dialplans.find_trunk = self.trunking.find
        self._dialplans.begin_at = self._equipment.ladders.begin
        identity.wire(ground.config.identity, calls, self.trunking.find, metrics)
        self._bans = bans.wire(ground.config, ground.region, link, calls, metrics)

    def _open_dialing(self) -> None:
        config, desk, metrics = self._ground.config, self._ground.desk, self._ground.metrics
        self._wires = NodeWires(self.link, self.calls, self._books.recorder, self._callers)
        self._dialer = dialing.wire(config, self._dialplans, self.trunking, self._wires, desk, metrics)
        self.calls.listeners.append(Referrals(self._dialer).on_news)
        self._equipment.phone.open(self._dialer)
        self._steering = Steering(desk, self._dialer, self.link)

    async def _open_people(self) -> None:
        """News of a call is for people's legs first, then for trials of trunks, then for the dialer."""
        config, desk, metrics = self._ground.config, self._ground.desk, self._ground.metrics
        others = means.wire(config, self.trunking, self.link, self._dialer, desk, self._books.emit)
        wires = PeopleWires(
            config, self._wires, self.trunking, self._dialplans, self._dialer, self._books.announce
        )
        people, records = self._equipment.people, self._books.records
        self.calls.outbound = await people.open(records, wires, others, desk, self._steering, metrics)
        self.calls.people = people

    def services(self) -> list[Coroutine[Any, Any, None]]:
        people = self._equipment.people
        own = [self.link.run(), self.trunking.run(), self._forgetting.run(), self._early.run()]
        return [*own, self._dialer.guard.keep(), self._bans.run(), people.run()]

    def drain(self) -> None:
        """Make no more calls; the gateway takes no more."""
        self._dialer.close()

    def close(self) -> None:
        """What is up ends."""
        self._equipment.people.stop()
        self.calls.close()
