"""Talks with somebody who is no agent: whom an agent speaks with apart, and whom a restart finds bridged."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes import FakeLine
from people import FakeWaiter, Floor, call_id, floor_of, hire

from softswitch.errors import SoftswitchError
from softswitch.events import BridgeChanged, CallConfirmed, CallEnded, CallInfo, DtmfReceived, EndedBy
from softswitch.gateway.messages import Bridge
from softswitch.waiting import Enqueue, PersonLeft, QueueOver

SALES = Enqueue("sales", reason="an invoice")
HUNG_UP = CallEnded(16, 200, EndedBy.CALLER)
BOSS = "sip:boss@192.0.2.9"


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    async with floor_of(url) as floor:
        hire(url, "ann")
        yield floor


async def test_a_talk_with_somebody_outside_of_queues_goes_on_with_the_next_process(floor: Floor) -> None:
    waiter, leg = FakeWaiter("a"), call_id("boss")
    floor.distributor.take_up(waiter, CallInfo(call_id("a"), "", "", "", "", 0.0), "shop")
    line = FakeLine(CallInfo(leg, "", "", BOSS, "", 0.0, "", "out"))
    line.bridged_to = call_id("a")  # type: ignore[attr-defined]
    stray = FakeLine(CallInfo(call_id("stray"), "", "", BOSS, "", 0.0, "", "out"))
    stray.bridged_to = call_id("gone")  # type: ignore[attr-defined]
    for each in (line, stray):
        assert not floor.legs.on_offer(each, True, "PCMU")  # type: ignore[arg-type]
        floor.legs.give_up(each)  # type: ignore[arg-type]
    floor.legs.on_ready({call_id("a"), leg, call_id("stray")})
    await floor.until(lambda: floor.hung_up(call_id("stray")))
    floor.happen(leg, HUNG_UP)
    await floor.until(lambda: waiter.told == [PersonLeft(BOSS, "hung_up")])


async def apart(floor: Floor) -> tuple[FakeWaiter, str, str]:
    """Ann speaks with the boss, and her caller hears music: he, her leg, and the boss's."""
    waiter = await floor.call("a", SALES)
    ann = await floor.talks("a", "ann")
    floor.distributor.consult(floor.distributor.talking("ann"), BOSS)
    boss = await floor.rings("boss")
    assert waiter.waits_on == 0, "they talk on while his phone rings"
    floor.happen(boss, CallConfirmed("PCMU"))
    await floor.until(lambda: Bridge(ann, boss) in floor.around.sent)
    assert waiter.waits_on == 1
    floor.happen(ann, BridgeChanged(""), BridgeChanged(boss))
    floor.happen(boss, BridgeChanged(ann))
    return waiter, ann, boss


async def test_an_agent_who_hangs_up_leaves_the_caller_to_whom_she_has_spoken_with(floor: Floor) -> None:
    waiter, ann, boss = await apart(floor)
    floor.happen(ann, HUNG_UP)
    floor.happen(boss, BridgeChanged(""))
    await floor.until(lambda: (boss, BOSS) in waiter.with_)
    floor.happen(boss, BridgeChanged(call_id("a")))
    await floor.until(lambda: floor.state_of("ann").state == "wrap_up")
    assert not floor.hung_up(boss)
    floor.happen(boss, HUNG_UP)
    await floor.until(lambda: waiter.told == [PersonLeft(BOSS, "hung_up")])


@pytest.mark.parametrize("how", ["he hangs up", "she presses keys"])
async def test_an_agent_has_her_caller_back_from_a_talk_apart(floor: Floor, how: str) -> None:
    waiter, ann, boss = await apart(floor)
    if how == "he hangs up":
        floor.happen(boss, HUNG_UP)
    else:
        floor.happen(ann, DtmfReceived("*"), DtmfReceived("1"))
        await floor.until(lambda: floor.hung_up(boss))
    await floor.until(lambda: waiter.with_[1:] == [(ann, "ann")])
    assert waiter.told == []
    floor.happen(ann, BridgeChanged(call_id("a")), HUNG_UP)
    await floor.until(lambda: waiter.told == [PersonLeft("ann", "hung_up")])


async def test_an_agent_who_hangs_up_while_the_other_is_rung_has_sent_the_caller_there(floor: Floor) -> None:
    waiter = await floor.call("a", SALES)
    ann = await floor.talks("a", "ann")
    floor.distributor.consult(floor.distributor.talking("ann"), BOSS)
    with pytest.raises(SoftswitchError, match="apart already"):
        floor.distributor.consult(floor.distributor.talking("ann"), BOSS)
    boss = await floor.rings("boss")
    floor.happen(ann, HUNG_UP)
    await floor.until(lambda: waiter.waits_on == 1)
    floor.happen(boss, CallConfirmed("PCMU"))
    await floor.until(lambda: (boss, BOSS) in waiter.with_)
    assert len(floor.rung("boss")) == 1


@pytest.mark.parametrize("stage", ["rings", "apart", "left"])
async def test_when_the_caller_hangs_up_nobody_is_left_in_a_talk_apart(floor: Floor, stage: str) -> None:
    if stage == "rings":
        await floor.call("a", SALES)
        ann = await floor.talks("a", "ann")
        floor.distributor.consult(floor.distributor.talking("ann"), BOSS)
        boss = await floor.rings("boss")
    else:
        _, ann, boss = await apart(floor)
    if stage == "left":
        floor.happen(ann, HUNG_UP)
        await floor.until(lambda: floor.state_of("ann").state == "wrap_up")
    floor.distributor.gone(call_id("a"))
    await floor.until(lambda: floor.hung_up(boss))
    assert stage == "left" or floor.hung_up(ann)


async def test_a_queue_that_has_closed_since_the_call_came_takes_nobody(floor: Floor) -> None:
    waiter = await floor.call("a", Enqueue("closed"))
    await floor.until(lambda: waiter.told == [QueueOver("closed")])
    assert not floor.rung("ann")
