"""Callers and agents brought together on a real database, with a gateway that does what the tests say."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes import FakeLine
from people import NUMBER, Around, FakeWaiter, Floor, call_id, floor_of, hire, leave, wait
from postgres import database_url, postgres_cluster, postgres_url
from stopwatch import Stopwatch

from softswitch.app.acting import rhythm
from softswitch.app.dialing.outcome import Outcome, Report
from softswitch.app.people import announcing, backs, matching, talking, waiting_room
from softswitch.errors import SoftswitchError
from softswitch.events import CallConfirmed, CallEnded, CallInfo, DtmfReceived, EndedBy
from softswitch.gateway.messages import Originate, SendDtmf
from softswitch.news import StateSaved, TurnFinished
from softswitch.sections.queues import Queue
from softswitch.store import migrate
from softswitch.store.people import agents
from softswitch.store.people.claiming import Claim
from softswitch.waiting import (
    AgentChanged,
    CallerMoved,
    CallerOffered,
    Enqueue,
    LeaveQueue,
    PersonLeft,
    QueueOver,
    QueueTold,
)

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
SALES = Enqueue("sales", reason="an invoice")
BUSY = CallEnded(17, 486, EndedBy.CALLER)
HUNG_UP = CallEnded(16, 200, EndedBy.CALLER)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate.upgrade(url)
    return url


@pytest.fixture
async def floor(url: str) -> AsyncIterator[Floor]:
    hire(url, "ann")
    async with floor_of(url) as floor:
        yield floor


async def test_a_caller_gets_the_agent_who_answers_and_goes_on_when_he_hangs_up(database_url: str) -> None:
    migrate.upgrade(database_url)
    hire(database_url, "ann")
    async with floor_of(database_url) as floor:
        watch = Stopwatch()
        waiter = await floor.call("a", SALES)
        await floor.rings("ann")
        assert watch.own_s < 2.0
        order = floor.rung("ann")[0]
        headers = dict(order.headers)
        assert headers["X-Softswitch-Queue"] == "sales"
        assert headers["X-Softswitch-Reason"] == "an invoice"
        assert headers["X-Softswitch-Call-Id"] == call_id("a")
        assert (order.trunk, order.target.address, order.target.port) == ("", "192.0.2.7", 5060)
        leg = await floor.talks("a", "ann")
        assert floor.around.lines[leg].audio, "he was told whom he gets"
        assert floor.rows() == {call_id("a"): "talking"}
        floor.happen(leg, HUNG_UP)
        await floor.until(lambda: waiter.told == [PersonLeft("ann", "hung_up")])
        await floor.until(lambda: floor.state_of("ann").state == "wrap_up")
        assert floor.rows() == {call_id("a"): "served"}
        told = lambda kind: [each.state for each in floor.around.events if isinstance(each, kind)]  # noqa: E731
        await floor.until(lambda: told(AgentChanged) == ["ringing", "busy", "wrap_up"])
        assert told(CallerMoved) == ["waiting", "offered", "talking", "served"]


async def test_the_agents_screen_is_told_what_was_said(floor: Floor) -> None:
    heard = ("speech", "the invoice is wrong", 0.9)
    turn = TurnFinished(call_id("b"), 1, "ask", *heard, "", "", 0.0, 0.0, "I see.", 1.0)
    agents.set_state(floor.url, "ann", "busy")
    waiter = await floor.call("b", SALES)
    await floor.store._access.records.record(turn)
    known = StateSaved(call_id("b"), "ask", '{"context": {"order_number": "17"}}', 101.0)
    await floor.store._access.records.record(known)
    agents.set_state(floor.url, "ann", "available")
    await floor.until(lambda: any(isinstance(event, CallerOffered) for event in floor.around.events))
    (offered,) = (event for event in floor.around.events if isinstance(event, CallerOffered))
    assert (offered.agent, offered.queue, offered.number) == ("ann", "sales", NUMBER)
    assert offered.transcript == ({"via": "speech", "heard": "the invoice is wrong", "said": "I see."},)
    assert offered.slots == {"order_number": "17"}
    assert PersonLeft not in map(type, waiter.told)


@pytest.mark.parametrize(
    ("ended", "state", "reason", "logged_in"),
    [
        (BUSY, "away", "busy", True),
        (CallEnded(21, 603, EndedBy.CALLER), "away", "declined", True),
        (CallEnded(19, 487, EndedBy.NODE), "away", "no answer", False),
        (CallEnded(102, 408, EndedBy.NODE), "away", "not reached", False),
    ],
    ids=["busy", "declined", "no answer", "not reached"],
)
async def test_when_one_does_not_come_the_next_is_rung(
    url: str, ended: CallEnded, state: str, reason: str, logged_in: bool
) -> None:
    hire(url, "ann", "bob")
    async with floor_of(url) as floor:
        await floor.call("a", SALES)
        leg = await floor.rings("ann")
        floor.happen(leg, ended)
        await floor.rings("bob")
        ann = floor.state_of("ann")
        assert (ann.state, ann.reason, ann.logged_in) == (state, reason, logged_in)


async def test_when_all_have_gone_the_dialplan_goes_on(floor: Floor) -> None:
    waiter = await floor.call("a", SALES)
    floor.happen(await floor.rings("ann"), CallEnded(19, 487, EndedBy.NODE))
    await floor.until(lambda: waiter.told == [QueueOver("empty")])
    await floor.until(lambda: floor.rows() == {call_id("a"): "over"})


async def test_a_caller_for_whom_nobody_is_there_at_all_is_told_so_at_once(url: str) -> None:
    hire(url, "ann", skills=("german",))
    agents.set_state(url, "ann", "away")
    async with floor_of(url, closed=Queue(open=False)) as floor:
        first = await floor.call("a", Enqueue("sales"))
        second = await floor.call("b", Enqueue("closed"))
        agents.set_state(url, "ann", "available")
        third = await floor.call("c", Enqueue("sales", skills=("french",)))
        await floor.until(lambda: first.told == third.told == [QueueOver("empty")])
        await floor.until(lambda: second.told == [QueueOver("closed")])


async def test_of_several_at_once_the_first_to_accept_wins_and_the_others_stop(url: str) -> None:
    hire(url, "ann", "bob", "cid")
    async with floor_of(url, sales=Queue(offer_at_once=3, accept_key="1")) as floor:
        await floor.call("a", SALES)
        ann, bob, cid = [await floor.rings(name) for name in ("ann", "bob", "cid")]
        for leg in (ann, bob):
            floor.happen(leg, CallConfirmed("PCMU"))
        await asyncio.sleep(0.05)
        assert floor.waiters["a"].with_ == [], "nobody has accepted yet"
        floor.happen(bob, DtmfReceived("1"))
        await floor.until(lambda: floor.waiters["a"].with_ == [(bob, "bob")])
        await floor.until(lambda: floor.hung_up(ann) and floor.hung_up(cid))
        assert not floor.hung_up(bob)
        await floor.until(lambda: floor.state_of("ann").state == floor.state_of("cid").state == "available")


async def test_one_who_declines_by_key_is_passed_over(url: str) -> None:
    hire(url, "ann", "bob")
    async with floor_of(url, sales=Queue(accept_key="1")) as floor:
        await floor.call("a", SALES)
        leg = await floor.rings("ann")
        floor.happen(leg, CallConfirmed("PCMU"))
        await asyncio.sleep(0.05)
        floor.happen(leg, DtmfReceived("2"))
        await floor.rings("bob")
        assert floor.hung_up(leg)
        assert floor.state_of("ann").reason == "declined"


async def test_one_who_presses_nothing_is_nobody(url: str) -> None:
    hire(url, "ann", "bob")
    async with floor_of(url, sales=Queue(accept_key="1", accept_within=0.1, whisper="")) as floor:
        await floor.call("a", SALES)
        floor.happen(await floor.rings("ann"), CallConfirmed("PCMU"))
        await floor.rings("bob")
        assert floor.state_of("ann").reason == "no answer"


@pytest.mark.parametrize("stage", ["waiting", "ringing", "whisper", "talk"])
async def test_when_the_caller_hangs_up_the_phones_are_quiet_at_once(floor: Floor, stage: str) -> None:
    leg = ""
    if stage == "waiting":
        agents.set_state(floor.url, "ann", "busy")
    await floor.call("a", SALES)
    if stage == "waiting":
        await floor.until(lambda: floor.rows())
        await asyncio.sleep(0.1)
    elif stage == "talk":
        leg = await floor.talks("a", "ann")
    else:
        leg = await floor.rings("ann")
        if stage == "whisper":
            floor.happen(leg, CallConfirmed("PCMU"))
            await asyncio.sleep(0.05)
    floor.distributor.gone(call_id("a"))
    assert not leg or floor.hung_up(leg)
    wanted = "served" if stage == "talk" else "abandoned"
    await floor.until(lambda: floor.rows() == {call_id("a"): wanted})
    wanted = {"waiting": "busy", "talk": "wrap_up"}.get(stage, "available")
    await floor.until(lambda: floor.state_of("ann").state == wanted)


async def test_a_caller_who_speaks_is_put_through_when_he_is_free(floor: Floor) -> None:
    waiter = await floor.call("a", SALES)
    waiter.free = False
    await floor.answers("ann")
    await asyncio.sleep(0.1)
    assert waiter.with_ == []
    waiter.free = True
    await floor.until(lambda: waiter.with_)


async def test_keys_of_the_agent_give_the_caller_back_and_others_are_passed_on(floor: Floor) -> None:
    waiter = await floor.call("a", SALES)
    leg = await floor.talks("a", "ann")
    floor.happen(leg, DtmfReceived("5"), DtmfReceived("*"), DtmfReceived("7"))
    await floor.until(lambda: SendDtmf(call_id("a"), "*7") in floor.around.sent)
    assert SendDtmf(call_id("a"), "5") in floor.around.sent
    floor.happen(leg, DtmfReceived("*"), DtmfReceived("1"))
    await floor.until(lambda: waiter.told == [PersonLeft("ann", "given_back")])
    assert floor.hung_up(leg)


async def test_a_line_to_the_agent_that_breaks_is_told_as_such(floor: Floor) -> None:
    waiter = await floor.call("a", SALES)
    leg = await floor.talks("a", "ann")
    floor.happen(leg, CallEnded(38, 0, EndedBy.FAILURE))
    await floor.until(lambda: waiter.told == [PersonLeft("ann", "lost")])


async def test_the_better_placed_caller_goes_first_and_others_are_told_their_place(url: str) -> None:
    hire(url, "ann")
    agents.set_state(url, "ann", "busy")
    async with floor_of(url) as floor:
        first = await floor.call("a", SALES)
        second = await floor.call("b", Enqueue("sales", priority=1))
        await floor.until(lambda: second.told == [QueueTold(1)])
        await floor.until(lambda: QueueTold(2) in first.told or QueueTold(1) in first.told)
        agents.set_state(url, "ann", "available")
        await floor.talks("b", "ann")
        assert first.with_ == []


async def test_an_expected_wait_is_told_once_talks_were_measured(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "TALKS_S", 0.0)
    hire(url, "ann")
    async with floor_of(url, sales=Queue(wrap_up=1.0)) as floor:
        await floor.call("a", SALES)
        leg = await floor.talks("a", "ann")
        await asyncio.sleep(0.2)
        floor.happen(leg, HUNG_UP)
        await floor.until(lambda: floor.rows() == {call_id("a"): "served"})
        waiter = await floor.call("b", SALES)
        await floor.until(lambda: waiter.told)
        assert isinstance(waiter.told[0], QueueTold)
        assert waiter.told[0].expected_wait and 1.0 < waiter.told[0].expected_wait < 5.0


async def test_a_caller_waits_no_longer_than_his_dialplan_lets_him(url: str) -> None:
    hire(url, "ann")
    agents.set_state(url, "ann", "busy")
    async with floor_of(url) as floor:
        waiter = await floor.call("a", Enqueue("sales", max_wait=0.3))
        await floor.until(lambda: QueueOver("waited") in waiter.told)


async def test_a_queue_that_is_full_takes_nobody_more(url: str) -> None:
    hire(url, "ann")
    agents.set_state(url, "ann", "busy")
    async with floor_of(url, sales=Queue(most_waiting=2)) as floor:
        for name in ("a", "b"):
            await floor.call(name, SALES)
            await floor.until(lambda: floor.waiters[name].told)  # noqa: B023
        third = await floor.call("c", SALES)
        await floor.until(lambda: third.told == [QueueOver("full")])


async def test_nobody_waits_for_ever_while_the_database_is_away(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "UNWRITTEN_S", 0.2)

    async def away() -> None:
        raise SoftswitchError("the database is away")

    monkeypatch.setattr(floor.store, "look", away)
    monkeypatch.setattr(rhythm, "AWAY_S", 0.05)
    waiter = FakeWaiter("a")
    floor.distributor.enqueue(waiter, CallInfo(call_id("a"), "", "", "", "", 0.0), "shop", SALES)
    await floor.until(lambda: waiter.told == [QueueOver("empty")])


@pytest.mark.parametrize("of", ["call", "call back"])
async def test_an_agent_claimed_when_the_line_broke_is_rung_all_the_same(
    url: str, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    hire(url, "ann")
    monkeypatch.setattr(rhythm, "AWAY_S", 0.05)
    monkeypatch.setattr(matching, "NOT_NOW_S", 0.05)
    async with floor_of(url) as floor:
        claims = floor.store.claim

        async def fails(wanted: list[Claim]) -> None:
            await claims(wanted)
            monkeypatch.setattr(floor.store, "claim", claims)
            raise SoftswitchError("the line broke after the commit")

        monkeypatch.setattr(floor.store, "claim", fails)
        if of == "call":
            await floor.call("a", SALES)
            await floor.talks("a", "ann")
        else:
            floor.around.report = answered("b")
            await kept(floor, "a", monkeypatch)
            await floor.until(lambda: floor.around.dialled)
        assert len(floor.legs._legs) == 1


async def test_a_bug_while_they_speak_holds_neither_of_them(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(talking, "until_over")
    waiter = await floor.call("a", SALES)
    await floor.answers("ann")
    await floor.until(lambda: waiter.told == [PersonLeft("ann", "lost")])
    await floor.until(lambda: floor.state_of("ann").state == "wrap_up")
    assert floor.rows() == {call_id("a"): "served"}


async def test_an_agent_sends_the_caller_to_another_queue(url: str) -> None:
    hire(url, "ann", "bob")
    async with floor_of(url) as floor:
        waiter = await floor.call("a", SALES)
        await floor.talks("a", "ann")
        here = floor.distributor.talking("ann")
        assert here is floor.distributor.talking(call_id("a")[:6])
        here.send_on("queue", "billing")
        await floor.until(lambda: waiter.waits_on == 1)
        await floor.talks("a", "bob")
        assert waiter.told == []
        assert dict(floor.rung("bob")[0].headers)["X-Softswitch-Queue"] == "billing"


async def test_an_agent_sends_the_caller_to_a_number_or_address(floor: Floor) -> None:
    waiter = await floor.call("a", SALES)
    await floor.talks("a", "ann")
    floor.distributor.talking("ann").send_on("number", "sip:boss@192.0.2.9")
    leg = await floor.rings("boss")
    floor.happen(leg, CallConfirmed("PCMU"))
    await floor.until(lambda: (leg, "sip:boss@192.0.2.9") in waiter.with_)
    floor.happen(leg, HUNG_UP)
    await floor.until(lambda: waiter.told == [PersonLeft("sip:boss@192.0.2.9", "hung_up")])


@pytest.mark.parametrize("gone", [False, True], ids=["busy", "caller gone"])
async def test_where_a_transfer_was_refused_somebody_is_called_instead(floor: Floor, gone: bool) -> None:
    waiter = FakeWaiter("a")
    floor.distributor.transfer(waiter, "sip:desk@192.0.2.9;transport=tcp")
    leg = await floor.rings("desk")
    assert floor.rung("desk")[0].target.transport == "tcp"
    if gone:
        floor.distributor.gone(call_id("a"))
        await floor.until(lambda: floor.hung_up(leg))
        assert waiter.told == []
    else:
        floor.happen(leg, BUSY)
        await floor.until(lambda: waiter.told == [QueueOver("empty")])


# --- call backs -------------------------------------------------------------------------------------------


def answered(name: str) -> Report:
    return Report(Outcome.PERSON, call_id(name), NUMBER)


async def kept(floor: Floor, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller who has left and is to be called back."""
    monkeypatch.setattr("softswitch.store.people.entering.STILL_UP_S", -1.0)
    floor.store._access.records.on_waits = None  # as on another node
    await wait(floor.store, name, SALES, 50.0)
    floor.store._access.records.on_waits = floor.distributor.written
    await leave(floor.store, name, LeaveQueue("call_back"), time.time())


