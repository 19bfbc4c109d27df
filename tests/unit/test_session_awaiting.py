"""A session whose dialplan waits for what comes of an action: fillers, the budget, callers who act."""

import asyncio
from dataclasses import dataclass, field

from fakes import FRAME_BYTES, LOOPS
from scripted_call import ANSWER, GREETING, Call

from softswitch.events import (
    Acted,
    Action,
    Await,
    CallEnded,
    Cause,
    Do,
    DtmfReceived,
    EndedBy,
    Heard,
    HoldChanged,
    Listen,
    Say,
)
from softswitch.news import StateSaved
from softswitch.ports import Actor

FILLERS = (Say("one moment"), Say("just a second"))
PROMISE = Do("place", (("n", "1"),), "placing:1")
WAIT = Await("placing:1", "place", (), 5.0, False, 0.4, FILLERS)
SOON = Await("placing:1", "place", (), 0.05, False, 0.4, FILLERS)
LOOK = Await("finding:1", "find", (("n", "1"),), 0.05, True, 0.4, FILLERS)
DONE = Acted("placing:1", "done", {"number": "17"})


@dataclass
class FakeActor:
    """Is asked, and answers after so many ticks; never, where there is no answer."""

    answer: Acted | None = None
    ticks: int = 0
    asked: list[tuple[str, str, Await]] = field(default_factory=list)
    cancelled: int = 0
    fails: bool = False

    async def outcome(self, call_id: str, plan: str, awaited: Await) -> Acted:
        self.asked.append((call_id, plan, awaited))
        if self.fails:
            raise RuntimeError("secret")
        try:
            for _ in range(self.ticks * LOOPS):
                await asyncio.sleep(0)
            while self.answer is None:
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.answer


async def waiting(actor: Actor | None, *answers: tuple[Action, ...]) -> Call:
    call = Call(list(answers), actor=actor)
    call.session.start()
    return call


def acted(call: Call) -> list[str]:
    return [event.outcome for event in call.plan.inputs if isinstance(event, Acted)]


async def test_what_was_said_is_heard_out_before_the_outcome_is_told() -> None:
    actor = FakeActor(DONE)
    call = await waiting(actor, (GREETING, PROMISE, WAIT), (ANSWER, Listen()))
    await call.quiet(0.9)
    assert acted(call) == []
    await call.quiet(0.3)
    assert acted(call) == ["done"]
    await call.quiet(0.5)
    assert [turn.via for turn in call.turns()] == ["start", "action"]
    assert call.turns()[0].said_heard == GREETING.text
    assert (call.turns()[1].heard, call.turns()[1].said_heard) == ("done", ANSWER.text)


async def test_the_answer_follows_what_was_said_after_a_breath() -> None:
    call = await waiting(FakeActor(DONE), (GREETING, PROMISE, WAIT), (ANSWER, Listen()))
    await call.quiet(2.0)
    words = FRAME_BYTES * 50
    assert call.line.audio[words : words + 2 * 1440] == bytes(2 * 1440)
    assert call.line.audio[words + 2 * 1440 :].startswith(b"\1")


async def test_a_slow_action_is_filled_and_not_recorded_as_said() -> None:
    actor = FakeActor(DONE, ticks=60)
    call = await waiting(actor, (PROMISE, WAIT), (ANSWER, Listen()))
    await call.quiet(0.38)
    assert (call.fillers, call.line.audio) == (0, b"")
    await call.quiet(1.5)
    assert call.fillers == 1
    assert acted(call) == ["done"]
    assert [turn.said for turn in call.turns()] == ["", ANSWER.text]


async def test_the_promise_is_written_down_with_the_turn_before_anybody_tries_it() -> None:
    actor = FakeActor(DONE)
    call = await waiting(actor, (PROMISE, WAIT), (ANSWER, Listen()))
    saved = [event for event in call.events if isinstance(event, StateSaved)]
    assert (saved[0].promised, actor.asked) == ((PROMISE,), [])
    await call.quiet(0.02)
    assert actor.asked == [(call.session.call_id, "scripted", WAIT)]


async def test_when_the_time_is_over_a_promise_is_noted_and_a_look_up_late() -> None:
    for awaited, outcome in ((SOON, "noted"), (LOOK, "late")):
        actor = FakeActor()
        call = await waiting(actor, (awaited,), (ANSWER, Listen()))
        await call.quiet(0.02)
        await asyncio.sleep(0.1)
        await call.quiet(0.1)
        assert (acted(call), actor.cancelled) == ([outcome], 1)


async def test_a_bug_in_what_is_asked_or_nobody_to_ask_is_no_dead_air() -> None:
    for actor in (FakeActor(fails=True), None):
        for awaited, outcome in ((SOON, "noted"), (LOOK, "late")):
            call = await waiting(actor, (awaited,), (ANSWER, Listen()))
            await call.quiet(0.1)
            assert acted(call) == [outcome]


async def test_what_a_caller_says_or_presses_meanwhile_is_no_input() -> None:
    actor = FakeActor()
    call = await waiting(actor, (PROMISE, WAIT), (ANSWER, Listen()), (ANSWER, Listen()))
    await call.say("stop it")
    call.session.on_event(DtmfReceived("0"))
    await call.quiet(3.0)
    assert call.inputs == []
    actor.answer = DONE
    await asyncio.sleep(0.05)
    await call.quiet(0.5)
    assert acted(call) == ["done"]
    await call.quiet(1.0)
    await call.say("yes")
    await call.quiet(1.0)
    assert [event.text for event in call.inputs if isinstance(event, Heard)] == ["yes"]


async def test_who_hangs_up_is_waited_for_no_longer() -> None:
    actor = FakeActor()
    call = await waiting(actor, (PROMISE, WAIT), (ANSWER, Listen()))
    await call.quiet(0.1)
    call.session.on_event(CallEnded(Cause.NORMAL_CLEARING, 0, EndedBy.CALLER))
    await call.quiet(0.1)
    assert (actor.cancelled, acted(call)) == (1, [])


async def test_a_call_on_hold_is_told_when_it_is_back() -> None:
    call = await waiting(FakeActor(DONE), (PROMISE, WAIT), (ANSWER, Listen()))
    call.session.on_event(HoldChanged(True))
    await call.quiet(0.2)
    assert acted(call) == []
    call.session.on_event(HoldChanged(False))
    await call.quiet(0.1)
    assert acted(call) == ["done"]


async def test_promises_are_saved_in_their_order_though_the_caller_has_typed_ahead() -> None:
    later = Do("cancel", (), "cancelling:1")
    actor = FakeActor(DONE, ticks=5)
    call = await waiting(actor, (WAIT,), (PROMISE, Listen()), (later, Listen()))
    call.session.on_event(DtmfReceived("1"))
    await call.quiet(0.6)
    saved = [event.promised for event in call.events if isinstance(event, StateSaved)]
    assert saved == [(), (PROMISE,), (later,)]
