"""What callers experience when those whom a session depends on hang or fail: somewhere to go, no dead air."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from fakes import FakeStream, FakeVoice
from scripted_call import ANSWER, GREETING, Call, greeted

from softswitch.events import (
    CallConfirmed,
    Cause,
    DtmfReceived,
    Heard,
    Listen,
    Pressed,
    Recognition,
    Say,
    Transfer,
    Unspoken,
)
from softswitch.session.patience import Patience
from softswitch.session.thinking import Thinking
from softswitch.thinking import Exchange, Think, Unanswered

SLOW = Say("your order is ready", static=False)
PERSON = Say("i will find somebody")


async def hang(*_: object) -> Any:
    await asyncio.get_running_loop().create_future()


async def test_an_ear_that_hangs_has_understood_nothing_and_the_caller_is_asked_again() -> None:
    call = await greeted((ANSWER, Listen()), (ANSWER, Listen()))
    call.recognizer.open = lambda grammar: Hanging()  # type: ignore[method-assign]
    await call.say("yes please")
    assert not call.session.owes_sound
    await call.quiet(1.0)
    assert call.inputs == []
    await call.quiet(0.8)
    assert call.inputs == [Heard("", 0.0)]


class Hanging(FakeStream):
    async def accept(self, pcm: bytes) -> str:
        return str(await hang())

    async def finish(self) -> Recognition:
        return Recognition(str(await hang()), 0.0)


async def test_sound_that_never_ends_is_an_input_all_the_same() -> None:
    call = await greeted((ANSWER, Listen()), (ANSWER, Listen()))
    await call.say("on and", 14.5)
    assert call.inputs == []
    await call.say("on", 1.0)
    assert call.inputs == [Heard("on and on", 0.9)]


async def test_an_answer_that_cannot_be_given_ends_the_call_instead_of_leaving_silence() -> None:
    call = await greeted((ANSWER, Listen()), whole=frozenset({"yes"}))
    call.voice.get = None  # type: ignore[assignment, method-assign]
    await call.say("yes")
    await call.quiet(0.5)
    assert call.line.hung_up is Cause.TEMPORARY_FAILURE
    assert call.turns()[-1].heard == "yes"


async def test_a_session_that_lets_go_of_its_call_says_nothing_more_in_it() -> None:
    call = Call([(GREETING, SLOW, Listen())], voice=FakeVoice(missing=[SLOW.text], late=5))
    call.session.start()
    await call.quiet(0.04)
    call.session.detach()
    said = call.line.audio
    await call.quiet(0.5)
    assert call.line.audio == said
    assert [turn.said_heard_s for turn in call.turns()] == [0.04]


async def test_keys_work_while_the_ear_hangs() -> None:
    call = await greeted((ANSWER, Listen()), (ANSWER, Listen()))
    call.recognizer.open = lambda grammar: Hanging()  # type: ignore[method-assign]
    await call.say("yes please")
    await call.quiet(0.5)
    call.session.on_event(DtmfReceived("1"))
    assert call.inputs == [Pressed("1")]


async def test_a_voice_that_fails_sends_the_caller_on_once() -> None:
    voice = FakeVoice(missing=[SLOW.text])

    async def fail(say: Say) -> bytes:
        raise RuntimeError

    voice.speak = fail  # type: ignore[method-assign]
    answers = [(GREETING, Listen()), (SLOW, ANSWER, Listen()), (SLOW, PERSON, Transfer("sip:desk@host"))]
    call = Call(answers, frozenset({"yes"}), voice)
    call.session.start()
    await call.quiet(1.1)
    await call.say("yes")
    await call.quiet(0.3)
    heard_first = call.inputs
    await call.quiet(2.0)
    assert heard_first == [Heard("yes", 0.9)]
    assert call.inputs == [Heard("yes", 0.9), Unspoken()]  # the part that was rendered was heard before
    await call.quiet(3.0)
    assert call.line.transferred == "sip:desk@host"
    assert [turn.via for turn in call.turns()] == ["start", "speech", "unspoken"]


async def test_a_voice_that_hangs_is_given_up() -> None:
    voice = FakeVoice(missing=[SLOW.text])
    voice.speak = hang  # type: ignore[method-assign]
    call = Call([(GREETING, Listen()), (SLOW, Listen()), (ANSWER, Listen())], frozenset({"yes"}), voice)
    call.session._speaker._patience = 0.05
    call.session.start()
    call.session.on_event(CallConfirmed("PCMU"))
    await call.quiet(1.1)
    await call.say("yes")
    await call.quiet(0.3)
    assert call.session.owes_sound
    await asyncio.sleep(0.1)
    await call.quiet(0.1)
    assert call.inputs[1:] == [Unspoken()]


class Silent:
    """A thinker whom nothing occurs to."""

    how, missing, wanted = "thought", "", None

    def think(self, order: Think, context: Mapping[str, str], history: Sequence[Exchange]) -> "Silent":
        return self

    @property
    def sentences(self) -> AsyncGenerator[str, None]:
        return self._sentences()

    async def _sentences(self) -> AsyncGenerator[str, None]:
        yield str(await hang())


async def test_an_answer_that_does_not_begin_in_time_fails() -> None:
    thinking = Thinking(None, Silent(), patience=0.05)  # type: ignore[arg-type]
    thinking.answer([Think("key", "why?")], {})
    await asyncio.sleep(0.02)
    assert thinking.take() is None
    await asyncio.sleep(0.1)
    assert thinking.take() == Unanswered("key", "failed")
    assert thinking.rung == "unanswered"


def test_patience_adds_up_to_less_than_two_seconds_of_silence() -> None:
    listen = Listen()
    assert listen.speech_complete_timeout + Patience().ear < 2.0
