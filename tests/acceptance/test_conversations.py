"""Whole conversations over real SIP: `softswitch call` speaks, the node hears, answers and records."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from node import SOFTSWITCH, Node

from softswitch.config import bundled
from softswitch.news import TurnFinished

pytestmark = pytest.mark.quiet

SCRIPT = ("what are your opening hours", "where is my order", "one zero zero one", "goodbye")
INTENTS = ["", "hours", "order_status", "order_number", "goodbye"]


def call(node: Node, *arguments: str) -> dict[str, Any]:
    command = [str(SOFTSWITCH), "call", node.uri, "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def say(*sentences: str) -> list[str]:
    """Each over the end of the prompt before: callers who know what they want."""
    options = []
    for sentence in sentences:
        options += ["--barge-in-after", "1.5", "--say", sentence]
    return options


def turns(node: Node) -> tuple[TurnFinished, ...]:
    return node.history(node.calls()[0].call_id).turns


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        (),
        ("--noise", "white@20"),
        ("--voice", "espeak-ng:en-us"),
        ("--voice", "espeak-ng:en-us", "--noise", "white@20"),
    ],
    ids=["clean", "noise at 20 dB", "another voice", "another voice in noise"],
)
def test_a_conversation_is_understood_answered_and_recorded(node: Node, how: tuple[str, ...]) -> None:
    report = call(node, *how, *say(*SCRIPT))
    assert [turn["answered"] for turn in report["turns"]] == [True] * 4
    assert report["call"]["ended_by"] == "node"
    recorded = turns(node)
    assert [turn.intent for turn in recorded] == INTENTS
    assert recorded[3].said.startswith("Order 1 0 0 1 is ready.")
    assert node.calls()[0].cause == 16


@pytest.mark.slow
def test_keys_serve_as_well_as_words(node: Node) -> None:
    report = call(node, "--dtmf", "3", "--dtmf", "1002", "--dtmf", "2")
    assert report["ok"]
    recorded = turns(node)
    assert [(turn.via, turn.heard) for turn in recorded[1:]] == [
        ("dtmf", "3"),
        ("dtmf", "1002"),
        ("dtmf", "2"),
    ]
    assert "is on its way to us" in recorded[2].said


@pytest.mark.slow
def test_a_caller_who_keys_in_noise_hears_the_whole_answer_and_may_speak_then(node: Node) -> None:
    """His phone sends no audio while it sends a key; the noise that comes back is no input of his."""
    report = call(node, "--noise", "white@25", "--dtmf", "3", "--dtmf", "1002", "--say", "goodbye")
    assert report["ok"]
    recorded = turns(node)
    inputs = [(turn.via, turn.intent, turn.heard) for turn in recorded[1:]]
    assert inputs == [
        ("dtmf", "order_status", "3"),
        ("dtmf", "order_number", "1002"),
        ("speech", "goodbye", "goodbye"),
    ]
    assert [turn.said_heard for turn in recorded[1:3]] == [turn.said for turn in recorded[1:3]]


@pytest.mark.slow
def test_the_record_says_how_much_of_a_prompt_was_really_heard(node: Node) -> None:
    report = call(node, *say("what are your opening hours", "goodbye"))
    greeting, hours, _ = turns(node)
    assert 1.0 < greeting.said_heard_s < 2.5
    assert greeting.said.startswith(greeting.said_heard)
    assert len(greeting.said_heard.split()) < len(greeting.said.split())
    assert hours.said_heard_s < hours.said_s - 2
    assert all(turn["barge_in_ms"] for turn in report["turns"])


@pytest.mark.slow
def test_a_caller_who_never_says_a_word_is_hung_up_on_politely(
    start_node: Callable[..., Node], tmp_path: Path
) -> None:
    plan = shutil.copytree(bundled("dialplans") / "reception", tmp_path / "impatient")
    text = (plan / "plan.yaml").read_text()
    (plan / "plan.yaml").write_text(text.replace("no_input_timeout: 6s", "no_input_timeout: 1s"))
    node = start_node(f"dialplan={plan}")
    call(node, "--wait", "30")
    assert [turn.via for turn in turns(node)] == ["start", "silence", "silence"]
    assert node.calls()[0].ended_by == "node"


@pytest.mark.slow
def test_ipv6_serves_as_well(start_node: Callable[..., Node]) -> None:
    node = start_node("sip.address=::1")
    command = [str(SOFTSWITCH), "call", f"sip:[::1]:{node.sip_port}", "--json", *say("goodbye")]
    report = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert report["ok"]
    assert node.calls()[0].source.startswith("[::1]:")
