"""A node that answers its callers' questions with a scripted model; dialplans named shop run on it."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import plan_files
from llm import LlmBeside
from node import Node, wait_for
from rawsip import Phone

from softswitch.replay.scripted_llm import Answer
from softswitch.store.queries import CallHistory

HOURS = "We open at nine. We close at six on all days but Sunday."
ANSWERS = """
name: shop
start: start
answers:
  instructions: You are the telephone of a flower shop.
  remember: 1h
"""
"""How plan.yaml begins."""
FILES = {
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
            wait_for(lambda: self.node.history(call.call_id).turns, "the greeting was heard")
            phone.key(key)
            wait_for(lambda: said in self.said(call.call_id), f"'{said}' is said", 20)
            phone.bye()
        wait_for(lambda: not self.node.calls(live=True), "the call has ended")
        return self.node.history(call.call_id)

    def said(self, call_id: str) -> str:
        return " | ".join(turn.said for turn in self.node.history(call_id).turns)


@contextlib.contextmanager
def open_shop(folder: Path, prompts: Path, files: Mapping[str, str], *settings: str) -> Iterator[Shop]:
    """With this dialplan's files; the model knows the opening hours and nothing else."""
    plan = plan_files.write(folder / "plan", files)
    with LlmBeside([Answer("opening", HOURS)]) as llm:
        model = f"llm.main.url={llm.server.url}", "llm.main.model=scripted"
        with Node(folder / "node", prompts, f"dialplan={plan}", *model, *settings) as node:
            yield Shop(node, llm)
            print(node.log)
