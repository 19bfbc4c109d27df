"""Answers that are there when the hours begin: a clock that is set, real SQLite, a model's real protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from softswitch.answer import questions
from softswitch.answer.answerer import Answerer, Question, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.answer.book import Book
from softswitch.answer.breaker import Limits
from softswitch.answer.remembering import Remembered
from softswitch.app.answering import early
from softswitch.app.answering.early import Early
from softswitch.app.answering.thinker import PlanThinker
from softswitch.app.answering.wanted import most_wanted
from softswitch.app.dialplans import Dialplans, Loaded
from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError
from softswitch.publish.metrics import Metrics
from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm
from softswitch.store import answers, migrate
from softswitch.store.engine import transaction
from softswitch.thinking import Think

PLAN = """
name: shop
start: start
time_zone: Europe/London
hours: {open: [monday-friday 9:00-18:00]}
holidays: [12-25]
answers: {instructions: You are a flower shop., warm: 30m, at_once: 1}
human: sip:desk@127.0.0.1
repair: {no_input: Hello?, no_match: Pardon?, then: closing}
universal: {on: {human: person}}
"""
FLOW = """
steps:
  start:
    say: Hello.
    listen: {on: {delivery: asked}, otherwise: asked}
  asked:
    answer: {next: start, unknown: closing}
  person: {say: One moment., transfer: {to: human, failed: closing}}
  closing: {say: Bye., hangup: yes}
"""
SCRIPT = [Answer("deliver", "Yes, we do."), Answer("roses", "Every day."), Answer("parking", "Behind us.")]
SETTINGS = Settings(remember=86400, at_once=1, breaker=Limits(slow=60.0))
"""However busy this machine is, the model is no slow one."""
MONDAY = "2026-11-23 "


@dataclass
class Scene:
    """A shop's plan and its model; `kept` are the keys of new answers."""

    url: str
    folder: Path
    server: ScriptedLlm
    now: float = 0.0
    kept: list[str] = field(default_factory=list)
    book: Book = field(default_factory=Book)

    def __post_init__(self) -> None:
        self.llm = Llm(Model("main", self.server.url, "scripted", first_piece=60.0, between_pieces=60.0))
        self.dialplans = Dialplans([self.load()])
        self.early = self.node()

    def load(self) -> Loaded:
        plan = loader.load(self.folder)
        thinker = PlanThinker(plan, Answerer(self.llm, SETTINGS))
        thinker.answerer.remember(self.book, lambda asked, reply, expires_at: self.kept.append(asked.key))
        parts = cast(Any, SimpleNamespace(thinker=thinker, remembers=()))
        return Loaded("shop", plan, cast(Any, None), parts)

    def node(self) -> Early:
        return Early(self.url, self.dialplans, Metrics(), lambda: self.now)

    @property
    def thinker(self) -> PlanThinker:
        return cast(PlanThinker, self.dialplans.active[0].parts.thinker)

    def at(self, text: str) -> None:
        """The time of the clock, in UTC, which London has in winter."""
        self.now = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    async def go_on(self) -> None:
        """Until there is nothing to do."""
        while await self.early.step() < early.BUSY_S:
            pass

    def asked_before(self, *asked: str, **more: Any) -> None:
        with transaction(self.url, writes=True) as connection:
            for question in asked:
                answers.keep(connection, row(question) | more)


def row(question: str) -> dict[str, Any]:
    return {
        "plan": "shop",
        "version": "an older one",
        "language": "en",
        "key": questions.key(question, "en"),
        "question": question,
        "intent": "",
        "answer": "Once it was so.",
        "scope": "plan",
        "fields": {},
        "known": ["today"],
        "caller": "",
        "made_at": time.time(),
        "expires_at": time.time() + 1000,
    }


@asynccontextmanager
async def shop(folder: Path, plan: str = PLAN, script: Sequence[Answer] = SCRIPT) -> AsyncIterator[Scene]:
    url = f"sqlite:///{folder}/softswitch.db"
    migrate.upgrade(url)
    for name, text in (
        ("plan.yaml", plan),
        ("flows/main.yaml", FLOW),
        ("intents/delivery.yaml", "sentences: [delivery]"),
    ):
        (folder / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "shop" / name).write_text(text)
    async with ScriptedLlm(script, Moods(median=0.01, pace=0.001)) as server:
        scene = Scene(url, folder / "shop", server)
        try:
            yield scene
        finally:
            await scene.llm.close()


async def test_what_callers_asked_is_asked_ahead_of_each_opening_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before("parking", "deliver")
        with transaction(scene.url, writes=True) as connection:
            answers.used(connection, {1: 1, 2: 5}, time.time())
        for before in ("08:29:59", "09:00:00", "12:00:00"):
            scene.at(MONDAY + before)
            await scene.go_on()
        assert scene.server.asked == []
        scene.at(MONDAY + "08:30")
        await scene.go_on()
        assert scene.server.asked == ["deliver", "parking"] and scene.kept == [
            "deliver",
            questions.key("parking", "en"),
        ]
        assert scene.early.came == {"remembered": 2, "known": 0, "failed": 0}
        for later in (MONDAY + "08:45", MONDAY + "08:35", "2026-11-24 08:00", "2026-11-28 08:45"):
            scene.at(later)
            await scene.go_on()
        assert len(scene.server.asked) == 2
        scene.at("2026-11-24 08:59")
        await scene.go_on()
        assert len(scene.server.asked) == 4


async def test_a_holiday_has_no_opening_and_the_day_is_that_of_the_opening(tmp_path: Path) -> None:
    hours = PLAN.replace("monday-friday 9:00-18:00", "daily 0:10-18:00")
    async with shop(tmp_path, hours) as scene:
        scene.asked_before("deliver")
        scene.at("2026-12-24 23:50")
        await scene.go_on()
        assert scene.server.asked == []
        scene.at(MONDAY + "23:50")
        await scene.go_on()
        assert "2026-11-24" in str(scene.server.requests[0]["messages"])


