"""People who are reached at numbers: their calls count against the caps on dialling, as any other."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from people import Around
from test_app_dialing import NUMBER, Setup, over, route

from softswitch.app.outbound import Nothing
from softswitch.app.people.legs import Leg, Legs
from softswitch.app.people.ringing import Reached, Ringer
from softswitch.events import CallConfirmed, CallEnded, EndedBy, LegEvent
from softswitch.gateway.messages import Originate
from softswitch.news import DiallingHeld
from softswitch.sections.dialing import Dialing
from softswitch.store.engine import transaction
from softswitch.store.tables import dialled

HUNG_UP = CallEnded(16, 200, EndedBy.CALLER)
BUSY_HERE = over(486, 17)


class Numbers(Around):
    """A trunk takes every number, and a real dialer counts."""

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.admit, self.note = setup.dialer.guard.admit, setup.dialer.guard.note  # type: ignore[method-assign]

    def routes(self, number: str) -> list[Any]:
        return [route("a")]

    def tried(self, route: object, status: int, reason: str) -> None:
        pass


class Phones:
    def __init__(self, folder: Path, **caps: int) -> None:
        self.setup = Setup(folder, **caps)
        self.wires = Numbers(self.setup)
        self.legs = Legs(Nothing(), self.wires.send)
        self.legs.on_end = lambda call_id: self.wires.note(call_id, ended_at=time.time())
        self.ringer = Ringer(Dialing(prefixes=("+44",)), self.wires)

    async def ring(self, then: LegEvent, *, agent: bool = True) -> tuple[Reached, str, Leg]:
        leg = self.legs.begin()
        reaching = asyncio.create_task(self.ringer.reach(leg, NUMBER, 5.0, agent=agent))
        sent = len(self.wires.sent)
        while not reaching.done():
            if len(self.wires.sent) > sent:
                sent += 1
                self.legs.on_event(leg.call_id, then)
            await asyncio.sleep(0.01)
        return *await reaching, leg

    async def times(self, leg: Leg) -> tuple[bool, bool]:
        """Whether it is written down that it was answered, and that it ended; once one of them is."""
        query = dialled.select().where(dialled.c.call_id == leg.call_id)
        async with asyncio.timeout(5.0):
            while True:
                with transaction(self.setup.url) as connection:
                    row = connection.execute(query).one()
                if row.answered_at or row.ended_at:
                    return bool(row.answered_at), bool(row.ended_at)
                await asyncio.sleep(0.02)


async def test_calls_to_agents_count_and_are_held_where_a_cap_for_all_trips(tmp_path: Path) -> None:
    phones = Phones(tmp_path, calls_per_minute=2, calls_per_number=1)
    reached, _, first = await phones.ring(CallConfirmed("PCMU"))
    assert (reached, await phones.times(first)) == (Reached.ANSWERED, (True, False))
    reached, _, second = await phones.ring(BUSY_HERE)
    assert (reached, await phones.times(second)) == (Reached.BUSY, (False, True))
    phones.legs.on_event(first.call_id, HUNG_UP)
    async with asyncio.timeout(5.0):
        while await phones.times(first) != (True, True):
            await asyncio.sleep(0.02)
    reached, why, _ = await phones.ring(BUSY_HERE)
    assert reached is Reached.FAILED
    assert "2 calls in a minute" in why
    assert sum(isinstance(message, Originate) for message in phones.wires.sent) == 2
    assert [event.scope for event in phones.setup.around.events if isinstance(event, DiallingHeld)] == [
        "calls_per_minute"
    ]


@pytest.mark.parametrize("address", ["+33123456789", "tel:+33-1-23-45-67-89", "sip:+33123456789@192.0.2.1"])
async def test_nobody_is_reached_at_a_number_that_may_not_be_dialled(tmp_path: Path, address: str) -> None:
    phones = Phones(tmp_path)
    reached, why = await phones.ringer.reach(phones.legs.begin(), address, 5.0, agent=True)
    assert (reached, phones.wires.sent) == (Reached.FAILED, [])
    assert "`dialing.prefixes`" in why


async def test_a_number_that_somebody_has_typed_counts_by_itself_too(tmp_path: Path) -> None:
    phones = Phones(tmp_path, calls_per_number=1)
    assert (await phones.ring(BUSY_HERE, agent=False))[0] is Reached.BUSY
    reached, why, _ = await phones.ring(BUSY_HERE, agent=False)
    assert (reached, "1 call to one number in a day" in why) == (Reached.FAILED, True)
    assert (await phones.ring(BUSY_HERE, agent=True))[0] is Reached.FAILED, "the number is held for all"


async def test_nobody_is_called_at_a_number_while_that_cannot_be_counted(tmp_path: Path) -> None:
    phones = Phones(tmp_path)
    phones.setup.lose_database()
    reached, _, _ = await phones.ring(BUSY_HERE)
    assert (reached, phones.wires.sent) == (Reached.FAILED, [])


async def test_a_connection_to_the_gateway_that_is_back_ends_no_call_that_is_about_to_be_made(
    tmp_path: Path,
) -> None:
    phones = Phones(tmp_path)
    legs, guard = Legs(phones.setup.dialer, phones.wires.send), phones.setup.dialer.guard
    leg = legs.begin()
    assert not await guard.admit(leg.call_id, NUMBER, "a", each=False)
    legs.on_ready(())
    await asyncio.gather(*guard._work)
    assert phones.setup.row().ended_at is None
