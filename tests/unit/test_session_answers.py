"""What a session makes of answers: pauses and joins, fillers, languages, keys alone, masks, promises."""

import logging
from itertools import pairwise

import pytest
from fakes import FRAME_BYTES, FakeStream, FakeVoice, audio_of, voiced
from scripted_call import ANSWER, GREETING, Call, greeted

from softswitch.events import (
    BargeIn,
    CallEnded,
    Do,
    DtmfReceived,
    EndedBy,
    Hangup,
    Heard,
    Hypothesis,
    Listen,
    NoInput,
    Pressed,
    Say,
)
from softswitch.news import CallStarted, StateSaved
from softswitch.session.fillers import MOST

FILLERS = (Say("one moment"), Say("just a second"))
SLOW = Say("your order is ready", static=False)


def saved(call: Call) -> list[StateSaved]:
    return [event for event in call.events if isinstance(event, StateSaved)]


def silences(audio: bytes) -> list[int]:
    """Samples of each stretch of silence between what is heard."""
    marks = "".join("." if audio[at : at + 2] == b"\0\0" else "x" for at in range(0, len(audio), 2))
    return [len(gap) for gap in marks.strip(".").split("x") if gap]


# --- pauses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pause", "samples"), [(None, 1440), (0.0, 0), (0.5, 4000), (0.0301, 241)], ids=str)
async def test_a_prompt_follows_another_after_its_pause_to_the_sample(
    pause: float | None, samples: int
) -> None:
    class Odd(FakeVoice):
        """Prompts that end within a frame, as real ones do."""

        def get(self, say: Say) -> bytes | None:
            return audio_of(say.text)[:-106]

    call = Call([(Say("your order"), Say("is ready", pause=pause), Listen())], voice=Odd())
    call.session.start()
    assert silences(call.line.audio) == ([samples] if samples else [])
    assert len(call.line.audio) % FRAME_BYTES == 0


async def test_a_cut_in_a_sentence_is_not_heard_though_its_second_half_is_synthesised_later() -> None:
    class Odd(FakeVoice):
        def get(self, say: Say) -> bytes | None:
            pcm = super().get(say)
            return pcm[:-106] if pcm else None

    halves = (Say("your order number"), Say("one zero", static=False, pause=0.0), Say("is ready", pause=0.0))
    call = Call([(*halves, Listen())], voice=Odd(missing=["one zero"], late=2))
    call.session.start()
    await call.quiet(1.0)
    assert silences(call.line.audio) == []
    turn = call.turns()[0]
    assert turn.said == turn.said_heard == "your order number one zero is ready"


async def test_what_was_heard_is_right_within_a_pause_and_after_it() -> None:
    said = (Say("one two three four five"), Say("six seven eight nine ten", pause=1.0))
    call = Call([(*said, Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.quiet(1.0)  # the first half, and half of the pause
    call.session.on_event(DtmfReceived("1"))
    turn = call.turns()[0]
    assert turn.said_heard == "one two three four five"
    assert (turn.said_s, turn.said_heard_s) == (pytest.approx(2.0), pytest.approx(1.0))


# --- what the caller really heard -----------------------------------------------------------------------


async def test_the_dialplan_is_told_what_was_heard_of_the_answer_and_that_it_was_talked_over() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen())], whole=frozenset({"stop"}))
    call.session.start()
    await call.quiet(0.5)
    await call.frames(voiced("stop"), 13)
    await call.quiet(0.3)
    assert call.plan.inputs == [Heard("stop", 0.9, barged_in=True, answer_heard="one two three four five")]


async def test_who_waits_until_the_prompt_is_over_did_not_talk_over_it() -> None:
    call = await greeted((ANSWER, Listen()), whole=frozenset({"yes"}))
    await call.say("yes")
    await call.quiet(0.3)
    assert call.plan.inputs == [Heard("yes", 0.9, answer_heard=GREETING.text)]


async def test_a_key_tells_what_was_heard_as_well() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.quiet(0.2)
    call.session.on_event(DtmfReceived("1"))
    assert call.plan.inputs == [Pressed("1", answer_heard="one two")]


# --- languages, and keys alone --------------------------------------------------------------------------


