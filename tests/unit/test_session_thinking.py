"""A session whose dialplan has an answer thought up: sentences as they come, fillers, callers who act."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest
from fakes import LOOPS
from scripted_call import ANSWER, GREETING, Call

from softswitch.events import Action, BargeIn, CallEnded, Cause, EndedBy, Heard, Listen, Say
from softswitch.session.thinking import Thinking
from softswitch.thinking import Exchange, How, Think, Unanswered, Wanted

FILLERS = (Say("one moment"),)
ASK = Think("ask:1", "what is the time")
NEXT = Say("anything else")
LISTEN = Listen(filler=FILLERS, filler_after=0.4)


@dataclass
class FakeThought:
    """Gives each sentence after so many ticks."""

    plan: Sequence[tuple[int, str]]
    missing: Literal["", "unknown", "failed", "broken"] = ""
    how: How = "thought"
    closed: bool = False
    wanted: Wanted | None = None

    @property
    def sentences(self) -> AsyncGenerator[str, None]:
        return self._sentences()

    async def _sentences(self) -> AsyncGenerator[str, None]:
        try:
            for ticks, sentence in self.plan:
                for _ in range(ticks * LOOPS):
                    await asyncio.sleep(0)
                if sentence:
                    yield sentence
        except (asyncio.CancelledError, GeneratorExit):
            self.closed = True
            raise


@dataclass
class FakeThinker:
    thought: FakeThought
    asked: list[tuple[Think, Mapping[str, str], Sequence[Exchange]]] = field(default_factory=list)

    def think(self, order: Think, context: Mapping[str, str], history: Sequence[Exchange]) -> FakeThought:
        self.asked.append((order, context, history))
        return self.thought


async def thinking(thought: FakeThought | None, *answers: tuple[Action, ...]) -> Call:
    call = Call(list(answers), thinker=FakeThinker(thought) if thought else None)
    call.session.start()
    return call


def unanswered(call: Call) -> list[Unanswered]:
    return [event for event in call.plan.inputs if isinstance(event, Unanswered)]


async def test_sentences_are_said_as_they_come_and_what_follows_after_them() -> None:
    thought = FakeThought([(5, "it is nine"), (20, "nearly")])
    call = await thinking(thought, (ASK, NEXT, LISTEN))
    await call.quiet(6.0)
    assert call.turns()[0].said == "it is nine nearly anything else"
    assert unanswered(call) == []
    assert thought.closed is False


async def test_the_first_sentence_does_not_wait_for_the_second() -> None:
    call = await thinking(FakeThought([(5, "it is nine"), (500, "nearly")]), (ASK, NEXT, LISTEN))
    await call.quiet(1.0)
    assert len(call.line.audio) > 0


class Slow(FakeThinker):
    """Waits so many seconds before each sentence."""

    def __init__(self, *seconds: float) -> None:
        super().__init__(FakeThought([]))
        self._seconds = seconds

    def think(self, order: Think, context: Mapping[str, str], history: Sequence[Exchange]) -> FakeThought:
        async def sentences() -> AsyncGenerator[str, None]:
            for seconds in self._seconds:
                await asyncio.sleep(seconds)
                yield "it is nine"

        thought = type("Thought", (FakeThought,), {"sentences": property(lambda self: sentences())})
        return thought([])  # type: ignore[no-any-return]


@pytest.mark.parametrize(("seconds", "said"), [((0.0, 0.3), 2), ((0.3,), 0)])
async def test_only_the_first_sentence_is_waited_for_within_the_patience(
    seconds: tuple[float, ...], said: int
) -> None:
    spoken: list[Say] = []
    speaker = SimpleNamespace(think=spoken.append, thought=lambda: None)
    work = Thinking(cast(Any, speaker), cast(Any, Slow(*seconds)), lambda result: None, patience=0.1)
    work.answer((ASK,), {})
    for _ in range(100):
        await asyncio.sleep(0.01)
        if (missing := work.take()) or len(spoken) == 2:
            break
    assert len(spoken) == said
    assert missing == (None if said else Unanswered(ASK.key, "failed"))


async def test_what_stands_before_the_thought_is_said_before_it() -> None:
    call = await thinking(FakeThought([(1, "it is nine")]), (GREETING, ASK, NEXT, LISTEN))
    await call.quiet(6.0)
    assert call.turns()[0].said == f"{GREETING.text} it is nine anything else"


async def test_while_nothing_has_come_a_filler_is_heard_and_the_caller_loses_nothing_by_speaking() -> None:
    call = await thinking(FakeThought([(60, "it is nine")]), (ASK, NEXT, LISTEN))
    assert call.session._speaker.barge_in is BargeIn.OFF
    await call.quiet(1.0)
    assert call.fillers == 1
    await call.quiet(6.0)
    assert call.turns()[0].said == "it is nine anything else"


async def test_who_interrupts_ends_the_thought_and_is_heard() -> None:
    thought = FakeThought([(1, "it is " + "very " * 30 + "late"), (5000, "never")])
    call = await thinking(thought, (ASK, NEXT, LISTEN), (ANSWER, Listen()))
    await call.quiet(1.0)
    await call.say("stop")
    await call.quiet(2.0)
    assert thought.closed
    heard = [event for event in call.plan.inputs if isinstance(event, Heard)]
    assert heard[0].text == "stop"
    assert call.turns()[0].said_heard.startswith("it is very")
    assert "anything else" not in call.turns()[0].said


async def test_that_nobody_knows_is_told_to_the_dialplan_and_nothing_else_is_said() -> None:
    thought = FakeThought([(5, "")], "unknown")
    call = await thinking(thought, (ASK, NEXT, LISTEN), (ANSWER, Listen()))
    await call.quiet(3.0)
    assert unanswered(call) == [Unanswered("ask:1", "unknown")]
    assert [turn.said for turn in call.turns()] == ["", ANSWER.text]


async def test_a_thought_that_breaks_off_is_heard_as_far_as_it_came() -> None:
    thought = FakeThought([(5, "it is nine")], "broken")
    call = await thinking(thought, (ASK, NEXT, LISTEN), (ANSWER, Listen()))
    await call.quiet(5.0)
    assert unanswered(call) == [Unanswered("ask:1", "broken")]
    assert [turn.said_heard for turn in call.turns()] == ["it is nine", ANSWER.text]


async def test_what_is_wanted_instead_of_an_answer_is_told_to_the_dialplan() -> None:
    thought = FakeThought([(5, "")], wanted=Wanted("", "send_brochure", (("phone", "1234"),)))
    call = await thinking(thought, (ASK, NEXT, LISTEN), (ANSWER, Listen()))
    await call.quiet(3.0)
    assert Wanted("ask:1", "send_brochure", (("phone", "1234"),)) in call.plan.inputs
    assert [turn.said for turn in call.turns()] == ["", ANSWER.text]
    assert call.turns()[1].heard == "send_brochure"


async def test_with_nobody_to_think_the_dialplan_is_told_at_once() -> None:
    call = await thinking(None, (ASK, NEXT, LISTEN), (ANSWER, Listen()))
    await call.quiet(0.1)
    assert unanswered(call) == [Unanswered("ask:1", "failed")]


async def test_who_hangs_up_ends_the_thought() -> None:
    thought = FakeThought([(5000, "never")])
    call = await thinking(thought, (ASK, NEXT, LISTEN))
    await call.quiet(0.2)
    call.session.on_event(CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.CALLER))
    await call.quiet(0.1)
    assert thought.closed


async def test_a_thought_is_told_what_was_said_before_and_how_much_of_it_was_heard() -> None:
    call = await thinking(FakeThought([(1, "it is nine")]), (GREETING, LISTEN), (ASK, NEXT, LISTEN))
    await call.quiet(2.0)
    await call.say("hello")
    await call.quiet(2.0)
    thinker = call.session._thinking._thinker
    assert isinstance(thinker, FakeThinker)
    assert thinker.asked[0][2] == (Exchange("", GREETING.text),)


# --- thinking ahead -----------------------------------------------------------------------------------------


async def asked(call: Call, *words: str) -> None:
    await call.quiet(2.0)
    for word in words:
        await call.say(word)
        await call.quiet(0.4)
    await call.quiet(1.0)


async def test_a_thought_begins_before_it_is_sure_that_the_caller_has_finished() -> None:
    thought = FakeThought([(1, "it is nine")])
    call = await thinking(thought, (GREETING, LISTEN), (ASK, NEXT, LISTEN))
    thinker = call.session._thinking._thinker
    assert isinstance(thinker, FakeThinker)
    await call.quiet(2.0)
    await call.say("time")
    await call.quiet(0.4)
    assert (len(thinker.asked), call.plan.inputs) == (1, [])
    assert thinker.asked[0][2] == (Exchange("", GREETING.text),)
    await call.quiet(3.0)
    assert (len(thinker.asked), call.speculations) == (1, ["used"])
    assert call.turns()[1].said == "it is nine anything else"


async def test_what_was_thought_ahead_and_not_asked_is_given_up_and_counted() -> None:
    thought = FakeThought([(500, "never")])
    call = await thinking(thought, (GREETING, LISTEN), (ASK, NEXT, LISTEN))
    await call.quiet(2.0)
    await call.say("time")
    await call.quiet(0.4)
    call.plan.answers[0] = (ANSWER, Listen())
    await call.quiet(1.0)
    assert call.speculations == ["wrong"]
    assert thought.closed


async def test_a_thought_that_fails_ahead_is_no_answer() -> None:
    thought = FakeThought([(1, "it is nine"), (1, "nearly")])
    thought.plan = [*thought.plan, None]  # type: ignore[list-item]
    call = await thinking(thought, (GREETING, LISTEN), (ASK, NEXT, LISTEN), (ANSWER, Listen()))
    await asked(call, "time")
    assert unanswered(call) == [Unanswered("ask:1", "failed")]


async def test_what_the_dialplan_answers_itself_is_not_thought_ahead() -> None:
    call = await thinking(FakeThought([]), (GREETING, LISTEN), (ANSWER, Listen()))
    await asked(call, "time")
    thinker = call.session._thinking._thinker
    assert isinstance(thinker, FakeThinker)
    assert (thinker.asked, call.speculations) == ([], [])


async def test_who_hangs_up_meanwhile_ends_what_was_thought_ahead() -> None:
    thought = FakeThought([(500, "never")])
    call = await thinking(thought, (GREETING, LISTEN), (ASK, NEXT, LISTEN))
    await call.quiet(2.0)
    await call.say("time")
    await call.quiet(0.4)
    call.session.on_event(CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.CALLER))
    await call.quiet(0.1)
    assert thought.closed
    assert call.speculations == ["wrong"]