async def test_a_caller_is_called_back_at_his_turn_and_gets_his_old_place(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(url, "ann")
    async with floor_of(url) as floor:
        floor.around.report = answered("b")
        monkeypatch.setattr(backs.uuid, "uuid4", lambda: uuid.UUID(call_id("b")))
        await kept(floor, "a", monkeypatch)
        await floor.until(lambda: floor.around.dialled)
        monkeypatch.undo()
        assert floor.around.dialled == [(NUMBER, "shop", {"called_back": "sales"})]
        assert floor.state_of("ann").state == "ringing", "she is kept for him"
        await floor.call("c", SALES)
        await floor.call("b", SALES)
        await floor.talks("b", "ann")
        assert floor.rows() == {call_id("a"): "served", call_id("b"): "talking", call_id("c"): "waiting"}


async def test_who_is_called_back_after_hours_is_let_in_and_keeps_his_place_through_a_failure(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(url, "ann")
    monkeypatch.setattr(rhythm, "AWAY_S", 0.05)
    monkeypatch.setattr(Around, "is_open", lambda self, plan, queue, at: at <= 60.0)
    async with floor_of(url) as floor:
        fails_at_first(floor, "inherit", monkeypatch)
        floor.around.report = answered("b")
        monkeypatch.setattr(backs.uuid, "uuid4", lambda: uuid.UUID(call_id("b")))
        await kept(floor, "a", monkeypatch)
        await floor.until(lambda: floor.around.dialled)
        monkeypatch.setattr(backs.uuid, "uuid4", uuid.uuid1)
        waiter = await floor.call("b", SALES)
        await floor.talks("b", "ann")
        assert QueueOver("closed") not in waiter.told
        assert floor.rows() == {call_id("a"): "served", call_id("b"): "talking"}


def fails_at_first(floor: Floor, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks before what is wanted is done."""
    works = getattr(floor.store, name)

    async def fails(*_: object) -> None:
        monkeypatch.setattr(floor.store, name, works)
        raise SoftswitchError("the line broke")

    monkeypatch.setattr(floor.store, name, fails)


@pytest.mark.parametrize("left_first", [True, False])
async def test_who_chooses_a_call_back_while_he_begins_to_be_held_keeps_his_place(
    url: str, monkeypatch: pytest.MonkeyPatch, left_first: bool
) -> None:
    async with floor_of(url) as floor:
        takes, order = floor.store.take, LeaveQueue("call_back")

        async def chooses(numbers: dict[str, str]) -> object:
            taken = await takes(numbers)
            floor.distributor.leave(call_id("a"), order)
            if left_first:
                await leave(floor.store, "a", order, time.time())
            return taken

        monkeypatch.setattr(floor.store, "take", chooses)
        await floor.call("a", SALES)
        if not left_first:
            await floor.until(lambda: floor.rows() == {call_id("a"): "abandoned"})
            await leave(floor.store, "a", order, time.time())
        await floor.until(lambda: floor.rows() == {call_id("a"): "call_back"})
        await floor.store.abandon([call_id("a")])
        assert floor.rows() == {call_id("a"): "call_back"}


async def test_a_call_back_that_nobody_answers_is_tried_again_and_the_agent_is_free(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(url, "ann")
    async with floor_of(url) as floor:
        monkeypatch.setattr(backs, "FIRST_S", 0.05)
        floor.around.report = Report(Outcome.NO_ANSWER, "", NUMBER)
        await kept(floor, "a", monkeypatch)
        await floor.until(lambda: len(floor.around.dialled) >= 2)
        floor.around.report = Report(Outcome.REFUSED, "", NUMBER)
        await floor.until(lambda: floor.rows() == {call_id("a"): "lost"})
        await floor.until(lambda: floor.state_of("ann").state == "available")
        assert set(floor.distributor.ledger.figures.backs) >= {"no answer", "refused"}


async def test_one_who_answers_and_wants_nobody_any_more_keeps_no_agent(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(url, "ann")
    async with floor_of(url) as floor:
        floor.around.report = answered("b")
        floor.around.over.set()
        await kept(floor, "a", monkeypatch)
        await floor.until(lambda: floor.rows() == {call_id("a"): "served"})
        await floor.until(lambda: floor.state_of("ann").state == "available")


# --- several processes ------------------------------------------------------------------------------------


async def test_a_caller_of_another_node_goes_first_when_he_stands_first(database_url: str) -> None:
    migrate.upgrade(database_url)
    hire(database_url, "ann")
    agents.set_state(database_url, "ann", "busy")
    async with floor_of(database_url) as first, floor_of(database_url, "second") as second:
        await first.call("a", SALES)
        await first.until(lambda: first.waiters["a"].told)
        await second.call("b", SALES)
        await second.until(lambda: second.waiters["b"].told == [QueueTold(2)])
        agents.set_state(database_url, "ann", "available")
        second.distributor.wake()
        await first.rings("ann")
        assert second.rung("ann") == []
        first.distributor.gone(call_id("a"))
        await second.rings("ann")


async def test_two_nodes_under_load_serve_each_caller_once_and_ring_no_agent_twice(database_url: str) -> None:
    migrate.upgrade(database_url)
    hire(database_url, *(f"agent{number}" for number in range(5)))
    quick = Queue(whisper="", wrap_up=0.0, decline="available")
    async with (
        floor_of(database_url, sales=quick) as one,
        floor_of(database_url, "second", sales=quick) as two,
    ):
        rung: set[str] = set()

        async def answer(floor: Floor, order: Originate) -> None:
            """Every third declines, the others speak for a moment."""
            agent = order.uri.partition(":")[2].partition("@")[0]
            assert agent not in rung, "he is rung by two"
            rung.add(agent)
            await asyncio.sleep(0.02)
            rung.discard(agent)
            if order.call_id < "5":
                floor.happen(order.call_id, CallEnded(21, 603, EndedBy.CALLER))
                return
            floor.happen(order.call_id, CallConfirmed("PCMU"))
            await asyncio.sleep(0.1)
            floor.happen(order.call_id, HUNG_UP)

        async def pick_up(floor: Floor) -> None:
            tasks, seen = set(), 0
            while True:
                orders = [each for each in floor.around.sent if isinstance(each, Originate)]
                for order in orders[seen:]:
                    info = CallInfo(order.call_id, "", "", order.uri, "", 1.0, "", "out")
                    assert floor.legs.on_offer(FakeLine(info), False, "")  # type: ignore[arg-type]
                    tasks.add(asyncio.create_task(answer(floor, order)))
                seen = len(orders)
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.005)

        async with asyncio.timeout(60):
            picking = [asyncio.create_task(pick_up(floor)) for floor in (one, two)]
            for number in range(12):
                await one.call(f"a{number}", SALES)
                await two.call(f"b{number}", SALES)
            everybody = [*one.waiters.values(), *two.waiters.values()]
            while not all(waiter.with_ for waiter in everybody):
                assert not any(task.done() for task in picking), [task for task in picking if task.done()]
                await asyncio.sleep(0.05)
            await one.until(lambda: set(one.rows().values()) == {"served"})
        assert {len(waiter.with_) for waiter in everybody} == {1}
        for task in picking:
            task.cancel()


async def test_talks_go_on_with_the_next_process_and_those_who_rang_are_free(url: str) -> None:
    hire(url, "ann", "bob")
    async with floor_of(url) as floor:
        await floor.call("a", SALES)
        leg = await floor.talks("a", "ann")
        await floor.call("b", SALES)
        ringing = await floor.rings("bob")
    async with floor_of(url) as after:
        assert after.distributor.agent_of(leg) == "ann"
        waiter = after.waiters["a"] = FakeWaiter("a")
        info = CallInfo(call_id("a"), "", "", "", "", 0.0)
        after.distributor.take_up(waiter, info, "shop")
        line = FakeLine(CallInfo(leg, "", "", "", "", 0.0, "", "out"))
        line.bridged_to = call_id("a")  # type: ignore[attr-defined]
        after.around.lines[leg] = line
        assert after.legs.on_offer(line, True, "PCMU")  # type: ignore[arg-type]
        after.legs.on_ready({call_id("a"), leg})
        await after.until(lambda: after.state_of("bob").state == "available")
        await after.until(lambda: after.rows() == {call_id("a"): "talking", call_id("b"): "call_back"})
        assert ringing
        assert after.state_of("ann").state == "busy"
        after.happen(leg, HUNG_UP)
        await after.until(lambda: waiter.told == [PersonLeft("ann", "hung_up")])
        await after.until(lambda: after.state_of("ann").state == "wrap_up")
        assert after.rows()[call_id("a")] == "served"


async def test_callers_whom_a_gateway_took_with_it_are_called_back_and_phones_are_let_go(url: str) -> None:
    hire(url, "ann")
    async with floor_of(url) as floor:
        await floor.call("a", SALES)
        await floor.talks("a", "ann")
        await floor.call("b", SALES)
        await floor.until(lambda: floor.waiters["b"].told)
        floor.legs.on_ready(set())
        floor.distributor.gone(call_id("a"))
        floor.distributor.gone(call_id("b"))
        await floor.until(lambda: floor.rows()[call_id("b")] == "call_back")
        await floor.until(lambda: floor.state_of("ann").state == "wrap_up")
        assert floor.rows()[call_id("a")] in ("served", "lost")


async def test_callers_of_a_node_that_stops_are_called_back_by_the_next(url: str) -> None:
    hire(url, "ann")
    agents.set_state(url, "ann", "busy")
    async with floor_of(url) as floor:
        await floor.call("a", SALES)
        await floor.until(lambda: floor.waiters["a"].told)
        floor.distributor.stop()
        floor.distributor.gone(call_id("a"))
    async with floor_of(url) as after:
        after.legs.on_ready(set())
        await after.until(lambda: after.rows() == {call_id("a"): "call_back"})


async def test_agents_changed_in_the_database_are_taken_up_within_a_second(floor: Floor) -> None:
    agents.set_state(floor.url, "ann", "busy")
    await floor.call("a", SALES)
    await floor.until(lambda: floor.waiters["a"].told)
    watch = Stopwatch()
    agents.set_state(floor.url, "ann", "available")
    await floor.rings("ann")
    assert watch.own_s < 1.0
