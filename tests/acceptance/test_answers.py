"""Real calls whose questions the dialplan has no words for: thought, remembered, and bad days."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flower_shop import ANSWERS, FILES, HOURS, Shop, open_shop
from node import wait_for
from plan_files import ENDING, REST

FLOW = """
steps:
  start:
    say: Hello.
    listen:
      on: {opening_hours: asked, delivery: asked}
      dtmf: {"1": opening_hours, "2": delivery}
  asked:
    answer: {next: more, unknown: nobody}
  more:
    say: Anything else?
    listen: {dtmf: {"1": closing}}
  nobody:
    say: I do not know that.
    next: more
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Shop]:
    files = FILES | {"plan.yaml": ANSWERS + REST, "flows/main.yaml": FLOW + ENDING}
    with open_shop(tmp_path_factory.mktemp("shop"), prompts, files, "llm.main.first_piece=1s") as shop:
        yield shop


def test_a_question_is_answered_by_the_model_then_from_memory_and_then_while_it_is_down(shop: Shop) -> None:
    assert f"{HOURS} Anything else?" in shop.ask("1", HOURS).turns[1].said
    knowledge = shop.llm.server.requests[0]["messages"][0]["content"]
    assert "From 9:00 to 18:00, not on Sundays." in knowledge
    wait_for(lambda: shop.node.metrics()["softswitch_answers_remembered"] == 1, "the answer is remembered")
    shop.llm.server.fault = "error"
    assert f"{HOURS} Anything else?" in shop.ask("1", HOURS).turns[1].said
    assert len(shop.llm.server.asked) == 1
    turns = shop.ask("2", "I do not know that.").turns
    assert [turn.via for turn in turns[:3]] == ["start", "dtmf", "thought"]
    assert "Anything else?" in turns[2].said
    shop.llm.server.fault = None


def test_what_nobody_knows_leads_where_the_dialplan_says(shop: Shop) -> None:
    turns = shop.ask("2", "I do not know that.").turns
    assert (turns[2].via, turns[2].heard) == ("thought", "unknown")


def test_remembered_answers_survive_a_crash_of_control(shop: Shop) -> None:
    asked = len(shop.llm.server.asked)
    shop.node.kill_control()
    wait_for(lambda: shop.node.http("/readyz") == 200, "control is back", 15)
    both = "the answer is known again, and what nobody knows"
    wait_for(lambda: shop.node.metrics()["softswitch_answers_remembered"] == 2, both)
    wait_for(lambda: shop.node.metrics()["softswitch_answers_unrendered"] == 0, "the answer is audio")
    assert HOURS in shop.ask("1", HOURS).turns[1].said
    assert len(shop.llm.server.asked) == asked
    metrics = shop.node.metrics()
    assert metrics['softswitch_said_total{how="again"}'] == 2, "as many as it has sentences"
    assert metrics['softswitch_said_total{how="anew"}'] == 0
