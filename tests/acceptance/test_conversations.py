"""Whole conversations over real SIP: `softswitch call` speaks, the node hears, answers and records."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import small_plans
from node import SOFTSWITCH, Node, wait_for
from small_plans import Calling

from softswitch.news import TurnFinished
from softswitch.store.queries import CallRecord

REST = ("where is my order", "one zero zero one", "goodbye")
CLEAR = ("what are your opening hours", *REST)
NOISY = ("where can i park", *REST)
"""In noise the embedded ear takes the embedded voice's "your opening" for "zero parking" one time in five."""


def say(*sentences: str) -> tuple[str, ...]:
    """Each over the end of the prompt before: callers who know what they want."""
    return tuple(
        option for sentence in sentences for option in ("--barge-in-after", "1.5", "--say", sentence)
    )


ESPEAK, NOISE = ("--voice", "espeak-ng:en-us"), ("--noise", "white@20")
CALLERS = {
    "clean": say(*CLEAR),
    "noise": (*NOISE, *say(*NOISY)),
    "another-voice": (*ESPEAK, *say(*CLEAR)),
    "another-voice-in-noise": (*ESPEAK, *NOISE, *say(*NOISY)),
    "keys": ("--dtmf", "3", "--dtmf", "1002", "--dtmf", "2"),
    "keys-in-noise": ("--noise", "white@25", "--dtmf", "3", "--dtmf", "1002", "--say", "goodbye"),
}
"""What each says or keys, by the name that he calls."""


@dataclass
class Talk:
    """What a caller tells of his call, and what the node has recorded of it."""

    report: dict[str, Any]
    call: CallRecord
    turns: tuple[TurnFinished, ...]


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[dict[str, Talk]]:
    """Every caller's, two of them at a time: a node hardly notices."""
    found: dict[str, Talk] = {}
    with Node(tmp_path_factory.mktemp("conversations"), prompts) as node:
        names = iter(CALLERS)
        while two := list(islice(names, 2)):
            callings = {name: Calling(node, *CALLERS[name], to=name) for name in two}
            reports = {name: calling.wait(120) for name, calling in callings.items()}
            found |= {name: _talk(node, name, report) for name, report in reports.items()}
        yield found
        print(node.log)


def _talk(node: Node, name: str, report: str) -> Talk:
    def ended() -> CallRecord | None:
        return next((one for one in node.calls() if f"sip:{name}@" in one.to_uri and one.ended_at), None)

    call = wait_for(ended, f"the call to {name} is recorded: {report}")
    assert isinstance(call, CallRecord)
    return Talk(json.loads(report), call, node.history(call.call_id).turns)


@pytest.mark.slow
@pytest.mark.quiet
@pytest.mark.parametrize("caller", ["clean", "noise", "another-voice", "another-voice-in-noise"])
def test_a_conversation_is_understood_answered_and_recorded(talks: dict[str, Talk], caller: str) -> None:
    talk = talks[caller]
    assert [turn["answered"] for turn in talk.report["turns"]] == [True] * 4
    assert talk.report["call"]["ended_by"] == "node"
    asked = "parking" if "noise" in caller else "hours"
    assert [turn.intent for turn in talk.turns] == ["", asked, "order_status", "order_number", "goodbye"]
    assert talk.turns[3].said.startswith("Order 1 0 0 1 is ready.")
    assert talk.call.cause == 16


@pytest.mark.slow
@pytest.mark.quiet
def test_keys_serve_as_well_as_words(talks: dict[str, Talk]) -> None:
    talk = talks["keys"]
    assert talk.report["ok"]
    assert [(turn.via, turn.heard) for turn in talk.turns[1:]] == [
        ("dtmf", "3"),
        ("dtmf", "1002"),
        ("dtmf", "2"),
    ]
    assert "is on its way to us" in talk.turns[2].said


@pytest.mark.slow
@pytest.mark.quiet
def test_a_caller_who_keys_in_noise_hears_the_whole_answer_and_may_speak_then(talks: dict[str, Talk]) -> None:
    """His phone sends no audio while it sends a key; the noise that comes back is no input of his."""
    talk = talks["keys-in-noise"]
    assert talk.report["ok"]
    inputs = [(turn.via, turn.intent, turn.heard) for turn in talk.turns[1:]]
    assert inputs == [
        ("dtmf", "order_status", "3"),
        ("dtmf", "order_number", "1002"),
        ("speech", "goodbye", "goodbye"),
    ]
    assert [turn.said_heard for turn in talk.turns[1:3]] == [turn.said for turn in talk.turns[1:3]]


@pytest.mark.slow
@pytest.mark.quiet
def test_the_record_says_how_much_of_a_prompt_was_really_heard(talks: dict[str, Talk]) -> None:
    talk = talks["clean"]
    greeting, hours = talk.turns[:2]
    assert 1.0 < greeting.said_heard_s < 2.5
    assert greeting.said.startswith(greeting.said_heard)
    assert len(greeting.said_heard.split()) < len(greeting.said.split())
    assert hours.said_heard_s < hours.said_s - 2
    assert all(turn["barge_in_ms"] for turn in talk.report["turns"][:2])


IMPATIENT = """name: impatient
start: hello
timing: {no_input_timeout: 1s}
"""
IMPATIENT_STEPS = """
  hello:
    say: Welcome.
    listen: {dtmf: {"1": bye}}
"""


@pytest.mark.slow
def test_a_caller_who_never_says_a_word_is_hung_up_on_politely(
    start_node: Callable[..., Node], tmp_path: Path
) -> None:
    node = start_node(f"dialplan={small_plans.write(tmp_path / 'impatient', IMPATIENT, IMPATIENT_STEPS)}")
    with Calling(node, "--wait", "30") as calling:
        calling.wait()
    (call,) = node.wait_for_calls(1)
    turns = node.history(call.call_id).turns
    assert [turn.via for turn in turns] == ["start", "silence", "silence", "silence"]
    assert turns[-1].said == "Goodbye."
    assert call.ended_by == "node"


@pytest.mark.slow
def test_ipv6_serves_as_well(start_node: Callable[..., Node]) -> None:
    node = start_node("sip.address=::1")
    uri = f"sip:[::1]:{node.sip_port}"
    command = [str(SOFTSWITCH), "call", uri, "--json", *say("goodbye")]
    report = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert report["ok"]
    assert node.calls()[0].source.startswith("[::1]:")
