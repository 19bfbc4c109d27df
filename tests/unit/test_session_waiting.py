"""A caller who waits for a person, and speaks with him: the session's side, in virtual time."""

import pytest
from fakes import INFO, FakePeople, voiced
from scripted_call import ANSWER, GREETING, Call

from softswitch.events import (
    Action,
    BridgeChanged,
    CallEnded,
    Cause,
    DtmfReceived,
    EndedBy,
    Hangup,
    Heard,
    Listen,
    NoInput,
    Pressed,
    Record,
    Say,
    Transfer,
    TransferFailed,
    TransferProgress,
)
from softswitch.news import StateSaved
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueOver, QueueTold

WAIT = Listen(no_input_timeout=float("inf"), music="", waiting=True)
ORDER = Enqueue("orders", priority=5)
PERSON = "b" * 32
TOLD = Say("you are number two")
SURVEY = Say("were you helped")


class Queued:
    """A call whose caller waits, and has heard that he does."""

    def __init__(self, *answers: tuple[Action, ...], before: tuple[Action, ...] = ()) -> None:
        self.people = FakePeople()
        self.call = Call([(*before, GREETING, ORDER, WAIT), *answers], people=self.people)
        self.line, self.session, self.waiter = self.call.line, self.call.session, self.call.session.waiter

    async def begin(self) -> "Queued":
        self.session.start()
        await self.call.quiet(1.1)
        return self

    @property
    def told(self) -> list[tuple[str, object]]:
        return self.people.told

    def put_through(self) -> None:
        self.waiter.put_through(PERSON, "anna")
        self.session.on_event(BridgeChanged(PERSON))

    def turn(self) -> tuple[str, str]:
        turn = self.call.turns()[-1]
        return turn.via, turn.heard


async def queued(*answers: tuple[Action, ...], before: tuple[Action, ...] = ()) -> Queued:
    return await Queued(*answers, before=before).begin()


async def test_who_waits_is_in_the_queue_and_in_the_record_of_the_same_turn() -> None:
    wait = await queued()
    assert wait.told == [("enqueue", ORDER)]
    assert wait.people.waiter is wait.waiter
    saved = [event for event in wait.call.events if isinstance(event, StateSaved)]
    assert [(event.waits, event.leaves) for event in saved] == [(ORDER, None)]


async def test_music_plays_while_he_waits_and_ends_when_he_goes_on() -> None:
    wait = await queued((ANSWER, LeaveQueue(), Listen()))
    assert wait.line.music_file == "own.pcm"
    await wait.call.say("never mind")
    await wait.call.quiet(1)
    assert wait.line.music_file == ""
    assert wait.told[1:] == [("leave", LeaveQueue())]


async def test_silence_is_no_input_while_he_waits() -> None:
    wait = await queued()
    await wait.call.quiet(120)
    assert wait.call.inputs == []


async def test_he_is_free_once_he_has_heard_what_was_said_and_says_nothing() -> None:
    wait = Queued((ANSWER, WAIT))
    wait.session.start()
    await wait.call.quiet(0.5)
    assert not wait.waiter.free
    await wait.call.quiet(0.6)
    assert wait.waiter.free
    await wait.call.frames(voiced("hello"), 20)
    assert not wait.waiter.free


async def test_he_is_not_free_where_he_is_asked_something_meanwhile() -> None:
    wait = await queued((ANSWER, Listen()))
    await wait.call.say("call me back")
    await wait.call.quiet(2)
    assert not wait.waiter.free


async def test_news_waits_until_he_has_said_what_he_says() -> None:
    wait = await queued((ANSWER, WAIT), (TOLD, WAIT))
    await wait.call.frames(voiced("hello"), 20)
    wait.waiter.tell(QueueTold(3))
    wait.waiter.tell(QueueTold(2, 300.0))
    assert wait.call.inputs == []
    await wait.call.quiet(2)
    assert wait.call.inputs == [Heard("hello", 0.9), QueueTold(2, 300.0)]
    await wait.call.quiet(1)
    assert wait.turn() == ("queue", "2")


