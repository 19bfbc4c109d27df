"""What a real call promised is done by the node: once, though its processes are killed, and read anew."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import plan_files
import pytest
from acting import Receiver
from node import SOFTSWITCH, Node, wait_for
from plan_files import ENDING, REST
from rawsip import Phone
from stopwatch import Stopwatch

from softswitch.store.outbox import looking
from softswitch.store.outbox.looking import Entry, Filter

PLAN = """
name: shop
start: order
variables:
  item: {type: text, value: paper}
actions:
  place_order: {arguments: [item], order_by: item}
  tell_nobody: {arguments: item}
"""
FLOW = """
steps:
  order:
    do: {action: place_order, next: tell}
  tell:
    do: {action: tell_nobody, next: noted}
  noted:
    say: I have noted it.
    listen: {dtmf: {"1": closing}}
"""
FILES = {"plan.yaml": PLAN + REST, "flows/main.yaml": FLOW + ENDING}


@dataclass
class Shop:
    node: Node
    receiver: Receiver
    actions: Path

    def entry(self, name: str, *states: str) -> Entry:
        """The newest action of that name, once it is in one of these states."""

        def found() -> Entry | None:
            entries = looking.listed(self.node.database_url, Filter(name=name), 1)
            return entries[0] if entries and entries[0].state in states else None

        entry = wait_for(found, f"{name} is {' or '.join(states)}", 20.0)
        assert isinstance(entry, Entry)
        return entry

    def call(self) -> None:
        """A whole call, after which one more of each action is promised."""
        before = self._promised()
        with Phone(self.node.sip_port) as phone:
            assert phone.invite() == 200
            wait_for(lambda: self._promised() == before + 2, "both actions are promised")
            phone.bye()

    def _promised(self) -> int:
        return len(looking.listed(self.node.database_url, Filter(), 100))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    plan = plan_files.write(folder / "plan", FILES)
    actions = folder / "actions.yaml"
    with Receiver() as receiver:
        write(actions, receiver)
        settings = f"dialplan={plan}", f"actions_file={actions}"
        with Node(folder / "node", prompts, *settings) as node:
            yield Shop(node, receiver, actions)
            print(node.log)


def write(path: Path, receiver: Receiver, more: str = "") -> None:
    integration = f"{{kind: http, url: '{receiver.url}/orders', json: {{item: '{{item}}'}}, timeout: 60s}}"
    path.write_text(f"hosts: 127.0.0.1\nactions:\n  place_order: {integration}\n{more}")


@pytest.mark.slow
def test_what_a_caller_was_promised_is_done_and_what_nobody_does_waits(shop: Shop) -> None:
    watch = Stopwatch()
    shop.call()
    done = shop.entry("place_order", "done")
    (asked,) = shop.receiver.requests
    assert json.loads(asked["body"]) == {"item": "paper"}
    assert asked["headers"]["idempotency-key"] == done.idempotency_key
    assert (done.plan, done.call_id) == ("shop", shop.node.calls(limit=1)[0].call_id)
    assert shop.entry("tell_nobody", "queued").attempts == 0
    assert "nothing does shop.tell_nobody: they are noted and wait" in shop.node.log
    figures = shop.node.metrics()
    assert figures['softswitch_action_attempts_total{action="place_order",result="done"}'] == 1
    assert figures["softswitch_action_wait_seconds_count"] == 1
    assert figures["softswitch_action_wait_seconds_sum"] < 2.0 + watch.withheld_s


@pytest.mark.slow
def test_an_action_whose_worker_is_killed_is_done_by_the_next_and_counts_once(shop: Shop) -> None:
    shop.receiver.requests.clear()
    shop.receiver.effects.clear()
    shop.receiver.delay_s = 60.0
    shop.call()
    wait_for(lambda: shop.receiver.requests, "the action is under way")
    shop.receiver.delay_s = 0.0
    shop.node.kill_control()
    entry = shop.entry("place_order", "done")
    assert entry.attempts == 2
    assert len(shop.receiver.requests) == 2
    assert shop.receiver.effects == {"/orders": 1}


@pytest.mark.slow
def test_an_integration_that_is_added_while_the_node_runs_does_what_has_waited(shop: Shop) -> None:
    shop.entry("tell_nobody", "queued")
    write(shop.actions, shop.receiver, "  tell_nobody: {kind: fax}\n")
    wait_for(lambda: "is refused, the one before stays" in shop.node.log, "the mistake is told")
    write(shop.actions, shop.receiver, "  tell_nobody: {kind: log}\n")
    shop.entry("tell_nobody", "done")


def test_the_check_of_a_dialplan_tells_what_nothing_does_and_what_is_not_given(tmp_path: Path) -> None:
    plan = plan_files.write(tmp_path / "plan", FILES)
    text = "place_order: {kind: http, url: 'https://a.example.com/{number}', json: {a: '{item}'}}"
    (tmp_path / "actions.yml").write_text(f"hosts: a.example.com\nactions:\n  {text}\n")
    settings = ["--set", f"actions_file={tmp_path}/actions.yml"]
    command = [str(SOFTSWITCH), *settings, "dialplan", "check", "--no-ear", "--json", str(plan)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    errors = [
        f"{each['line']}: {each['message']}" for each in told["problems"] if "actions.yml" in each["message"]
    ]
    warnings = [
        f"{each['line']}: {each['message']}" for each in told["warnings"] if each["rule"] == "no-integration"
    ]
    assert errors == [
        f"7: {tmp_path}/actions.yml asks for {{number}} of 'place_order', which is not among its arguments"
    ]
    assert warnings[0].startswith("8: nothing does 'tell_nobody'")
