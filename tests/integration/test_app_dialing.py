"""The dialer between a fake gateway and a real database: whatever happens when, the records are right."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import plan_files
import pytest
from fakes import FakeEndpointer, FakeLine, FakeRecognizer, FakeVoice
from small_plan import FILES

from softswitch.app.dialing import placing
from softswitch.app.dialing.dialer import Dialer, NotNow
from softswitch.app.dialing.outcome import Outcome, Report
from softswitch.app.dialplans import Admission, Dialplans, Loaded
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError
from softswitch.events import CallConfirmed, CallEnded, CallInfo, CallProgress, Cause, EndedBy, LegEvent
from softswitch.gateway import messages
from softswitch.gateway.messages import Hangup, Originate
from softswitch.news import (
    Announced,
    CallAnswered,
    CallFinished,
    CallStarted,
    DiallingHeld,
    DiallingStopped,
    SessionEvent,
    StateSaved,
)
from softswitch.ports import Voice
from softswitch.sections.database import Database
from softswitch.sections.dialing import Dialing
from softswitch.session.parts import Parts
from softswitch.store import dialled, migrate
from softswitch.store.engine import transaction
from softswitch.store.tables import dialled as rows
from softswitch.trunks.selection import Route
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

NUMBER = "+442079460123"
SILENT_S = 2.5  # then whoever answered is spoken to


def route(name: str) -> Route:
    trunk = Trunk.model_validate({"name": name, "kind": "ip", "hosts": ["192.0.2.1"]})
    return Route(trunk, Target("192.0.2.1", "192.0.2.1", 5060, "udp"))


@dataclass
class Around:
    """What stands around the dialer, and what it made of it."""

    sent: list[messages.Message] = field(default_factory=list)
    events: list[SessionEvent] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)
    adopted: list[Admission] = field(default_factory=list)
    learned: list[tuple[str, int]] = field(default_factory=list)
    ways: list[Route] = field(default_factory=lambda: [route("a"), route("b")])
    remembered: dict[str, str] = field(default_factory=dict)
    away: str = ""

    def routes(self, number: str) -> list[Route]:
        return self.ways

    def tried(self, way: Route, status: int, reason: str) -> None:
        self.learned.append((way.trunk.name, status))

    def send(self, message: messages.Message) -> None:
        self.sent.append(message)

    def emit(self, event: SessionEvent) -> None:
        self.events.append(event)

    def announce(self, event: Announced) -> None:
        self.announced.append(event)

    def adopt(self, line: object, admission: Admission, voice: Voice) -> None:
        self.adopted.append(admission)
        self.voice = voice

    def calls_on(self, trunk: str) -> int:
        return 0

    def recall(self, plan: str, number: str) -> Awaitable[dict[str, str]]:
        assert (plan, number) == ("small", NUMBER)
        return asyncio.sleep(0, self.remembered)

    def kinds(self) -> list[type[SessionEvent]]:
        return [type(event) for event in self.events]


class Setup:
    def __init__(self, folder: Path, **settings: object) -> None:
        plan_files.write(folder, FILES)
        self.url = f"sqlite:///{folder / 'records.db'}"
        migrate.upgrade(self.url)
        self.around = Around()
        plan = loader.load(folder, None)
        recognizers = {"en": FakeRecognizer()}
        parts = Parts(recognizers, FakeVoice(), FakeEndpointer, self.around.emit, frozenset({"size"}))
        self.loaded = Loaded("", plan, cast(Any, FakeVoice()), parts)
        dialing = Dialing(prefixes=("+44",), ring_timeout=5.0, answer_within=1.0, **cast(Any, settings))
        config = Config(database=Database(url=self.url), dialing=dialing, node="here", data_dir=folder)
        self.dialer = Dialer(config, Dialplans([self.loaded]), self.around, self.around)
        self.progress: list[dict[str, Any]] = []

    def dial(self, number: str = NUMBER, **order: Any) -> asyncio.Task[Report]:
        tell = self.progress.append
        return asyncio.create_task(
            self.dialer.dial(number, "small", order.pop("context", {}), on_progress=tell, **order)
        )

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"it never came: {self.around}")

    async def invite(self, number: int = 1) -> Originate:
        """The `number`th INVITE, offered as the gateway does."""
        made = lambda: [message for message in self.around.sent if isinstance(message, Originate)]  # noqa: E731
        await self.until(lambda: len(made()) >= number)
        order = made()[number - 1]
        info = CallInfo(
            order.call_id,
            f"sip{number}",
            order.from_uri,
            order.uri,
            "192.0.2.1:5060",
            1.0,
            order.trunk,
            "out",
        )
        self.line = FakeLine(info)
        assert self.dialer.on_offer(cast(Any, self.line), False, "")
        return order

    async def happen(self, order: Originate, *events: LegEvent) -> None:
        for event in events:
            self.dialer.on_event(order.call_id, event)
        await asyncio.sleep(0.01)

    def hear(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.line.uplink.append(bytes(320))
            self.dialer.on_tick()

    def lose_database(self) -> None:
        Path(self.url.removeprefix("sqlite:///")).unlink()

    def row(self) -> Any:
        with transaction(self.url) as connection:
            return connection.execute(rows.select()).one()


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[Setup]:
    yield Setup(tmp_path)


def over(status: int, cause: int = Cause.NORMAL_UNSPECIFIED, by: EndedBy = EndedBy.CALLER) -> CallEnded:
    return CallEnded(cause, status, by)


async def test_a_call_is_counted_before_anything_is_sent(setup: Setup):
    dialling = setup.dial()
    await setup.until(lambda: setup.around.sent)
    assert (setup.row().number, setup.row().trunk, setup.row().node) == (NUMBER, "a", "here")
    order = await setup.invite()
    await setup.happen(order, over(486))
    assert (await dialling).outcome is Outcome.BUSY


async def test_an_answered_call_goes_to_its_dialplan_with_what_is_known(setup: Setup):
    setup.around.remembered = {"size": "small", "pin": "1234"}
    dialling = setup.dial("020 7946 0123", context={"state": "as told"})
    order = await setup.invite()
    await setup.happen(order, CallProgress(180), CallConfirmed("PCMA"))
    setup.hear(SILENT_S)
    report = await dialling
    assert (report.outcome, report.trunk, report.number) == (Outcome.UNKNOWN, "a", NUMBER)
    (admission,) = setup.around.adopted
    known = {"called_number": NUMBER, "direction": "out", "trunk": "a", "state": "as told", "size": "small"}
    assert known.items() <= dict(admission.facts).items()
    assert admission.facts["answered_by"] == "unknown"
    assert "pin" not in admission.facts  # it is not for remembering
    assert setup.around.kinds() == [CallStarted, StateSaved, CallAnswered]
    assert (setup.loaded.calls, setup.dialer.dialling) == (1, 0)
    await setup.happen(order, over(200))
    assert (await setup.dialer.ended(order.call_id)).sip_status == 200


async def test_a_bug_after_the_answer_leaves_nobody_on_the_line(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delattr(Around, "adopt")
    dialling = setup.dial()
    order = await setup.invite()
    await setup.happen(order, CallConfirmed("PCMA"))
    setup.hear(SILENT_S)
    await dialling
    await setup.until(lambda: setup.line.hung_up is Cause.NORMAL_CLEARING)
    await setup.happen(order, over(200))
    assert setup.around.kinds() == [CallStarted, StateSaved, CallAnswered, CallFinished]


async def test_the_next_way_is_gone_under_the_same_id(setup: Setup):
    dialling = setup.dial()
    first = await setup.invite(1)
    await setup.happen(first, over(503))
    second = await setup.invite(2)
    assert (first.trunk, second.trunk, first.call_id) == ("a", "b", second.call_id)
    await setup.happen(second, over(404))
    assert (await dialling).outcome is Outcome.UNREACHABLE
    assert setup.around.learned == [("a", 503), ("b", 404)]
    started = [event for event in setup.around.events if isinstance(event, CallStarted)]
    assert [event.info.sip_call_id for event in started] == ["sip1", "sip2"]
    assert len({event.info.started_at for event in started}) == 1
    assert setup.around.kinds()[-1] is CallFinished
    assert setup.loaded.calls == 0


async def test_a_call_that_the_gateway_has_no_room_for_is_recorded_too(setup: Setup):
    dialling = setup.dial()
    await setup.until(lambda: setup.around.sent)
    (order,) = cast(list[Originate], setup.around.sent)
    await setup.happen(order, over(503, Cause.NO_CIRCUIT, EndedBy.NODE))
    assert (await dialling).cause == Cause.NO_CIRCUIT
    assert setup.around.kinds() == [CallStarted, StateSaved, CallFinished]


async def test_who_stops_waiting_hangs_up(setup: Setup):
    dialling = setup.dial()
    order = await setup.invite()
    await setup.happen(order, CallProgress(180))
    dialling.cancel()
    await setup.until(lambda: Hangup(order.call_id, Cause.NORMAL_CLEARING) in setup.around.sent)
    await setup.happen(order, over(487, Cause.NORMAL_CLEARING, EndedBy.NODE))
    await setup.until(lambda: not setup.dialer.dialling)
    assert setup.around.kinds()[-1] is CallFinished


async def test_who_stops_waiting_before_anything_was_sent_sends_nothing(setup: Setup):
    dialling = setup.dial()
    await asyncio.sleep(0)
    assert setup.dialer.dialling == 1
    dialling.cancel()
    await setup.until(lambda: not setup.dialer.dialling)
    assert not [message for message in setup.around.sent if isinstance(message, Originate)]
    assert setup.around.kinds()[-1] is CallFinished  # it was counted, so it ends
    assert setup.loaded.calls == 0


async def test_a_call_that_ends_before_it_is_known_who_answered_was_answered(setup: Setup):
    dialling = setup.dial()
    order = await setup.invite()
    await setup.happen(order, CallConfirmed("PCMU"))
    setup.hear(0.5)
    await setup.happen(order, over(200))
    assert (await dialling).outcome is Outcome.UNKNOWN
    assert setup.around.kinds()[-2:] == [CallAnswered, CallFinished]
    assert setup.around.adopted == []
    assert setup.loaded.calls == 0


async def test_an_answer_that_came_while_the_gateway_was_away_is_not_lost(setup: Setup):
    dialling = setup.dial()
    await setup.invite()
    assert setup.dialer.on_offer(cast(Any, setup.line), True, "PCMU")
    await asyncio.sleep(0.01)
    setup.hear(SILENT_S)
    assert (await dialling).outcome is Outcome.UNKNOWN


async def test_calls_of_a_gateway_that_died_have_failed(setup: Setup):
    dialling = setup.dial()
    await setup.invite()
    setup.dialer.on_ready(set())
    report = await dialling
    assert (report.outcome, report.status) == (Outcome.FAILED, 0)
    assert len([message for message in setup.around.sent if isinstance(message, Originate)]) == 1


async def test_a_gateway_that_says_nothing_is_not_waited_for_for_ever(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(placing, "GRACE_S", -5.9)
    assert (await setup.dial()).outcome is Outcome.FAILED
    assert isinstance(setup.around.sent[-1], Hangup)  # if it has the call after all, nobody is there for it


async def test_what_a_process_that_died_was_dialling_is_given_up_and_closed(setup: Setup):
    info = replace(FakeLine().info, direction="out")
    line = FakeLine(info)
    assert setup.dialer.on_offer(cast(Any, line), False, "")
    assert line.hung_up is Cause.NORMAL_CLEARING
    setup.dialer.on_event(info.call_id, over(487))
    assert setup.around.kinds() == [CallFinished]
    assert not setup.dialer.on_offer(cast(Any, line), True, "PCMU")  # in conversation: others take it up
    assert not setup.dialer.on_offer(cast(Any, FakeLine()), False, "")  # it came in


async def test_rows_that_a_process_left_open_are_closed(setup: Setup):
    dialled.admit(setup.url, "d" * 32, NUMBER, "a", "here", ())
    setup.dialer.on_ready(set())
    await setup.until(lambda: setup.row().ended_at)


async def test_a_hold_of_another_node_holds_here(tmp_path: Path):
    setup = Setup(tmp_path, calls_per_number=1)
    caps = setup.dialer.guard._caps
    dialled.admit(setup.url, "d" * 32, NUMBER, "a", "there", caps)
    report = await setup.dial()
    assert (report.outcome, setup.around.sent) == (Outcome.HELD, [])
    assert setup.dialer.guard.held == {NUMBER}
    assert (await setup.dial()).outcome is Outcome.HELD
    assert setup.around.kinds() == [DiallingHeld]  # told once
    (stopped,) = setup.around.announced
    assert isinstance(stopped, DiallingStopped)
    assert (stopped.scope, stopped.reason) == (NUMBER, "the cap of 1 call to one number in a day is reached")
    assert setup.dialer.outcomes == {"held": 2}
    assert setup.loaded.calls == 0


@pytest.mark.parametrize("cap", ["minutes_per_minute", "minutes_per_hour", "minutes_per_day"])
async def test_minutes_of_a_call_that_is_still_up_stop_dialling_and_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cap: str
):
    setup = Setup(tmp_path, **{cap: 1})
    dialled.admit(setup.url, "d" * 32, NUMBER, "a", "here", ())
    with transaction(setup.url, writes=True) as connection:
        dialled.answered(connection, "d" * 32, time.time() - 90)
    keeping = asyncio.create_task(setup.dialer.guard.keep())
    await setup.until(lambda: setup.around.announced)
    keeping.cancel()
    (stopped,) = setup.around.announced
    assert isinstance(stopped, DiallingStopped)
    assert stopped.scope == cap
    assert setup.dialer.guard.held == {cap}
    assert f"DIALLING IS HELD ({cap})" in caplog.text
    assert (await setup.dial("+442079460999")).outcome is Outcome.HELD
    assert setup.around.sent == []


async def test_nothing_is_dialled_while_the_database_is_away(setup: Setup):
    setup.lose_database()
    with pytest.raises(SoftswitchError, match="There is no database"):
        await setup.dial()
    assert setup.around.sent == []
    assert setup.loaded.calls == 0


async def test_nothing_is_dialled_while_the_gateway_is_away_or_the_node_drains(setup: Setup):
    setup.around.away = "the gateway is away"
    with pytest.raises(SoftswitchError, match="the gateway is away"):
        await setup.dial()
    setup.around.away = ""
    setup.dialer.close()
    with pytest.raises(SoftswitchError, match="drains"):
        await setup.dial()


async def test_what_rings_when_the_node_begins_to_drain_is_not_tried_elsewhere(setup: Setup):
    dialling = setup.dial()
    order = await setup.invite()
    setup.dialer.close()
    await setup.happen(order, over(503))
    assert (await dialling).outcome is Outcome.FAILED
    assert setup.around.learned == [("a", 503)]


async def test_who_promised_a_call_chooses_its_number_and_is_told_when_it_is_only_not_now(setup: Setup):
    dialling = setup.dial(call_id="c" * 32)
    order = await setup.invite()
    assert order.call_id == "c" * 32
    await setup.happen(order, over(486))
    report = await dialling
    assert (report.outcome, report.call_id) == (Outcome.BUSY, "c" * 32)
    setup.dialer.close()
    with pytest.raises(NotNow, match="drains"):
        await setup.dial()