async def test_that_nobody_comes_is_not_forgotten_for_a_position() -> None:
    wait = Queued((ANSWER, Hangup()))
    wait.session.start()
    wait.waiter.tell(QueueOver("waited"))
    wait.waiter.tell(QueueTold(1))
    await wait.call.quiet(2)
    assert wait.call.inputs == [QueueOver("waited")]


async def test_news_for_one_who_waits_no_longer_is_dropped() -> None:
    wait = await queued((ANSWER, LeaveQueue(), Listen()))
    await wait.call.frames(voiced("no"), 20)
    wait.waiter.tell(QueueTold(3))
    await wait.call.quiet(2)
    wait.waiter.tell(QueueOver("waited"))
    await wait.call.quiet(1)
    assert wait.call.inputs == [Heard("no", 0.9)]


async def test_without_people_every_queue_is_empty() -> None:
    call = Call([(GREETING, ORDER, WAIT), (ANSWER, Hangup())])
    call.session.start()
    await call.quiet(2)
    assert call.inputs == [QueueOver("empty")]


async def test_nobody_listens_while_he_speaks_with_a_person() -> None:
    wait = await queued()
    wait.put_through()
    assert wait.line.bridges == [PERSON]
    assert wait.line.music_file == "own.pcm"  # for when the person puts him on hold
    await wait.call.say("i would like twenty boxes")
    wait.session.on_event(DtmfReceived("5"))
    await wait.call.quiet(20)
    assert wait.call.inputs == []
    assert wait.call.recognizer.streams == []


async def test_after_the_talk_the_dialplan_goes_on_once() -> None:
    wait = await queued((SURVEY, Listen()), (ANSWER, Hangup()))
    wait.put_through()
    wait.session.on_event(DtmfReceived("5"))
    wait.waiter.tell(PersonLeft("anna", "hung_up"))
    wait.session.on_event(BridgeChanged(""))
    await wait.call.quiet(2)
    wait.waiter.tell(PersonLeft("anna", "lost"))
    assert wait.call.inputs == [PersonLeft("anna", "hung_up")]
    assert (wait.line.bridges, wait.line.music_file) == ([PERSON, ""], "")
    assert wait.turn() == ("person", "hung_up")
    wait.session.on_event(DtmfReceived("1"))
    assert wait.call.inputs[1:] == [Pressed("1")]


@pytest.mark.parametrize("confirmed", [True, False], ids=["broken", "never made"])
async def test_a_bridge_of_which_nobody_says_why_it_is_gone_is_lost(confirmed: bool) -> None:
    wait = await queued((SURVEY, Hangup()))
    wait.waiter.put_through(PERSON, "anna")
    if confirmed:
        wait.session.on_event(BridgeChanged(PERSON))
        await wait.call.quiet(60)
        wait.session.on_event(BridgeChanged(""))
    await wait.call.quiet(0.9)
    assert wait.call.inputs == []
    await wait.call.quiet(2.2)
    assert wait.call.inputs == [PersonLeft("anna", "lost")]


async def test_a_person_may_pass_him_on_to_another() -> None:
    wait = await queued((SURVEY, Hangup()))
    wait.put_through()
    other = "d" * 32
    wait.waiter.put_through(other, "ben")
    wait.session.on_event(BridgeChanged(""))
    wait.session.on_event(BridgeChanged(other))
    await wait.call.quiet(10)
    assert wait.call.inputs == []
    assert wait.line.bridges == [PERSON, other]


async def test_a_person_may_put_him_into_a_queue_again() -> None:
    wait = await queued((WAIT,), (TOLD, WAIT))
    wait.put_through()
    wait.waiter.wait_on()
    assert (wait.line.bridges, wait.line.music_file) == ([PERSON, ""], "own.pcm")
    await wait.call.quiet(3)
    assert wait.waiter.free
    wait.waiter.tell(QueueTold(2))
    await wait.call.quiet(0.1)
    assert wait.call.inputs == [NoInput(), QueueTold(2)]


