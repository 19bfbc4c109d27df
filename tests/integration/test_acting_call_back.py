"""Calls that were promised: one conversation each, whatever dies, and none while the node drains."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from acting import integrations
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.actions.action import Action, Done, Later, Refused, Result, idempotency_key
from softswitch.app.acting.attempting import _outcome
from softswitch.app.acting.kinds.call_back import LOST_S
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.dialing.dialer import NotNow
from softswitch.app.dialing.outcome import Outcome, Report
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, CallInfo, Cause, EndedBy
from softswitch.news import CallAnswered, CallFinished, CallStarted
from softswitch.store import migrate, promised_calls
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
KEY = idempotency_key("", "queue:1")
NUMBER = "+442079460123"


@dataclass
class FakePhone:
    """Answers each call with the next outcome."""

    database_url: str
    outcomes: list[Outcome | SoftswitchError]
    dialled: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)

    @property
    def dialer(self) -> "FakePhone":
        return self

    async def dial(
        self, number: str, plan: str, context: Mapping[str, str], *, call_id: str, **ways: object
    ) -> Report:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, SoftswitchError):
            raise outcome
        self.dialled.append((number, plan, dict(context), call_id))
        return Report(outcome, call_id, number, reason="because" if outcome is Outcome.REFUSED else "")

    def hang_up(self, call_id: str) -> None:
        self.hung_up.append(call_id)


@pytest.fixture
def url(database_url: str) -> str:
    migrate.upgrade(database_url)
    return database_url


def action(attempts: int = 1, **more: str) -> Action:
    arguments = {"number": NUMBER, "guest": "Jane", **more}
    return Action(7, "ring", arguments, KEY, time.time(), attempts, plan="shop")


async def attempt(phone: FakePhone, extra: str = "", attempts: int = 1, **more: str) -> Result:
    known = integrations(f"actions:\n  ring: {{kind: call_back, context: {{guest: '{{guest}}'}}{extra}}}\n")
    settings = known.find("shop", "ring")
    assert settings
    registry = Registry(Means(known, None, phone))
    return await registry.run(action(attempts, **more), settings)


async def recorded(
    url: str, call_id: str, *, by: str | None = None, over: bool = True, at: float | None = None
) -> None:
    """A call of an attempt before, as its process left it."""
    records = Records(url)
    records.start()
    at = at or time.time()
    await records.record(CallStarted(CallInfo(call_id, "", "", "", "", at, "", "out"), "shop", "1", at))
    if by is not None:
        await records.record(CallAnswered(call_id, "PCMA", at, by))
    if over:
        ended = CallEnded(Cause.NORMAL_CLEARING, 0, EndedBy.NODE)
        await records.record(CallFinished(call_id, ended, "", at))
    await records.close()


async def test_it_is_done_when_somebody_has_answered(url: str) -> None:
    for outcome in (Outcome.PERSON, Outcome.UNKNOWN, Outcome.VOICEMAIL):
        phone = FakePhone(url, [outcome])
        result = await attempt(phone)
        ((number, plan, context, call_id),) = phone.dialled
        assert (number, plan, context) == (NUMBER, "shop", {"guest": "Jane"})
        assert result == Done({"call_id": call_id, "answered_by": outcome})
        assert call_id.startswith(KEY[:16])
        assert len(call_id) == 32


async def test_an_argument_may_name_the_plan_and_what_is_empty_is_not_given(url: str) -> None:
    phone = FakePhone(url, [Outcome.PERSON])
    await attempt(phone, plan="reminder", guest="")
    assert phone.dialled[0][1:3] == ("reminder", {})


async def test_a_machine_is_called_again_where_that_is_wanted(url: str) -> None:
    phone = FakePhone(url, [Outcome.VOICEMAIL])
    assert isinstance(await attempt(phone, ", voicemail: later"), Later)
    assert phone.hung_up == [phone.dialled[0][3]]


async def test_who_cannot_be_reached_is_tried_again_and_who_may_not_be_never(url: str) -> None:
    for outcome in (Outcome.BUSY, Outcome.NO_ANSWER, Outcome.REJECTED, Outcome.FAILED, Outcome.HELD):
        assert await attempt(FakePhone(url, [outcome])) == Later(str(outcome))
    assert await attempt(FakePhone(url, [Outcome.UNREACHABLE])) == Refused("unreachable")
    assert await attempt(FakePhone(url, [Outcome.REFUSED])) == Refused("refused: because")
    wrong = await attempt(FakePhone(url, [SoftswitchError("no such plan")]))
    assert wrong == Later("no such plan")


async def test_a_node_that_drains_dials_nothing_and_loses_no_attempt(url: str) -> None:
    known = integrations("actions:\n  ring: {kind: call_back}\n")
    settings = known.find("shop", "ring")
    assert settings
    result = await attempt(FakePhone(url, [NotNow("the node drains")]))
    assert isinstance(result, Later)
    outcome = _outcome(action(400), settings, result)
    assert (outcome.state, outcome.counts, outcome.wait_s) == ("failed", False, 10.0)
    without = await Registry(Means(known)).run(action(), settings)
    assert isinstance(without, Later)
    assert not without.counts


async def test_busy_people_are_called_again_minutes_later_for_a_day(url: str) -> None:
    known = integrations("actions:\n  ring: {kind: call_back}\n")
    settings = known.find("shop", "ring")
    assert settings
    waits = [_outcome(action(n), settings, Later("busy")) for n in range(1, 60)]
    assert 150 <= waits[0].wait_s <= 300
    assert waits[10].wait_s >= 1800
    assert waits[-1].state == "dead"


async def test_a_call_that_was_answered_is_not_made_again_though_nobody_wrote_down_that_it_is_done(
    url: str,
) -> None:
    call_id = promised_calls.new_call_id(KEY)
    await recorded(url, call_id, by="person")
    phone = FakePhone(url, [])
    assert await attempt(phone, attempts=2) == Done({"call_id": call_id, "answered_by": "person"})
    # A control process that took the call up again knew no more than that it was answered.
    other = promised_calls.new_call_id(KEY)
    await recorded(url, other, by="", over=False)
    assert await attempt(phone, attempts=2) == Done({"call_id": other, "answered_by": "unknown"})


async def test_a_call_that_nobody_answered_is_made_again(url: str) -> None:
    await recorded(url, promised_calls.new_call_id(KEY))
    phone = FakePhone(url, [Outcome.PERSON])
    assert isinstance(await attempt(phone, attempts=2), Done)


async def test_a_machine_that_answered_before_is_no_conversation_where_it_is_called_again(url: str) -> None:
    await recorded(url, promised_calls.new_call_id(KEY), by="voicemail")
    phone = FakePhone(url, [Outcome.PERSON])
    assert isinstance(await attempt(phone, ", voicemail: later", attempts=2), Done)
    assert len(phone.dialled) == 1


async def test_while_a_line_of_an_attempt_before_is_up_nothing_is_dialled_but_not_for_ever(url: str) -> None:
    await recorded(url, promised_calls.new_call_id(KEY), over=False)
    result = await attempt(FakePhone(url, []), attempts=2)
    assert isinstance(result, Later)
    assert not result.counts
    other = idempotency_key("", "queue:2")
    await recorded(url, promised_calls.new_call_id(other), over=False, at=time.time() - LOST_S - 1)
    assert [call.over for call in promised_calls.made(url, other)] == [False]


async def test_calls_of_others_are_none_of_it(url: str) -> None:
    await recorded(url, uuid.uuid4().hex, by="person")
    await recorded(url, promised_calls.new_call_id(idempotency_key("", "queue:3")), by="person")
    assert promised_calls.made(url, KEY) == []


def test_the_settings_are_checked(tmp_path: Path) -> None:
    known = integrations("actions:\n  ring: {kind: call_back, number: '{caller_number}', ring_for: 20s}\n")
    settings = known.find("any", "ring")
    assert settings
    assert {field.name for field in settings.fields} == {"caller_number", "plan"}
