"""Which dialplan a call enters, in which version it goes on, and how long it waits for what is remembered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes import INFO, QUIET, FakeEndpointer, FakeLine, FakeRecognizer, FakeVoice, ScriptedConversation
from stopwatch import Stopwatch

from softswitch.app import callers, dialplans
from softswitch.app.callers import Callers
from softswitch.app.calls import Calls
from softswitch.app.dialplans import Dialplans, Loaded
from softswitch.dialplan.routes import CallFacts, Decision, Route
from softswitch.events import CallEnded, CallInfo, Cause, DtmfReceived, EndedBy, Heard, Listen, Say, Signalled
from softswitch.news import CallFinished, CallStarted, SessionEvent
from softswitch.session.parts import Parts
from softswitch.store import queries
from softswitch.store.queries import LiveCall
from softswitch.trunks.numbers import WITHHELD


class FakePlan:
    """Takes the calls to its `number`, or every call."""

    def __init__(
        self, name: str, version: str = "1", number: str = "", remembered: tuple[str, ...] = ()
    ) -> None:
        self.name, self.version, self.remembered = name, version, remembered
        self.number = number
        self.routes = (Route(f"to {number}"),) if number else ()

    def route(self, call: CallFacts) -> Decision:
        wanted = self.number and self.number in call.to_uri
        return Decision(self.routes[0] if wanted else None, ())

    def facts(self, call: CallFacts, decision: Decision) -> dict[str, str]:
        return {
            "caller_number": "+442079460000",
            **({"attestation": call.attestation} if call.attestation else {}),
        }

    def prefetched(self, facts: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
        """A look-up that needs what is remembered, where there is something."""
        known = {name: facts[name] for name in self.remembered if name in facts}
        return [("find", {"number": facts["caller_number"], **known})]


class Setup:
    """Calls with fake dialplans; conversations keep what they were made with."""

    def __init__(
        self,
        *plans: FakePlan,
        old: tuple[FakePlan, ...] = (),
        unfinished: tuple[LiveCall, ...] = (),
        recall: Callable[[str, str], Awaitable[dict[str, str]]] | None = None,
        may_take: bool = True,
    ) -> None:
        self.events: list[SessionEvent] = []
        self.dialplans = Dialplans([self.loaded(plan) for plan in plans], [self.loaded(plan) for plan in old])
        recall = recall or (lambda plan, number: asyncio.sleep(0, {}))
        self.calls = Calls(self.dialplans, recall, unfinished, lambda: may_take, lambda live: None)

    def loaded(self, plan: FakePlan) -> Loaded:
        voice = FakeVoice()
        ears = {"en": FakeRecognizer()}
        parts = Parts(ears, voice, FakeEndpointer, self.events.append, frozenset(plan.remembered))
        return Loaded("", cast(Any, plan), cast(Any, voice), parts)

    def offer(self, line: FakeLine, established: bool = False) -> None:
        self.calls.on_offer(cast(Any, line), established, "PCMU")

    @property
    def started(self) -> list[CallStarted]:
        return [event for event in self.events if isinstance(event, CallStarted)]


made: list[ScriptedConversation] = []


@pytest.fixture(autouse=True)
def conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    made.clear()

    def converse(plan: FakePlan, facts: dict[str, str]) -> ScriptedConversation:
        answers: list[Any] = [(Say("hello"), Listen())] * 3
        made.append(ScriptedConversation(answers, plan=plan.name, version=plan.version, context=facts))
        return made[-1]

    monkeypatch.setattr(dialplans, "Conversation", converse)


def line_to(number: str = "100", call_id: str = INFO.call_id) -> FakeLine:
    return FakeLine(replace(INFO, to_uri=f"sip:{number}@example.org", call_id=call_id))


def live(plan: str, version: str, state: str = "{}") -> LiveCall:
    return LiveCall(INFO, plan, version, "only", state, 4, 1000.0, "PCMU")


# --- routes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "plan", "route"), [("200", "sales", "to 200"), ("300", "rest", "")])
async def test_a_call_enters_the_first_dialplan_that_has_a_route_for_it(
    number: str, plan: str, route: str
) -> None:
    setup = Setup(FakePlan("sales", number="200"), FakePlan("rest"))
    line = line_to(number)
    setup.offer(line)
    assert [(event.plan, event.route) for event in setup.started] == [(plan, route)]
    assert line.answered


async def test_a_call_that_no_dialplan_wants_is_refused_as_an_unknown_number_and_counted() -> None:
    setup = Setup(FakePlan("sales", number="200"))
    line = line_to("300")
    setup.offer(line)
    assert line.hung_up is Cause.UNALLOCATED_NUMBER
    assert setup.calls.refused == {"404": 1}
    assert setup.events == []


async def test_a_routing_that_fails_turns_the_caller_away_instead_of_letting_it_ring() -> None:
    plan = FakePlan("sales")
    plan.route = None  # type: ignore[assignment, method-assign]
    setup = Setup(plan)
    line = line_to()
    setup.offer(line)
    assert line.hung_up is Cause.TEMPORARY_FAILURE


# --- versions -------------------------------------------------------------------------------------------


async def test_a_call_taken_up_again_goes_on_in_the_version_that_it_began_with() -> None:
    setup = Setup(FakePlan("shop", "2"), old=(FakePlan("shop", "1"),), unfinished=(live("shop", "1"),))
    setup.offer(line_to(), established=True)
    assert [(one.plan, one.version, one.inputs) for one in made] == [
        ("shop", "1", [Heard("resumed {}", 1.0)])
    ]
    assert setup.started == []
    setup.calls.on_ready({INFO.call_id})
    assert ("shop", "1") in setup.dialplans.keys


async def test_where_that_version_is_gone_it_goes_on_in_the_present_one() -> None:
    setup = Setup(FakePlan("other"), FakePlan("shop", "2"), unfinished=(live("shop", "1"),))
    setup.offer(line_to(), established=True)
    assert [(one.plan, one.version) for one in made] == [("shop", "2")]


async def test_a_call_whose_dialplan_is_not_configured_any_more_enters_one_as_if_it_were_new() -> None:
    setup = Setup(FakePlan("other"), unfinished=(live("shop", "1"),))
    setup.offer(line_to(), established=True)
    assert [event.plan for event in setup.started] == ["other"]


async def test_an_old_version_is_let_go_with_its_last_call() -> None:
    setup = Setup(FakePlan("shop", "1"))
    for call in ("a", "b"):
        setup.offer(line_to(call_id=call * 32))
    setup.dialplans.replace([setup.loaded(FakePlan("shop", "2"))])
    setup.offer(line_to(call_id="c" * 32))
    assert [one.version for one in made] == ["1", "1", "2"]
    ended = CallEnded(16, 200, EndedBy.CALLER)
    setup.calls.on_event("a" * 32, ended)
    assert setup.dialplans.keys == [("shop", "2"), ("shop", "1")]
    setup.calls.on_event("b" * 32, ended)
    setup.calls.on_event("c" * 32, ended)
    assert setup.dialplans.keys == [("shop", "2")]


async def test_a_version_without_calls_is_let_go_at_once() -> None:
    setup = Setup(FakePlan("shop", "1"))
    setup.dialplans.replace([setup.loaded(FakePlan("shop", "2"))])
    assert setup.dialplans.keys == [("shop", "2")]


async def test_a_lost_connection_leaves_a_call_in_its_version() -> None:
    setup = Setup(FakePlan("shop", "1"))
    setup.offer(line_to())
    setup.dialplans.replace([setup.loaded(FakePlan("shop", "2"))])
    setup.offer(line_to(), established=True)
    assert [(one.version, one.inputs) for one in made] == [("1", []), ("1", [Heard("resumed {}", 1.0)])]
    setup.calls.on_event(INFO.call_id, CallEnded(16, 200, EndedBy.CALLER))
    assert setup.dialplans.keys == [("shop", "2")]


async def test_a_call_that_cannot_be_taken_up_ends_and_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(plan: FakePlan, facts: object) -> ScriptedConversation:
        raise ValueError

    setup = Setup(FakePlan("shop"), unfinished=(live("shop", "1"),))
    monkeypatch.setattr(dialplans, "Conversation", unreadable)
    setup.offer(line := line_to(), established=True)
    assert line.hung_up is Cause.TEMPORARY_FAILURE
    assert "cannot be taken" in caplog.text
    setup.calls.on_event(INFO.call_id, CallEnded(41, 503, EndedBy.NODE))


async def test_a_calls_bug_is_its_own_and_its_end_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    setup = Setup(FakePlan("shop"))
    setup.offer(line_to())
    setup.calls.sessions()[0].on_event = None  # type: ignore[assignment, method-assign]
    setup.calls.on_event(INFO.call_id, DtmfReceived("1"))
    assert "TypeError" in caplog.text
    setup.calls.on_event(INFO.call_id, CallEnded(16, 200, EndedBy.CALLER))
    assert setup.calls.sessions() == []
    assert setup.dialplans.active[0].calls == 0


async def test_a_bug_in_the_calls_that_a_node_makes_ends_none_of_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setup = Setup(FakePlan("shop"))
    setup.offer(line := line_to())
    setup.calls.outbound = cast(Any, SimpleNamespace(on_event=None, on_tick=None))
    setup.calls.on_event(INFO.call_id, DtmfReceived("1"))
    line.clock()
    line.uplink.append(QUIET)
    setup.calls.on_tick()
    assert caplog.text.count("TypeError") == 2
    assert line.uplink == [], "its caller is heard"
    setup.calls.on_event(INFO.call_id, CallEnded(16, 200, EndedBy.CALLER))
    assert isinstance(setup.events[-1], CallFinished)


async def test_records_that_are_full_refuse_new_calls_and_keep_those_that_are_up() -> None:
    setup = Setup(FakePlan("shop"), unfinished=(live("shop", "1"),), may_take=False)
    new, known = line_to(call_id="d" * 32), line_to()
    setup.offer(new)
    setup.offer(known)
    assert (new.hung_up, known.hung_up) == (Cause.TEMPORARY_FAILURE, None)
    assert setup.calls.refused == {"503": 1}


# --- what is remembered ---------------------------------------------------------------------------------


async def test_a_call_is_answered_once_it_is_known_what_is_remembered_of_the_caller() -> None:
    known = asyncio.get_running_loop().create_future()
    asked: list[tuple[str, str]] = []

    async def recall(plan: str, number: str) -> dict[str, str]:
        asked.append((plan, number))
        return cast(dict[str, str], await known)

    setup = Setup(FakePlan("shop", remembered=("colour",)), recall=recall)
    line = line_to()
    setup.offer(line)
    await asyncio.sleep(0)
    assert asked == [("shop", "+442079460000")]
    assert not line.answered
    assert setup.calls.by_state()["trying"] == 1
    known.set_result({"colour": "red", "of an older version": "x"})
    await asyncio.sleep(0.01)
    assert line.answered
    assert made[0].context == {"caller_number": "+442079460000", "colour": "red"}


async def test_a_dialplan_that_remembers_nothing_does_not_ask() -> None:
    async def recall(plan: str, number: str) -> dict[str, str]:
        raise AssertionError

    setup = Setup(FakePlan("shop"), recall=recall)
    line = line_to()
    setup.offer(line)
    assert line.answered


async def test_who_hangs_up_meanwhile_is_recorded_all_the_same() -> None:
    setup = Setup(FakePlan("shop", remembered=("colour",)))
    setup.offer(line_to())
    setup.calls.on_event(INFO.call_id, CallEnded(16, 487, EndedBy.CALLER))
    await asyncio.sleep(0.01)
    assert isinstance(setup.events[0], CallStarted)
    assert isinstance(setup.events[-1], CallFinished)
    assert setup.dialplans.active[0].calls == 0


async def test_a_slow_database_keeps_no_caller_waiting_and_no_more_than_a_few_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(callers, "PATIENCE_S", 0.02)
    asked: list[str] = []

    def remembered(url: str, plan: str, number: str) -> dict[str, str]:
        asked.append(number)
        time.sleep(0.15)
        return {"colour": "red"}

    monkeypatch.setattr(queries, "remembered", remembered)
    memory = Callers("sqlite:////nowhere")
    watch = Stopwatch()
    assert await asyncio.gather(*(memory.recall("shop", str(number)) for number in range(10))) == [{}] * 10
    assert watch.own_s < 0.12
    assert len(asked) <= callers.AT_ONCE
    await asyncio.sleep(0.4)
    monkeypatch.setattr(callers, "PATIENCE_S", 1.0)
    assert await memory.recall("shop", "11") == {"colour": "red"}


async def test_a_database_that_is_away_costs_nothing_but_the_memory() -> None:
    assert await Callers("sqlite:////nowhere/calls.db").recall("shop", "1") == {}


# --- who vouches for a caller ---------------------------------------------------------------------------


async def test_a_call_waits_for_the_verdict_on_its_caller_which_its_dialplan_and_record_then_know() -> None:
    setup = Setup(FakePlan("rest"))
    verdict: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def vouch(info: CallInfo) -> str:
        return await verdict

    setup.calls.arrivals.vouch = vouch
    line = line_to()
    setup.offer(line)
    await asyncio.sleep(0)
    assert not line.answered
    verdict.set_result("failed: the signature is wrong")
    await asyncio.sleep(0.01)
    assert line.answered
    assert [event.attestation for event in setup.started] == ["failed: the signature is wrong"]
    assert made[0].context["attestation"] == "failed"


class ForVouched(FakePlan):
    """Takes calls of attestation A."""

    def route(self, call: CallFacts) -> Decision:
        return Decision(Route("vouched") if call.attestation == "A" else None, ())


@pytest.mark.parametrize(("verdict", "plan"), [("A", "vouched"), ("failed: why", "rest")])
async def test_routes_are_chosen_when_the_verdict_is_known(verdict: str, plan: str) -> None:
    setup = Setup(ForVouched("vouched", number="only"), FakePlan("rest"))

    async def vouch(info: CallInfo) -> str:
        return verdict

    setup.calls.arrivals.vouch = vouch
    setup.offer(line_to())
    await asyncio.sleep(0.01)
    assert [event.plan for event in setup.started] == [plan]


async def test_a_call_that_no_route_wants_after_its_verdict_is_refused_and_forgotten() -> None:
    setup = Setup(ForVouched("vouched", number="only"))
    asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def vouch(info: CallInfo) -> str:
        return await asked

    setup.calls.arrivals.vouch = vouch
    setup.offer(line := line_to())
    await asyncio.sleep(0)
    assert setup.calls.by_state()["trying"] == 1
    asked.set_result("none")
    await asyncio.sleep(0.01)
    assert line.hung_up == Cause.UNALLOCATED_NUMBER
    assert setup.calls.by_state()["trying"] == 0


async def test_a_caller_who_wants_privacy_is_vouched_for_but_stands_in_no_record() -> None:
    setup = Setup(FakePlan("rest"))
    asked: list[str] = []

    async def vouch(info: CallInfo) -> str:
        asked.append(info.from_uri)
        return "A"

    setup.calls.arrivals.vouch = vouch
    line = line_to()
    open_ = line.info.from_uri
    line.info = replace(line.info, signalled=Signalled("tel:+4930123456", private=True, identity=("signed",)))
    setup.offer(line)
    await asyncio.sleep(0.01)
    assert asked == [open_]
    started = setup.started[0].info
    assert (started.from_uri, started.signalled) == (WITHHELD, Signalled(private=True))


async def test_where_nobody_vouches_a_call_does_not_wait() -> None:
    setup = Setup(FakePlan("rest"))
    setup.offer(line := line_to())
    assert line.answered
    assert "attestation" not in made[0].context


async def test_look_ups_are_asked_for_as_the_call_arrives_and_nobody_waits_for_them() -> None:
    setup = Setup(FakePlan("shop"))
    asked: list[tuple[str, str, dict[str, str]]] = []
    setup.calls.arrivals.prefetch = lambda plan, name, arguments: asked.append((plan, name, dict(arguments)))
    line = FakeLine()
    setup.offer(line)
    assert asked == [("shop", "find", {"number": "+442079460000"})]
    assert line.answered


async def test_look_ups_that_need_what_is_remembered_are_asked_for_once_that_is_known() -> None:
    async def recall(plan: str, number: str) -> dict[str, str]:
        await asyncio.sleep(0.01)
        return {"size": "large"}

    setup = Setup(FakePlan("shop", remembered=("size",)), recall=recall)
    asked: list[dict[str, str]] = []
    setup.calls.arrivals.prefetch = lambda plan, name, arguments: asked.append(dict(arguments))
    setup.offer(FakeLine())
    assert asked == [{"number": "+442079460000"}]
    await asyncio.sleep(0.05)
    assert asked[1:] == [{"number": "+442079460000", "size": "large"}]


async def test_a_bug_in_asking_ahead_turns_nobody_away(caplog: pytest.LogCaptureFixture) -> None:
    setup = Setup(FakePlan("shop"))

    def fail(plan: str, name: str, arguments: Mapping[str, str]) -> None:
        raise RuntimeError

    setup.calls.arrivals.prefetch = fail
    line = FakeLine()
    setup.offer(line)
    assert line.answered
    assert "while asking ahead" in caplog.text