@pytest.mark.parametrize("talking", [False, True], ids=["waiting", "talking"])
async def test_the_queue_is_told_once_that_he_hung_up(talking: bool) -> None:
    wait = await queued()
    if talking:
        wait.put_through()
    ended = CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.CALLER)
    wait.session.on_event(ended)
    wait.session.on_event(ended)
    assert wait.told[1:] == [("gone", INFO.call_id)]
    wait.waiter.tell(PersonLeft("anna", "lost"))
    assert not wait.waiter.free
    assert wait.call.inputs == []


async def test_a_call_that_never_waited_is_no_news_for_the_queue() -> None:
    people = FakePeople()
    call = Call([(GREETING, Listen())], people=people)
    call.session.start()
    call.session.on_event(CallEnded(Cause.NORMAL_CLEARING, 200, EndedBy.CALLER))
    assert people.told == []


async def test_the_talk_is_recorded_as_the_line_has_it() -> None:
    """What a bridged line hears is the person."""
    wait = await queued(before=(Record("start"),))
    wait.put_through()
    wait.line.heard = lambda: [voiced("morning")]  # type: ignore[method-assign]
    await wait.call.frames(voiced("hello"), 10)
    tape = wait.call.tapes[0]
    assert tape.caller[-10:] == [voiced("hello")] * 10
    assert tape.node[-10:] == [voiced("morning")] * 10


async def test_a_talk_that_went_on_while_control_was_away_is_not_spoken_into() -> None:
    people = FakePeople()
    call = Call([(SURVEY, Listen())], people=people)
    call.session.take_up_bridged("saved", 4, PERSON, "anna")
    await call.quiet(30)
    assert (call.plan.restored, call.line.audio, call.inputs) == ("saved", b"", [])
    call.session.waiter.tell(PersonLeft("anna", "given_back"))
    await call.quiet(1)
    assert call.inputs == [PersonLeft("anna", "given_back")]
    assert call.turns()[0].number == 4
    assert call.line.pieces == [""]


async def transferred(status: int, people: FakePeople | None, told: list[int] | None = None) -> Call:
    call = Call([(GREETING, Transfer("sip:desk@example.org")), (ANSWER, Hangup())], people=people)
    call.session.start()
    await call.quiet(1.5)
    for progress in told or []:
        call.session.on_event(TransferProgress(progress, False))
    call.session.on_event(TransferProgress(status, True))
    return call


@pytest.mark.parametrize("status", [405, 501, 603, 408])
async def test_where_a_far_end_takes_no_refer_the_distributor_calls(status: int) -> None:
    people = FakePeople()
    call = await transferred(status, people)
    assert people.told == [("transfer", "sip:desk@example.org")]
    assert call.line.music_file == "own.pcm"
    assert call.session.waiter.free
    call.session.waiter.put_through(PERSON, "desk")
    call.session.waiter.tell(PersonLeft("desk", "hung_up"))
    assert call.inputs == [PersonLeft("desk", "hung_up")]


async def test_the_transfer_has_failed_where_nobody_answers_that_call() -> None:
    people = FakePeople()
    call = await transferred(405, people)
    call.session.waiter.tell(QueueOver("empty"))
    assert call.inputs == [TransferFailed(405)]
    assert call.line.music_file == ""


@pytest.mark.parametrize(("told", "status"), [([], 486), ([], 404), ([180], 408), ([100, 180], 603)])
async def test_whom_the_far_end_could_not_reach_is_not_called_again(told: list[int], status: int) -> None:
    people = FakePeople()
    call = await transferred(status, people, told)
    assert call.inputs == [TransferFailed(status)]
    assert people.told == []


async def test_a_refused_transfer_fails_without_people() -> None:
    assert (await transferred(405, None)).inputs == [TransferFailed(405)]