async def test_the_steps_language_chooses_the_ear() -> None:
    call = await greeted((ANSWER, Listen(language="es")), (ANSWER, Listen()), whole=frozenset({"yes", "si"}))
    await call.say("yes")
    await call.quiet(0.6)
    assert (len(call.recognizer.streams), len(call.spanish.streams)) == (1, 0)
    await call.say("si")
    await call.quiet(0.6)
    assert (len(call.recognizer.streams), len(call.spanish.streams)) == (1, 1)
    assert [event.text for event in call.inputs if isinstance(event, Heard)] == ["yes", "si"]


async def test_a_language_that_no_ear_was_loaded_for_is_listened_to_by_the_first() -> None:
    call = Call([(GREETING, Listen(language="de")), (ANSWER, Listen())], whole=frozenset({"ja"}))
    call.session.start()
    await call.quiet(1.1)
    await call.say("ja")
    await call.quiet(0.3)
    assert call.inputs == [Heard("ja", 0.9)]


async def test_where_only_keys_count_speech_is_neither_heard_nor_does_it_interrupt() -> None:
    menu = Listen(speech=False, no_input_timeout=2.0)
    call = Call([(Say(GREETING.text, barge_in=BargeIn.OFF), menu), (ANSWER, Listen())])
    call.session.start()
    await call.say("stop that now please", 0.4)
    assert call.line.played == 50
    assert call.recognizer.streams == []
    await call.say("hello", 1.5)  # his silence is the keys': no one is listening to the rest
    assert call.inputs == [NoInput()]


async def test_keys_work_where_only_keys_count() -> None:
    call = Call([(GREETING, Listen(speech=False, dtmf_length=4)), (ANSWER, Listen())])
    call.session.start()
    await call.say("my code is")
    for key in "1234":
        call.session.on_event(DtmfReceived(key))
    assert call.inputs == [Pressed("1234")]


# --- fillers --------------------------------------------------------------------------------------------


async def waiting(late_s: float, fillers: tuple[Say, ...] = FILLERS, after: float = 1.0) -> Call:
    """A call whose caller has just said something that takes that long to answer."""
    listen = Listen(filler=fillers, filler_after=after)
    voice = FakeVoice(missing=[SLOW.text], late=round(late_s * 50))
    call = Call([(GREETING, listen), (SLOW, listen), (SLOW, listen)], frozenset({"yes"}), voice)
    call.session.start()
    await call.quiet(1.1)
    await call.say("yes")
    await call.quiet(0.22)
    return call


async def test_a_late_answer_is_announced_by_a_filler_and_follows_it() -> None:
    call = await waiting(2.0)
    heard = len(call.line.audio)
    await call.quiet(0.9)
    assert len(call.line.audio) == heard
    await call.quiet(0.2)
    assert len(call.line.audio) > heard
    await call.quiet(2.0)
    assert call.fillers == 1
    await call.quiet(1.0)
    turn = call.turns()[-1]
    assert (turn.said, turn.said_heard) == (SLOW.text, SLOW.text)  # a filler is no part of the answer
    assert turn.said_heard_s == pytest.approx(0.18 + 0.4)


async def test_an_answer_in_time_needs_no_filler() -> None:
    call = await waiting(0.8)
    await call.quiet(3.0)
    assert call.fillers == 0


async def test_fillers_take_turns_from_answer_to_answer_and_within_one() -> None:
    call = await waiting(60.0)
    await call.quiet(59.0)
    said = [say for say in call.voice.said if say in FILLERS]
    assert len(said) == call.fillers == MOST
    assert all(one != other for one, other in pairwise(said))


async def test_the_first_filler_differs_from_call_to_call_and_is_the_same_in_a_replay() -> None:
    first = await waiting(1.5)
    await first.quiet(1.1)
    again = await waiting(1.5)
    await again.quiet(1.1)
    assert (
        [s for s in first.voice.said if s in FILLERS] == [s for s in again.voice.said if s in FILLERS] != []
    )


async def test_without_fillers_a_late_answer_comes_late() -> None:
    call = await waiting(3.0, fillers=())
    await call.quiet(4.0)
    assert call.turns()[-1].said == SLOW.text
    assert call.fillers == 0


