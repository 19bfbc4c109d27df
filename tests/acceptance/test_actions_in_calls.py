"""Over real calls: a caller waits for a slow server, hears a filler, then the truth; look-ups made ahead."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import plan_files
import pytest
from acting import Receiver
from node import Node, wait_for
from plan_files import ENDING, REST
from rawsip import Phone

from softswitch.news import TurnFinished
from softswitch.store.outbox import looking
from softswitch.store.outbox.looking import Filter

PLAN = """
name: shop
start: find
variables:
  item: {type: text, value: paper}
  order_number: {type: digits, length: 1-6}
  name: {type: text}
actions:
  place_order: {arguments: [item], result: order_number}
  find_customer: {kind: lookup, arguments: [item], result: name}
prefetch:
  - {action: find_customer}
filler: {after: 500ms, say: One moment please.}
"""
FLOW = """
steps:
  find:
    say: Welcome to the shop.
    lookup: {action: find_customer, within: 1s, found: known, not_found: order, late: order}
  known:
    say: Hello {name}.
    next: order
  order:
    do: {action: place_order, within: 2500ms, done: done, noted: noted, refused: refused}
  done:
    if: order_number is set
    then: numbered
    else: noted
  numbered:
    say: Your order is {order_number}.
    next: listening
  noted:
    say: I have noted it and it will be done.
    next: listening
  refused:
    say: It cannot be done.
    next: listening
  listening:
    say: Press one.
    listen: {dtmf: {"1": closing}}
"""
NUMBER, NAME = b'{"order": 17}', b'{"name": "Jane"}'
FILES = {"plan.yaml": PLAN + REST, "flows/main.yaml": FLOW + ENDING}


@dataclass
class Shop:
    node: Node
    orders: Receiver
    customers: Receiver

    def call(self) -> list[TurnFinished]:
        """The turns of a call until it listens."""
        with Phone(self.node.sip_port) as phone:
            assert phone.invite() == 200
            wait_for(lambda: "Press one." in self._said(), "the caller is asked", 15.0)
            phone.bye()
        call_id = self.node.calls(limit=1)[0].call_id
        wait_for(lambda: self.node.calls(limit=1)[0].ended_at, "the call is over")
        return list(self.node.history(call_id).turns)

    def _said(self) -> str:
        figures = self.node.metrics()
        return (
            "Press one." if figures.get('softswitch_steps_total{step="listening"}', 0) > self.before else ""
        )

    before: float = 0.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    plan = plan_files.write(folder / "plan", FILES)
    with Receiver() as orders, Receiver() as customers:
        orders.answers = lambda path, n: (200, {}, NUMBER)
        customers.answers = lambda path, n: (200, {}, NAME)
        (folder / "actions.yaml").write_text(
            "hosts: 127.0.0.1\nactions:\n"
            f"  place_order: {{kind: http, url: '{orders.url}/orders', result: {{order_number: order}}}}\n"
            "lookups:\n"
            f"  find_customer: {{kind: http, url: '{customers.url}/of/{{item}}', result: {{name: name}}}}\n"
        )
        settings = f"dialplan={plan}", f"actions_file={folder / 'actions.yaml'}"
        with Node(folder / "node", prompts, *settings) as node:
            yield Shop(node, orders, customers)
            print(node.log)


@pytest.mark.slow
def test_what_is_done_at_once_is_told_as_done_and_who_calls_is_known(shop: Shop) -> None:
    turns = shop.call()
    said = " ".join(turn.said for turn in turns)
    assert said.startswith("Welcome to the shop. Hello Jane. Your order is 1 7.") or "17" in said, said
    assert [(turn.via, turn.heard) for turn in turns][:3] == [
        ("start", ""),
        ("action", "found"),
        ("action", "done"),
    ]
    assert len(shop.customers.requests) == 1
    figures = shop.node.metrics()
    assert figures['softswitch_lookups_total{how="request",lookup="find_customer"}'] == 1
    assert figures['softswitch_actions_in_calls_total{action="place_order",told="done"}'] == 1


@pytest.mark.slow
def test_a_slow_server_is_filled_noted_and_has_one_effect(shop: Shop) -> None:
    shop.orders.delay_s = 4.0
    shop.orders.effects.clear()
    figures = shop.node.metrics()
    shop.before = figures['softswitch_steps_total{step="listening"}']
    fillers = figures["softswitch_fillers_total"]
    turns = shop.call()
    assert "I have noted it and it will be done." in turns[2].said
    assert (turns[2].via, turns[2].heard) == ("action", "noted")
    assert shop.node.metrics()["softswitch_fillers_total"] > fillers
    wait_for(lambda: looking.listed(shop.node.database_url, Filter(("done",)), 1), "it is done")
    wait_for(
        lambda: len(looking.listed(shop.node.database_url, Filter(("done",)), 9)) == 2, "it is done later"
    )
    assert shop.orders.effects == {"/orders": 1}
    assert len(shop.customers.requests) == 1  # the answer was kept


@pytest.mark.slow
def test_a_node_killed_while_the_caller_waits_tells_him_what_came_of_it(shop: Shop) -> None:
    """The call is taken up by the next process, which asks for the promise of the first, and makes none."""
    shop.orders.delay_s = 1.2
    requests = len(shop.orders.requests)
    shop.before = shop.node.metrics()['softswitch_steps_total{step="listening"}']
    with Phone(shop.node.sip_port) as phone:
        assert phone.invite() == 200
        wait_for(lambda: len(shop.orders.requests) > requests, "the action is under way")
        shop.orders.delay_s = 0.0
        shop.node.kill_control()
        resumed = shop.node.wait_for_turn(via="resume", seconds=30.0)
        call_id = resumed.call.call_id
        wait_for(
            lambda: [t for t in shop.node.history(call_id).turns if t.via == "action" and t.step == "order"],
            "the caller is told",
            20.0,
        )
        phone.bye()
    entries = [
        each for each in looking.listed(shop.node.database_url, Filter(), 99) if each.call_id == call_id
    ]
    assert len(entries) == 1
    wait_for(lambda: looking.show(shop.node.database_url, entries[0].id).state == "done", "it is done")
    keys = [each["headers"]["idempotency-key"] for each in shop.orders.requests[requests:]]
    assert set(keys) == {entries[0].idempotency_key}
