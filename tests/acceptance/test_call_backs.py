"""Calls that were promised, over real SIP: busy first, then answered; and a node that dies at the answer."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import plan_files
import pytest
from callees import Callee, Callees
from node import SOFTSWITCH, Node, wait_for

from softswitch.store.outbox import looking
from softswitch.store.outbox.looking import Entry, Filter

pytestmark = pytest.mark.slow
PLAN = {
    "plan.yaml": """\
name: reminder
language: en
country: GB
start: greeting
variables:
  guest: {type: text, value: nobody}
repair: {no_input: I heard nothing., no_match: Pardon?, then: bye}
human: sip:desk@127.0.0.1:9
""",
    "flows/main.yaml": """\
steps:
  greeting: {say: "Hello {guest}, you wanted to be called.", listen: {on: {human: person}, dtmf: {"1": bye}}}
  bye: {say: Goodbye., hangup: yes}
  person: {say: One moment., transfer: {to: human, failed: bye}}
""",
}
ACTIONS = """\
actions:
  ring:
    kind: call_back
    plan: reminder
    context: {guest: "{guest}"}
    retry: {first: 500ms, last: 500ms}
"""


@dataclass
class Lab:
    node: Node
    far: Callees
    settings: list[str]

    def promise(self, number: str) -> None:
        sets = [part for setting in self.settings for part in ("--set", setting)]
        command = [str(SOFTSWITCH), *sets, "queue", "add", "ring", f"number={number}", "guest=Jane"]
        subprocess.run(command, check=True, capture_output=True)

    def entry(self) -> Entry:
        return looking.listed(self.node.database_url, Filter(name="ring"), 1)[0]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("callbacks")
    plan_files.write(folder / "plan", PLAN)
    (folder / "actions.yaml").write_text(ACTIONS)
    with Callees() as far:
        trunk = f"{{name: far, kind: ip, hosts: '127.0.0.1:{far.port}', prefixes: +44}}"
        (folder / "trunks.yaml").write_text(f"trunks:\n  - {trunk}\n")
        settings = [
            f"dialplan={folder}/plan",
            f"trunks_file={folder}/trunks.yaml",
            f"actions_file={folder}/actions.yaml",
            "dialing.prefixes=+44",
            "dialing.calls_per_number=100",
            "dialing.calls_per_minute=200",
        ]
        with Node(folder / "node", prompts, *settings) as node:
            yield Lab(node, far, [*settings, f"database.url={node.database_url}"])
            print(node.log)


def test_who_is_busy_is_called_again_and_it_is_done_when_he_has_answered(lab: Lab) -> None:
    number = "+442079460201"
    lab.far.numbers[number] = Callee(486)
    lab.promise(number)
    wait_for(lambda: lab.far.calls_to(number), "he is called")
    wait_for(lambda: lab.entry().state == "failed", "he is busy")
    assert lab.entry().error.startswith("busy")
    lab.far.numbers[number] = Callee()
    wait_for(lambda: lab.entry().state == "done", "he has answered", 20.0)
    result = lab.entry().result or {}
    assert result["call_id"].startswith(lab.entry().idempotency_key[:16])
    turns = wait_for(
        lambda: lab.node.history(result["call_id"]).turns or lab.far.calls[-1].loud_at, "he is spoken to"
    )
    assert turns
    assert lab.entry().attempts == len(lab.far.calls_to(number))
    lab.far.calls[-1].over.set()


def test_a_node_that_dies_as_he_answers_does_not_call_him_twice(lab: Lab) -> None:
    number = "+442079460202"
    lab.far.numbers[number] = Callee()
    lab.promise(number)
    wait_for(lambda: any(call.answered_at for call in lab.far.calls_to(number)), "he has answered")
    lab.node.kill_control()
    wait_for(lambda: lab.entry().state == "done", "it is known that it is done", 40.0)
    assert len(lab.far.calls_to(number)) == 1
