"""A dialplan with a queue, a session and a distributor's stand-in together, in virtual time."""

import asyncio
from pathlib import Path

import pytest
import waiting_plan
from fakes import INFO, LOOPS, QUIET, FakeEndpointer, FakeLine, FakePeople, FakeRecognizer, FakeVoice, voiced

from softswitch import config
from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.events import BridgeChanged, Cause
from softswitch.news import SessionEvent, StateSaved, TurnFinished
from softswitch.session.parts import Parts
from softswitch.session.session import Session
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueTold

PERSON = "b" * 32
FACTS = {"today": "2026-11-23", "now": "10:00", "hours_office": "yes", "caller_number": "+442079460000"}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return loader.load(waiting_plan.write(tmp_path))


class Caller:
    """A call to a plan, at 100 seconds; what is said in it and what is recorded."""

    def __init__(self, plan: Plan, people: FakePeople | None, now: float = 100.0) -> None:
        self.people, self.line, self.voice = people, FakeLine(), FakeVoice()
        self.events: list[SessionEvent] = []
        ears = {"en": FakeRecognizer()}
        parts = Parts(ears, self.voice, FakeEndpointer, self.events.append, people=people)
        self.talk = Conversation(plan, FACTS, clock=lambda: now)
        self.session = Session(self.line, self.talk, parts)

    async def frames(self, frame: bytes, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.line.clock()
            self.line.uplink.append(frame)
            self.session.tick()
            for _ in range(LOOPS):
                await asyncio.sleep(0)

    async def hears(self) -> str:
        """What the plan has said since he was last asked."""
        await self.frames(QUIET, 6)
        said, self.voice.said = self.voice.said, []
        return " ".join(say.text for say in said)

    async def says(self, text: str) -> str:
        for word in text.split():
            await self.frames(voiced(word), 0.3)
        return await self.hears()

    @property
    def saved(self) -> StateSaved:
        return [event for event in self.events if isinstance(event, StateSaved)][-1]


async def waiting(plan: Plan) -> Caller:
    caller = Caller(plan, FakePeople())
    caller.session.start()
    await caller.hears()
    assert await caller.says("paper") == "I am putting you through."
    return caller


async def test_he_waits_asks_is_told_speaks_with_somebody_and_goes_on(plan: Plan) -> None:
    caller = await waiting(plan)
    assert caller.people
    assert caller.people.told == [
        ("enqueue", Enqueue("orders", 0, ("orders",), "It is about paper.", 100.0, 0.0, 0))
    ]
    waiter = caller.session.waiter
    assert waiter.free
    waiter.tell(QueueTold(2, 130.0))
    assert await caller.hears() == "You are number 2. It takes about 3 minutes."
    assert await caller.says("help") == "I can help."
    assert waiter.free
    waiter.put_through(PERSON, "anna")
    caller.session.on_event(BridgeChanged(PERSON))
    assert await caller.says("help") == ""
    waiter.tell(PersonLeft("anna", "hung_up"))
    assert await caller.hears() == "I hope that anna could help you. Goodbye."
    assert caller.line.hung_up is Cause.NORMAL_CLEARING
    assert [name for name, _ in caller.people.told] == ["enqueue"]
    turns = [event for event in caller.events if isinstance(event, TurnFinished)]
    assert [turn.via for turn in turns] == ["start", "speech", "queue", "speech", "person"]


async def test_the_promise_of_a_call_back_is_saved_with_its_turn(plan: Plan) -> None:
    caller = await waiting(plan)
    await caller.says("call me back")
    order = LeaveQueue("call_back", "+442079460000")
    assert caller.people
    assert caller.people.told[1:] == [("leave", order)]
    assert (caller.saved.leaves, caller.saved.waits, caller.saved.step) == (order, None, "farewell")


async def test_control_dies_and_he_waits_on_at_his_place(plan: Plan) -> None:
    state = (await waiting(plan)).saved.state
    caller = Caller(plan, FakePeople(), now=900.0)
    caller.session.resume(state, 3)
    assert await caller.hears() == "I'm sorry for the interruption. Let's go on."
    assert caller.people
    assert [order.since for _, order in caller.people.told if isinstance(order, Enqueue)] == [100.0]
    assert caller.saved.waits == caller.people.told[0][1]
    assert caller.session.waiter.free


async def test_control_dies_while_they_talk_and_is_not_heard(plan: Plan) -> None:
    state = (await waiting(plan)).saved.state
    caller = Caller(plan, FakePeople())
    caller.session.take_up_bridged(state, 3, PERSON, "anna")
    assert await caller.hears() == ""
    caller.session.on_event(BridgeChanged(""))
    caller.session.waiter.tell(PersonLeft("anna", "hung_up"))
    assert await caller.hears() == "I hope that anna could help you. Goodbye."


async def test_after_that_he_may_be_put_into_a_queue_again_too(plan: Plan) -> None:
    caller = Caller(plan, FakePeople())
    caller.session.take_up_bridged((await waiting(plan)).saved.state, 3, PERSON, "anna")
    caller.session.waiter.wait_on()
    assert await caller.hears() == ""
    assert caller.session.waiter.free
    assert await caller.says("help") == "I can help."


async def test_whoever_hangs_up_while_waiting_is_gone_once(plan: Plan) -> None:
    caller = await waiting(plan)
    caller.session.lose("gone")
    caller.session.lose("gone")
    assert caller.people
    assert caller.people.told[1:] == [("gone", INFO.call_id)]


async def test_the_order_desk_of_a_node_without_agents_tries_the_other_line() -> None:
    plan = loader.load(config.bundled("dialplans") / "order_desk", "sip:desk@192.0.2.10")
    caller = Caller(plan, None)
    caller.session.start()
    await caller.frames(QUIET, 6)
    assert "I will try another line." in await caller.says("i want to speak to a person")
    assert caller.line.transferred == "sip:desk@192.0.2.10"