async def test_who_speaks_while_he_waits_does_not_lose_his_answer() -> None:
    call = await waiting(3.0)
    await call.say("hello are you there", 0.3)
    await call.quiet(4.0)
    assert call.turns()[-1].said_heard == SLOW.text
    assert len(call.inputs) == 1


# --- what nobody shall see ------------------------------------------------------------------------------


async def test_what_may_have_been_heard_instead_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeStream, "alternatives", (Hypothesis("no secrets", 0.1),))
    call = await greeted((ANSWER, Listen()), whole=frozenset({"no secret"}))
    await call.say("no secret")
    await call.quiet(0.6)
    call.session.on_event(CallEnded(16, 200, EndedBy.CALLER))
    assert call.turns()[-1].alternatives == (Hypothesis("no secrets", 0.1),)


async def test_a_masked_turn_is_recorded_without_what_was_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeStream, "alternatives", (Hypothesis("my secrets", 0.1),))
    call = await greeted((ANSWER, Listen()), (ANSWER, Listen()), whole=frozenset({"my secret"}))
    call.plan.masked = True
    await call.say("my secret")
    await call.quiet(0.6)
    call.session.on_event(DtmfReceived("7"))
    call.session.on_event(CallEnded(16, 200, EndedBy.CALLER))
    assert [turn.heard for turn in call.turns()] == ["", "****", "****"]
    assert not [event for event in call.events if "secret" in str(event) or "'7'" in str(event)]


async def test_a_dialplan_that_fails_tells_no_log_and_no_record_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(list[object]):
        def pop(self, _: object = 0) -> object:
            raise ValueError(" ".join(call.recognizer.streams[-1].words) + said)

    said = "secret words"
    call = await greeted()
    call.plan.answers = Failing()  # type: ignore[assignment]
    with caplog.at_level(logging.DEBUG):
        await call.say(said)
        await call.quiet(1.5)
        call.session.on_event(CallEnded(16, 200, EndedBy.CALLER))
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text
    assert call.turns()[-1].heard == "****"
    assert call.line.hung_up


async def test_a_text_that_cannot_be_spoken_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Mute(FakeVoice):
        async def speak(self, say: Say) -> bytes:
            raise RuntimeError(say.text)

    call = Call([(SLOW, Say("goodbye"), Hangup())], voice=Mute(missing=[SLOW.text]))
    call.session.start()
    await call.quiet(1.0)
    assert "cannot speak 19 characters: RuntimeError" in caplog.text
    assert SLOW.text not in caplog.text
    assert call.line.hung_up  # and what follows was said: nothing ends in silence
    assert call.turns()[0].said_heard == "goodbye"


# --- records --------------------------------------------------------------------------------------------


async def test_the_record_tells_the_route_the_way_and_the_language() -> None:
    call = Call([(GREETING, Listen())])
    call.plan.path, call.plan.language = ("hello", "ask"), "es"
    call.session.start()
    await call.quiet(1.2)
    assert [event.route for event in call.events if isinstance(event, CallStarted)] == ["by day"]
    assert (call.turns()[0].path, call.turns()[0].language) == (("hello", "ask"), "es")


async def test_promises_are_saved_with_the_state_of_their_turn() -> None:
    order = Do("send", (("number", "1002"),), "send:1")
    call = await greeted((order, ANSWER, Listen()), whole=frozenset({"yes"}))
    await call.say("yes")
    await call.quiet(0.3)
    assert [event.promised for event in saved(call)] == [(), (order,)]


async def test_what_is_remembered_of_a_caller_is_saved_in_each_call_and_when_it_changes() -> None:
    context = {"caller_number": "+442079460000", "colour": "red", "shoe": "9"}
    call = Call([(GREETING, Listen()), (ANSWER, Listen()), (ANSWER, Listen())], context=context)
    call.session.start()
    context["colour"] = "blue"
    call.session.on_event(DtmfReceived("1"))
    call.session.on_event(DtmfReceived("2"))
    assert [(event.remembered, event.caller) for event in saved(call)] == [
        ((("colour", "red"),), "+442079460000"),
        ((("colour", "blue"),), "+442079460000"),
        ((), ""),
    ]
