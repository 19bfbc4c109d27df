"""Turn-taking and barge-in of a session, in virtual time: every frame is 20 ms, nothing waits."""

import time

import pytest
from fakes import UNINTELLIGIBLE, FakeVoice, voiced
from scripted_call import ANSWER, GREETING, Call, greeted

from softswitch.events import (
    BargeIn,
    CallEnded,
    Cause,
    DtmfReceived,
    EndedBy,
    Hangup,
    Heard,
    HoldChanged,
    Listen,
    NoInput,
    Pressed,
    Say,
    Transfer,
    TransferFailed,
    TransferProgress,
)
from softswitch.news import CallFinished, CallStarted, StateSaved, TurnFinished


async def test_the_greeting_is_in_the_ring_before_the_call_is_answered() -> None:
    call = Call([(GREETING, Listen())])
    order: list[str] = []
    call.line.answer = lambda: order.append(f"answered with {call.line.pending} frames")  # type: ignore[method-assign]
    call.session.start()
    assert order == ["answered with 50 frames"]
    assert isinstance(call.events[0], CallStarted)


async def test_a_whole_interpretation_ends_the_turn_after_the_short_silence() -> None:
    call = await greeted((ANSWER, Listen()), whole=frozenset({"opening hours"}))
    await call.say("opening hours")
    await call.quiet(0.18)
    assert call.inputs == []
    await call.quiet(0.04)
    assert call.inputs == [Heard("opening hours", 0.9)]


async def test_an_incomplete_one_waits_for_the_long_silence() -> None:
    call = await greeted((ANSWER, Listen()))
    await call.say("opening")
    await call.quiet(0.66)
    assert call.inputs == []
    await call.quiet(0.06)
    assert call.inputs == [Heard("opening", 0.9)]


async def test_text_accumulates_over_a_pause_within_a_sentence() -> None:
    call = await greeted((ANSWER, Listen()), whole=frozenset({"my number is four two"}))
    await call.say("my number is")
    await call.quiet(0.4)
    assert call.inputs == []
    await call.say("four two")
    await call.quiet(0.22)
    assert call.inputs == [Heard("my number is four two", 0.9)]


async def test_silence_counts_only_after_the_prompt_is_over() -> None:
    call = Call([(GREETING, Listen(no_input_timeout=2.0)), (ANSWER, Listen())])
    call.session.start()
    await call.quiet(2.9)
    assert call.inputs == []
    await call.quiet(0.2)
    assert call.inputs == [NoInput()]


async def test_speech_stops_a_prompt_and_the_record_says_how_much_was_heard() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen())], whole=frozenset({"stop"}))
    call.session.start()
    await call.quiet(0.5)
    await call.frames(voiced("stop"), 3)
    assert call.line.pending == 0
    await call.frames(voiced("stop"), 10)
    await call.quiet(0.3)
    greeting = call.turns()[0]
    assert greeting.said_s == pytest.approx(1.0)
    assert greeting.said_heard_s == pytest.approx(0.56)
    assert greeting.said_heard == "one two three four five"
    assert call.inputs == [Heard("stop", 0.9)]


async def test_a_prompt_that_nothing_may_interrupt_plays_on_and_hears_nothing() -> None:
    call = Call([(Say(GREETING.text, barge_in=BargeIn.OFF), Listen())])
    call.session.start()
    await call.say("stop now", 0.2)
    await call.quiet(1.0)
    assert call.inputs == []
    assert call.line.played == 50


async def test_who_goes_on_speaking_after_such_a_prompt_is_heard() -> None:
    call = Call([(Say(GREETING.text, barge_in=BargeIn.OFF), Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.quiet(0.5)
    await call.say("hello there", 0.5)
    await call.quiet(0.8)
    assert call.inputs == [Heard("hello there", 0.9)]  # with the pre-roll of 0.3 s


async def test_a_backchannel_does_not_stop_a_prompt_that_only_words_interrupt() -> None:
    listen = Listen(backchannel=frozenset({"okay", "yes"}))
    call = Call([(Say(GREETING.text, barge_in=BargeIn.WORDS), listen)])
    call.session.start()
    await call.say("okay", 0.2)
    await call.quiet(1.0)
    assert call.inputs == []
    assert call.line.played == 50


async def test_words_stop_a_prompt_that_only_words_interrupt() -> None:
    listen = Listen(backchannel=frozenset({"okay"}))
    call = Call([(Say(GREETING.text, barge_in=BargeIn.WORDS), listen), (ANSWER, Listen())])
    call.session.start()
    await call.say("address", 0.4)
    assert call.line.pending == 0
    await call.quiet(0.8)
    assert call.inputs == [Heard("address", 0.9)]


async def test_a_key_stops_the_prompt_and_is_the_input() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.quiet(0.2)
    call.session.on_event(DtmfReceived("1"))
    assert call.inputs == [Pressed("1")]


async def test_a_breath_parts_the_answer_to_a_key_from_the_prompt_it_cut() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.quiet(0.2)
    call.session.on_event(DtmfReceived("1"))
    assert call.line.pending == 6 + 15


@pytest.mark.parametrize(
    ("keys", "pause", "digits"),
    [("1234", 0.1, "1234"), ("12#", 0.1, "12"), ("12", 3.1, "12")],
    ids=["enough keys", "terminator", "long pause"],
)
async def test_keys_are_collected_until_complete(keys: str, pause: float, digits: str) -> None:
    call = Call([(GREETING, Listen(dtmf_length=4)), (ANSWER, Listen())])
    call.session.start()
    for key in keys:
        await call.quiet(0.1)
        call.session.on_event(DtmfReceived(key))
    await call.quiet(pause)
    assert call.inputs == [Pressed(digits)]


async def test_a_cough_between_keys_does_not_cost_the_digits() -> None:
    call = Call([(GREETING, Listen(dtmf_length=4)), (ANSWER, Listen())])
    call.session.start()
    for key in "12":
        call.session.on_event(DtmfReceived(key))
    await call.frames(UNINTELLIGIBLE, 20)
    for key in "34":
        call.session.on_event(DtmfReceived(key))
    assert call.inputs == [Pressed("1234")]


async def test_keys_typed_ahead_are_kept_for_the_next_question() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen(dtmf_length=2)), (ANSWER, Listen())])
    call.session.start()
    for key in "142":
        call.session.on_event(DtmfReceived(key))
    assert call.inputs == [Pressed("1"), Pressed("42")]


