"""What of a call is recorded, in virtual time: nothing before the caller was told, and never a secret."""

import pytest
from fakes import FakeLine, voiced
from scripted_call import ANSWER, GREETING, Call

from softswitch.events import (
    BargeIn,
    CallEnded,
    CallInfo,
    Cause,
    DtmfReceived,
    EndedBy,
    Hangup,
    Heard,
    HoldChanged,
    Listen,
    Pressed,
    Record,
    Say,
)
from softswitch.session.taping import Taping

TOLD = Say("this call is recorded", barge_in=BargeIn.OFF)  # 0.4 s
START, STOP, PAUSE, RESUME = Record("start"), Record("stop"), Record("pause"), Record("resume")
SECRET = Listen(sensitive=True)


async def recorded(*answers: tuple[object, ...]) -> Call:
    """A call that is recorded from its beginning, and whose greeting has been heard."""
    call = Call([(TOLD, START, GREETING, Listen()), *answers])  # type: ignore[list-item]
    call.session.start()
    await call.quiet(1.7)
    return call


async def test_nothing_is_recorded_before_the_caller_was_told() -> None:
    call = Call([(TOLD, START, GREETING, Listen())])
    call.session.start()
    await call.say("too early", 0.1)
    await call.quiet(0.18)
    assert call.tapes == []
    await call.quiet(0.5)
    await call.say("my name", 0.1)
    (tape,) = call.tapes
    assert tape.heard() == ["my", "name"]
    assert 0.3 < tape.said_s() < 0.5


@pytest.mark.parametrize(("heard", "tapes"), [(1, 1), (0, 0)])
def test_an_answer_that_comes_before_he_was_told_to_the_end_starts_no_recording(
    heard: int, tapes: int
) -> None:
    opened: list[CallInfo] = []
    taping = Taping(FakeLine(), opened.append)  # type: ignore[arg-type]
    taping.answer((TOLD, START, Listen()))
    taping.tick([], heard)
    taping.answer((ANSWER, Listen()))
    taping.tick([], 1)
    assert len(opened) == tapes


async def test_who_is_being_told_can_neither_talk_over_it_nor_key_over_it() -> None:
    call = Call([(TOLD, START, GREETING, Listen()), (ANSWER, Listen())])
    call.session.start()
    await call.say("hello", 0.1)
    call.session.on_event(DtmfReceived("3"))
    await call.quiet(0.2)
    assert call.inputs == []
    await call.quiet(0.3)
    assert call.inputs == [Pressed("3")]
    assert len(call.tapes) == 1


async def test_both_sides_are_recorded_at_their_times() -> None:
    call = await recorded((ANSWER, Listen()))
    await call.say("what now", 0.2)
    at = len(call.tapes[0].caller)
    await call.quiet(1.2)
    (tape,) = call.tapes
    assert tape.heard() == ["what", "now"]
    assert len(tape.caller) == len(tape.node)
    answer = [n for n, frame in enumerate(tape.node) if any(frame) and n > at]
    assert 0.68 <= (answer[0] - at) * 0.02 <= 0.76
    assert len(answer) == 15


async def test_a_question_for_a_secret_and_its_answer_are_silence_on_both_sides() -> None:
    call = await recorded((Say("your pin please"), SECRET), (ANSWER, Listen()))
    await call.say("pay", 0.2)
    await call.quiet(1.1)
    frames, said = len(call.tapes[0].caller), call.tapes[0].said_s()
    await call.say("four seven", 0.2)
    await call.quiet(0.72)
    assert call.inputs == [Heard("pay", 0.9), Heard("four seven", 0.9)]
    await call.quiet(0.5)
    await call.say("tone", 0.2)
    await call.quiet(0.4)
    await call.say("thanks", 0.2)
    (tape,) = call.tapes
    assert tape.heard() == ["pay", "thanks"]  # nor what is heard right after: a key may still sound
    assert len(tape.caller) == frames + round(2.42 * 50)
    assert tape.said_s() == pytest.approx(said + 0.3)  # the answer, nothing of the question


async def test_a_secret_that_nobody_asked_for_is_wiped_off_the_tape() -> None:
    call = await recorded((ANSWER, Listen()), (ANSWER, Listen()))
    await call.say("hello", 0.2)
    await call.quiet(1.2)
    call.plan.masked = True
    await call.say("my pin is four", 0.2)
    await call.quiet(0.8)
    assert call.tapes[0].heard() == ["hello"]


async def test_a_pause_begins_with_the_answer_that_orders_it_and_ends_where_it_is_ordered() -> None:
    call = await recorded((ANSWER, PAUSE, ANSWER, Listen()), (RESUME, ANSWER, Listen()))
    before = call.tapes[0].said_s()
    await call.say("quiet", 0.2)
    await call.quiet(1.7)
    assert call.tapes[0].said_s() == before
    await call.say("secret", 0.2)
    await call.quiet(1.2)
    assert call.tapes[0].heard() == ["quiet"]
    assert call.tapes[0].said_s() == pytest.approx(before + 0.3)


async def test_a_call_that_was_cut_off_in_a_pause_goes_on_in_it() -> None:
    call = Call([(START, PAUSE, GREETING, Listen()), (RESUME, ANSWER, Listen())])
    call.session.resume("{}", 3)
    await call.say("secret", 0.2)
    await call.quiet(1.2)
    assert call.tapes[0].said_s() == pytest.approx(0.3, abs=0.05)
    assert call.tapes[0].heard() == []


async def test_a_recording_stops_once_what_was_said_before_is_heard_and_goes_on_as_another() -> None:
    call = await recorded((ANSWER, STOP, GREETING, Listen()), (TOLD, START, ANSWER, Listen()))
    await call.say("stop", 0.2)
    await call.quiet(1.2)
    assert call.tapes[0].closed
    assert call.tapes[0].said_s() == pytest.approx(1.0 + 0.3, abs=0.05)
    await call.quiet(1.1)
    await call.say("again", 0.2)
    await call.quiet(2)
    assert len(call.tapes) == 2
    assert call.tapes[1].said_s() == pytest.approx(0.3, abs=0.05)


async def test_who_interrupts_the_words_before_a_stop_has_stopped_it() -> None:
    call = await recorded((GREETING, STOP, Listen()), (ANSWER, Listen()))
    await call.say("stop", 0.2)
    await call.quiet(1.0)
    await call.frames(voiced("enough"), 15)
    await call.quiet(0.8)
    assert call.tapes[0].closed


async def test_the_end_of_the_call_closes_its_recording() -> None:
    call = await recorded()
    call.session.on_event(CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.CALLER))
    assert call.tapes[0].closed


async def test_time_on_hold_is_on_the_recording_as_it_was() -> None:
    call = await recorded()
    frames = len(call.tapes[0].caller)
    call.session.on_event(HoldChanged(True))
    await call.quiet(0.5)
    assert len(call.tapes[0].caller) == frames + 25


async def test_a_call_that_only_says_goodbye_is_told_and_recorded_too() -> None:
    call = Call([(TOLD, START, ANSWER, Hangup())])
    call.session.start()
    await call.quiet(1.2)
    assert call.tapes[0].said_s() == pytest.approx(0.3, abs=0.05)
    assert call.line.hung_up == Cause.NORMAL_CLEARING
