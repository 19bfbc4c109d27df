"""softswitch answer, on real SQLite and PostgreSQL; and questions asked ahead, by a real model's protocol."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.answer.answerer import Answerer, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.app.answering.thinker import PlanThinker
from softswitch.app.answering.warming import Warming
from softswitch.app.dialplans import Dialplans, Loaded
from softswitch.cli.answer_warm import _read
from softswitch.cli.root import softswitch
from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError
from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm
from softswitch.store import answers, migrate
from softswitch.store.engine import transaction

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
Run = Callable[..., Result]
NOW = time.time()


@pytest.fixture
def run(database_url: str) -> Run:
    """Answers 1 and 2 of shop, 3 of desk, in Spanish and a caller's own."""
    migrate.upgrade(database_url)
    with transaction(database_url, writes=True) as connection:
        for plan, key, more in (
            ("shop", "when you open", {}),
            ("shop", "you deliver", {"answer": "Yes.\x1b[2J"}),
            ("desk", "mi pedido", {"language": "es", "scope": "caller", "caller": "+441"}),
        ):
            answers.keep(connection, row(plan=plan, key=key, question=key) | more)
        answers.used(connection, {1: 7, 3: 2}, NOW)

    def run(*words: str, ok: bool = True, **more: Any) -> Result:
        before = ("--set", f"database.url={database_url}", "answer")
        ran = CliRunner().invoke(softswitch, [*before, *words], **more)
        assert (ran.exit_code == 0) == ok, f"{ran.output}{ran.exception!r}"
        return ran

    return run


def row(**more: Any) -> dict[str, Any]:
    return {
        "version": "v1",
        "language": "en",
        "intent": "",
        "answer": "At nine.",
        "scope": "plan",
        "fields": {},
        "known": ["today"],
        "caller": "",
        "made_at": NOW,
        "expires_at": NOW + 1000,
        **more,
    }


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", "--json", *words).output)["answers"]
    return found


def test_answers_are_listed_and_chosen_by_plan_state_and_language(run: Run) -> None:
    assert [each["id"] for each in listed(run)] == [3, 1, 2]
    assert [each["id"] for each in listed(run, "--plan", "shop", "--state", "new")] == [1, 2]
    assert [each["id"] for each in listed(run, "--language", "es", "--limit", "5")] == [3]
    assert "\x1b" not in run("list").output
    assert run("list", "--state", "approved").output == "no answers\n"


def test_one_answer_is_shown_with_when_it_is_given(run: Run) -> None:
    shown = run("show", "3").output
    assert "for caller +441 only" in shown and "nothing else is known than today" in shown
    assert "there is no answer 9" in str(run("show", "9", ok=False).exception)


def test_answers_are_approved_by_number_or_by_what_they_are(run: Run) -> None:
    assert run("approve", "1", "--for", "90d").output == "1 approved\n"
    assert listed(run, "--state", "approved")[0]["expires_at"] > NOW + 80 * 86_400
    assert run("approve", "--state", "new", input="n\n", ok=False).exit_code == 1
    assert json.loads(run("approve", "--state", "new", "--json").output) == {"approved": 2}
    assert "0 of 1 answers approved" in str(run("approve", "99", ok=False).exception)
    assert run("approve", ok=False).exit_code == run("approve", "1", "--plan", "x", ok=False).exit_code == 2


def test_a_forgotten_answer_is_kept_as_such_so_that_a_model_does_not_bring_it_back(
    run: Run, database_url: str
) -> None:
    run("forget", "--plan", "shop", "--yes")
    with transaction(database_url, writes=True) as connection:
        assert answers.keep(connection, row(plan="shop", key="you deliver", question="")) is None
    assert [each["id"] for each in listed(run, "--state", "forgotten")] == [1, 2]


def test_an_edited_answer_is_approved_and_must_be_speakable(run: Run) -> None:
    run("edit", "1", "-", input="We open\n at nine. \n")
    assert listed(run, "--state", "approved")[0]["answer"] == "We open at nine."
    for text in ("See **here**", "https://example.org", " ", "word " * 301):
        run("edit", "1", text, ok=False)
    run("edit", "9", "Yes.", ok=False)


def test_uses_are_counted_as_requests_avoided(run: Run) -> None:
    told = json.loads(run("stats", "--json").output)
    assert told["requests_avoided"] == 9
    assert [(each["plan"], each["uses"]) for each in told["answers"]] == [("desk", 2), ("shop", 7)]
    assert "requests avoided: 9" in run("stats").output


def test_a_file_of_questions_is_read_with_intents_and_without_comments(tmp_path: Path) -> None:
    file = tmp_path / "questions"
    file.write_text("# ahead\n\nDo you  deliver?\n@opening_hours\n@opening_hours When?\n")
    with file.open() as lines:
        assert [(each["question"], each["intent"]) for each in _read(lines)] == [
            ("Do you deliver?", ""),
            ("opening hours", "opening_hours"),
            ("When?", "opening_hours"),
        ]
    file.write_text("a" * 601)
    with file.open() as lines, pytest.raises(SoftswitchError, match="questions:1:"):
        list(_read(lines))


PLAN = """
name: shop
start: start
answers: {instructions: You are a flower shop.}
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


async def test_questions_asked_ahead_are_there_for_callers(tmp_path: Path) -> None:
    for name, text in (
        ("plan.yaml", PLAN),
        ("flows/main.yaml", FLOW),
        ("intents/delivery.yaml", "sentences: [delivery]"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    plan = loader.load(tmp_path)
    script = [Answer("deliver", "Yes, we do."), Answer("order", "It is on its way.", "caller")]
    async with ScriptedLlm(script, Moods(median=0.01, pace=0.001)) as server:
        llm = Llm(Model("main", server.url, "scripted"))
        thinker = PlanThinker(plan, Answerer(llm, Settings(remember=60)))
        parts = cast(Any, SimpleNamespace(thinker=thinker, remembers=()))
        warming = Warming(Dialplans([Loaded("shop", plan, cast(Any, None), parts)]))
        ahead = [
            {"question": "Do you deliver?"},
            {"question": "delivery", "intent": "delivery"},
            {"question": "where is my order"},
            {"question": "why"},
        ]
        told: list[dict[str, Any]] = []
        assert await warming.warm({"do": "answer.warm", "plan": "shop", "questions": ahead}, told.append) == 4
        assert sorted((each["question"], each["came"]) for each in told) == [
            ("Do you deliver?", "remembered"),
            ("delivery", "remembered"),
            ("where is my order", "not kept"),
            ("why", "unknown"),
        ]
        for wrong in (
            {"plan": "desk", "questions": []},
            {"plan": "shop", "questions": [{"question": "x", "intent": "none"}]},
            {"plan": "shop", "language": "fr", "questions": []},
            {"plan": "shop", "questions": [{"question": ""}]},
        ):
            with pytest.raises(SoftswitchError):
                await warming.warm(wrong, told.append)
        await llm.close()
