"""Real calls whose questions the dialplan has no words for: thought, remembered, and bad days."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from llm import LlmBeside
from node import Node, wait_for
from rawsip import Phone

from softswitch.replay.scripted_llm import Answer
from softswitch.store.queries import CallHistory

PLAN = """
name: shop
start: start
answers:
  instructions: You are the telephone of a flower shop.
  remember: 1h
universal:
  on: {human: person}
human: sip:desk@127.0.0.1
repair: {no_input: Hello?, no_match: Pardon?, then: closing}
"""
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
  person:
    say: One moment.
    transfer: {to: human, failed: closing}
  closing:
    say: Goodbye.
    hangup: yes
"""
HOURS = "We open at nine. We close at six on all days but Sunday."
FILES = {
    "plan.yaml": PLAN,
    "flows/main.yaml": FLOW,
    "intents/opening_hours.yaml": "sentences: [opening hours]",
    "intents/delivery.yaml": "sentences: [delivery]",
    "knowledge/shop.md": "# Opening hours\n\nFrom 9:00 to 18:00, not on Sundays.",
}


@dataclass
class Shop:
    node: Node
    llm: LlmBeside

    def ask(self, key: str, said: str) -> CallHistory:
        """A call in which that key is pressed, until so much was said; its record."""
        with Phone(self.node.sip_port) as phone:
            assert phone.invite() == 200
            (call,) = self.node.wait_for_calls(1, live=True)
            phone.key(key)
            wait_for(lambda: said in self.said(call.call_id), f"'{said}' is said", 20)
            phone.bye()
        wait_for(lambda: not self.node.calls(live=True), "the call has ended")
        return self.node.history(call.call_id)

    def said(self, call_id: str) -> str:
        return " | ".join(turn.said for turn in self.node.history(call_id).turns)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (folder / "plan" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "plan" / path).write_text(text)
    with LlmBeside([Answer("opening", HOURS)]) as llm:
        settings = (
            *(f"dialplan={folder / 'plan'}", f"llm.main.url={llm.server.url}"),
            *("llm.main.model=scripted", "llm.main.first_piece=1s"),
        )
        with Node(folder / "node", prompts, *settings) as node:
            yield Shop(node, llm)
            print(node.log)


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
    wait_for(lambda: shop.node.metrics()["softswitch_answers_remembered"] == 1, "the answer is known again")
    assert HOURS in shop.ask("1", HOURS).turns[1].said
    assert len(shop.llm.server.asked) == asked
