"""softswitch agent and softswitch queue callers, on a real database without a node."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from people import call_id, store_of, wait

from softswitch.cli.root import softswitch
from softswitch.store import migrate
from softswitch.store.engine import transaction
from softswitch.store.people.claiming import Claim
from softswitch.store.tables import messages
from softswitch.waiting import Enqueue

Run = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate.upgrade(url)
    return url


@pytest.fixture
def run(url: str, tmp_path: Path) -> Run:
    def run(*words: str, ok: bool = True) -> Result:
        settings = ["--set", f"database.url={url}", "--set", f"data_dir={tmp_path}"]
        ran = CliRunner().invoke(softswitch, [*settings, *words])
        assert (ran.exit_code == 0) == ok, f"{ran.output}{ran.exception!r}"
        return ran

    return run


def test_agents_are_added_listed_and_removed(run: Run) -> None:
    assert run("agent", "list").output.startswith("no agents")
    run("agent", "add", "ann", "sip:ann@192.0.2.7", "--skill", "german", "--ring-time", "12s")
    run("agent", "add", "bob", "+442079460000", "--accept-key", "1", "--away")
    listed = json.loads(run("agent", "list", "--json").output)["agents"]
    assert [(each["name"], each["state"], each["skills"]) for each in listed] == [
        ("ann", "available", ["german"]),
        ("bob", "away", []),
    ]
    assert (listed[0]["ring_time"], listed[1]["accept_key"]) == (12.0, "1")
    table = run("agent", "list").output.splitlines()
    assert table[0].split() == ["NAME", "STATE", "FOR", "ADDRESS", "SKILLS", "NOTE"]
    assert table[1].split()[:2] == ["ann", "available"]
    run("agent", "remove", "bob")
    assert "no agent bob" in str(run("agent", "remove", "bob", ok=False).exception)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("a b", "+442079460000"), "no agent's name"),
        (("ann", "020 7946 0000"), "cannot be called"),
        (("ann", "+442079460000", "--skill", "a b"), "no skill"),
        (("ann", "+442079460000", "--accept-key", "12"), "no key"),
    ],
)
def test_what_is_wrong_with_an_agent_is_said_with_the_remedy(
    run: Run, words: tuple[str, ...], told: str
) -> None:
    assert told in str(run("agent", "add", *words, ok=False).exception)


def test_states_are_set_and_codes_need_a_talk(run: Run) -> None:
    run("agent", "add", "ann", "sip:ann@192.0.2.7")
    told = json.loads(run("agent", "state", "ann", "away", "--reason", "lunch", "--json").output)
    assert told == {"name": "ann", "state": "away", "before": "available", "next_state": ""}
    assert "lunch" in run("agent", "list").output
    assert "ann is available, was away" in run("agent", "state", "ann", "available").output
    assert "no caller yet" in str(run("agent", "code", "ann", "solved", ok=False).exception)
    assert "no node is running" in str(run("agent", "send", "ann", "--to", "assistant", ok=False).exception)


def test_a_state_that_is_set_without_a_node_is_told_by_the_next_that_lives(run: Run, url: str) -> None:
    broker = ("--set", "mqtt.url=mqtt://127.0.0.1:1", "--set", "node=shop")
    run("agent", "add", "ann", "sip:ann@192.0.2.7")
    run(*broker, "agent", "state", "ann", "available")
    run(*broker, "agent", "state", "ann", "away", "--reason", "lunch")
    with transaction(url) as connection:
        ((node, topic, payload),) = connection.execute(
            sa.select(messages.c.node, messages.c.topic, messages.c.payload)
        )
    assert (node, topic) == ("shop", "softswitch/v1/shop/agents/ann/state")
    told = json.loads(payload)
    assert (told["agent"], told["before"], told["state"], told["reason"]) == (
        *("ann", "available"),
        *("away", "lunch"),
    )


async def test_callers_are_listed_by_place(run: Run, url: str) -> None:
    assert run("queue", "callers").output == "nobody waits\n"
    run("agent", "add", "ann", "sip:ann@192.0.2.7")
    async with store_of(url) as store:
        await wait(store, "a", Enqueue("sales", reason="an invoice\x1b[2J"))
        await wait(store, "b", Enqueue("sales", priority=1))
        await wait(store, "c", Enqueue("billing"))
        view = await store.look()
        assert await store.claim([Claim(view.callers[0], view.agents[0], "1" * 32, 1)])
        found = json.loads(run("queue", "callers", "--json").output)["callers"]
        assert [(each["call_id"], each["position"], each["state"]) for each in found] == [
            (call_id("b"), 1, "offered"),
            (call_id("a"), 2, "waiting"),
            (call_id("c"), 1, "waiting"),
        ]
        assert found[0]["agent"] == "ann"
        table = run("queue", "callers", "--queue", "sales").output
        assert len(table.splitlines()) == 3
        assert "\x1b" not in table
        told = json.loads(run("agent", "state", "ann", "away", "--json").output)
        assert told["next_state"] == "away"
        assert "then away" in run("agent", "list").output
        assert "ringing with a caller" in str(run("agent", "remove", "ann", ok=False).exception)