async def test_a_click_is_no_input() -> None:
    call = await greeted((ANSWER, Listen()))
    await call.frames(UNINTELLIGIBLE, 4)
    await call.quiet(1.0)
    assert len(call.recognizer.streams) == 1
    assert call.inputs == []


async def test_a_click_that_stopped_a_prompt_is_answered() -> None:
    call = Call([(GREETING, Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.frames(UNINTELLIGIBLE, 4)
    await call.quiet(1.0)
    assert call.inputs == [Heard("", 0.0)]


async def test_a_transfer_waits_until_the_announcement_was_heard() -> None:
    call = await greeted((ANSWER, Transfer("sip:desk@example.org")), whole=frozenset({"human"}))
    await call.say("human")
    await call.quiet(0.22)
    assert call.line.transferred is None
    await call.quiet(0.3 + 0.1)
    assert call.line.transferred is None
    await call.quiet(0.2)
    assert call.line.transferred == "sip:desk@example.org"
    assert call.session.state == "transferring"


async def test_a_transfer_that_fails_goes_back_to_the_dialplan() -> None:
    call = await greeted(
        (ANSWER, Transfer("sip:desk@example.org")), (ANSWER, Listen()), whole=frozenset({"human"})
    )
    await call.say("human")
    await call.quiet(1.0)
    call.session.on_event(TransferProgress(180, False))
    call.session.on_event(TransferProgress(486, True))
    assert call.inputs[-1] == TransferFailed(486)
    assert call.line.pending > 0


async def test_a_transfer_without_a_word_fails_in_the_end() -> None:
    call = await greeted(
        (ANSWER, Transfer("sip:desk@example.org")), (ANSWER, Listen()), whole=frozenset({"human"})
    )
    await call.say("human")
    await call.quiet(31.5)
    assert call.inputs[-1] == TransferFailed(408)


async def test_a_hangup_waits_until_the_goodbye_was_heard() -> None:
    call = await greeted((ANSWER, Hangup()), whole=frozenset({"bye"}))
    await call.say("bye")
    await call.quiet(0.22 + 0.3)
    assert call.line.hung_up is None
    await call.quiet(0.3)
    assert call.line.hung_up is Cause.NORMAL_CLEARING


async def test_time_stands_still_on_hold() -> None:
    call = await greeted((ANSWER, Listen()))
    call.session.on_event(HoldChanged(True))
    await call.quiet(20.0)
    assert call.inputs == []
    call.session.on_event(HoldChanged(False))
    await call.quiet(6.1)
    assert call.inputs == [NoInput()]


async def test_the_end_of_the_call_closes_the_turn_and_the_call() -> None:
    call = Call([(GREETING, Listen())])
    call.session.start()
    await call.quiet(0.4)
    ended = CallEnded(16, 200, EndedBy.CALLER)
    call.session.on_event(ended)
    turn, finished = call.events[-2:]
    assert isinstance(turn, TurnFinished)
    assert turn.said_heard_s == pytest.approx(0.4)
    assert isinstance(finished, CallFinished)
    assert finished.ended is ended
    call.session.on_event(ended)
    assert call.events[-1] is finished


async def test_the_state_to_go_on_from_is_saved_at_every_turn() -> None:
    call = await greeted((ANSWER, Listen()), whole=frozenset({"yes"}))
    await call.say("yes")
    await call.quiet(0.22)
    assert len([event for event in call.events if isinstance(event, StateSaved)]) == 2


async def test_a_resumed_call_goes_on_with_the_next_turn_number() -> None:
    call = Call([(GREETING, Listen())])
    call.session.resume("where we were", 7)
    await call.quiet(1.1)
    assert call.inputs == [Heard("resumed where we were", 1.0)]
    assert [(turn.number, turn.via) for turn in call.turns()] == [(7, "resume")]
    assert not call.line.answered


async def test_a_dialplan_that_fails_ends_the_call_instead_of_leaving_silence() -> None:
    call = await greeted()  # no answer is left: the next input is an IndexError
    await call.say("anything")
    await call.quiet(1.5)
    assert call.line.hung_up is Cause.TEMPORARY_FAILURE


async def test_text_that_is_not_ready_is_synthesised_and_said_in_order() -> None:
    first, second = Say("your order"), Say("is ready today")
    call = Call([(first, second, Listen())], voice=FakeVoice(missing=["is ready today"]))
    call.session.start()
    await call.quiet(1.2)
    turn = call.turns()[0]
    assert turn.said == "your order is ready today"
    assert turn.said_heard == turn.said


async def test_a_prompt_longer_than_the_ring_is_written_as_it_plays() -> None:
    text = " ".join(["word"] * 400)  # 40 s
    call = Call([(Say(text), Listen())])
    call.session.start()
    await call.quiet(41)
    assert call.line.played == 2000
    assert call.turns()[0].said_heard_s == pytest.approx(40.0)


async def test_a_turn_is_dated_by_the_clock_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 86_400.0)  # somebody has set it
    call = await greeted()
    assert [turn.at for turn in call.turns()] == [86_400.0]