async def test_a_plan_without_hours_is_told_that_nothing_is_asked_ahead(tmp_path: Path) -> None:
    async with shop(tmp_path, PLAN.replace("hours: {", "rules: {}\n# {")) as scene:
        told = [(each.rule, each.warning) for each in loader.inspect(scene.folder).problems]
        assert ("never-warmed", True) in told
        scene.asked_before("deliver")
        scene.at(MONDAY + "08:40")
        await scene.go_on()
        assert scene.server.asked == []


async def test_only_what_anybody_may_ask_again_is_asked(tmp_path: Path) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before("roses", "parking")
        scene.asked_before("my order", scope="caller", caller="+441")
        scene.asked_before("in white", key="first after 1234: in white")
        scene.asked_before("how much are roses", intent="delivery", key="delivery colour=red")
        scene.asked_before("mi pedido", language="es")
        answers.review(scene.url, [2], time.time(), state="forgotten")
        opening = datetime(2026, 11, 23, 9, tzinfo=UTC)
        plan = scene.dialplans.active[0].plan
        found = most_wanted(scene.url, plan, scene.thinker, opening)
        assert [question.asked.text for question in found] == ["roses"]


async def test_a_question_gives_way_to_a_caller_who_has_the_only_place_and_is_asked_afterwards(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before("deliver")
        scene.at(MONDAY + "08:40")
        scene.server.wait = 30.0
        ahead = asyncio.create_task(scene.early.step())
        while not scene.server.requests:
            await asyncio.sleep(0.01)
        scene.server.wait = 0.2
        answer = scene.thinker.answerer.answer(scene.thinker.question(Think("", "roses", "", (), "en"), {}))
        caller = asyncio.create_task(anext(answer.sentences))
        assert await ahead == await scene.early.step() == early.BUSY_S
        assert await caller == "Every day." and "deliver" not in scene.kept
        await answer.sentences.aclose()
        scene.server.wait = None
        await scene.go_on()
        assert scene.kept == ["rose", "deliver"]


async def test_it_stops_when_the_plan_is_replaced_and_the_new_one_is_warmed(tmp_path: Path) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before("deliver", "roses")
        scene.at(MONDAY + "08:40")
        scene.server.wait = 30.0
        ahead = asyncio.create_task(scene.early.step())
        while not scene.server.requests:
            await asyncio.sleep(0.01)
        (scene.folder / "knowledge").mkdir()
        (scene.folder / "knowledge/shop.md").write_text("# New\n\nWe deliver.\n")
        scene.dialplans.replace([scene.load()])
        await ahead
        scene.server.wait = None
        await scene.go_on()
        assert scene.server.asked.count("deliver") + scene.server.asked.count("roses") == 3
        assert sorted(scene.kept) == ["deliver", "rose"]


async def test_it_ends_with_the_opening_whatever_the_clock_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before("deliver", "roses", "parking")
        scene.at(MONDAY + "08:40")
        await scene.early.step()
        scene.at(MONDAY + "08:00")
        loop = asyncio.get_running_loop()
        real = loop.time
        with monkeypatch.context() as later:
            later.setattr(loop, "time", lambda: real() + 1201.0)
            await scene.go_on()
        assert len(scene.server.asked) == 1
        scene.early = scene.node()
        scene.at(MONDAY + "08:40")
        await scene.early.step()
        scene.at(MONDAY + "09:00")
        await scene.go_on()
        assert len(scene.server.asked) == 2


async def test_a_node_that_starts_late_begins_at_once_and_tries_again_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: list[Exception] = [RuntimeError("a bug"), SoftswitchError("the database is away")]

    def find(*about: Any) -> list[Question]:
        if troubles:
            raise troubles.pop()
        return most_wanted(*about)

    monkeypatch.setattr(early, "most_wanted", find)
    for name in ("LOOK_S", "PAUSE_S"):
        monkeypatch.setattr(early, name, 0.01)
    async with shop(tmp_path) as scene:
        scene.asked_before("deliver", "roses")
        scene.at(MONDAY + "08:55")
        running = asyncio.create_task(scene.early.run())
        async with asyncio.timeout(30):
            while len(scene.kept) < 2:
                await asyncio.sleep(0.01)
        running.cancel()
        assert not troubles and len(scene.server.asked) == 2


async def test_what_is_remembered_is_not_asked_again_nor_counted_as_used(tmp_path: Path) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before("deliver", "roses")
        used: list[Remembered] = []
        scene.thinker.answerer.remember(scene.book, lambda asked, reply, expires_at: None, used.append)
        version = scene.dialplans.active[0].plan.version
        known = row("deliver") | {"version": version, "known": frozenset(["today", "holiday"])}
        scene.book.put([Remembered(id=1, state="new", **known)])
        scene.at(MONDAY + "08:40")
        await scene.go_on()
        assert scene.server.asked == ["roses"] and used == []
        assert scene.early.came == {"known": 1, "remembered": 1, "failed": 0}


async def test_a_model_that_fails_is_left_alone_after_a_few_questions(tmp_path: Path) -> None:
    async with shop(tmp_path) as scene:
        scene.asked_before(*(f"roses {number}" for number in range(9)))
        scene.server.fault = "error"
        scene.at(MONDAY + "08:40")
        paused = [await scene.early.step() for _ in range(early.MOST_FAILED + 3)]
        assert set(paused) == {early.LOOK_S}
        assert scene.early.came["failed"] == early.MOST_FAILED and not scene.kept
