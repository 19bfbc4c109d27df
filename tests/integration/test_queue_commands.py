"""softswitch queue, on real SQLite and PostgreSQL."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.cli.root import softswitch
from softswitch.store import migrate
from softswitch.store.engine import transaction
from softswitch.store.outbox import adding
from softswitch.store.outbox.tables import actions

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Actions 1 to 3 are order, dead; 4 and 5 note, the second waits for the first; 6 is done."""
    migrate.upgrade(database_url)
    for number in range(3):
        adding.add(database_url, "order", {"n": f"{number}\x1b[2J"}, f"o{number}")
    for number in range(2):
        adding.add(database_url, "note", {}, f"n{number}", order_key="7")
    adding.add(database_url, "order", {}, "last")
    with transaction(database_url, writes=True) as connection:
        dead = {"state": "dead", "finished_at": 1000.0, "error": "answered 422\x1b[2J"}
        connection.execute(sa.update(actions).where(actions.c.id <= 3).values(dead))
        done = {"state": "done", "finished_at": 1000.0, "result": {"number": "17"}, "kind": "http"}
        connection.execute(sa.update(actions).where(actions.c.id == 6).values(done))
    (tmp_path / "actions.yaml").write_text("secrets: {a: {file: nowhere}}\nactions: {order: {kind: log}}")

    def run(*words: str, ok: bool = True) -> Result:
        settings = (f"database.url={database_url}", f"actions_file={tmp_path}/actions.yaml")
        before = [word for setting in settings for word in ("--set", setting)]
        ran = CliRunner().invoke(softswitch, [*before, "queue", *words])
        assert (ran.exit_code == 0) == ok, f"{ran.output}{ran.exception!r}"
        return ran

    return run


def test_actions_are_listed_newest_first_and_filtered(run: Run) -> None:
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines] == ["ACTION", "6", "5", "4", "3", "2", "1"]
    assert "waits for an older one of 7" in lines[2]
    assert "\x1b" not in run("list").output
    found = json.loads(run("list", "--state", "dead", "--state", "done", "--name", "order", "--json").output)
    assert [each["id"] for each in found["actions"]] == [6, 3, 2, 1]
    assert run("list", "--call", "abc").output == "no actions\n"
    assert len(json.loads(run("list", "--order-key", "7", "--limit", "1", "--json").output)["actions"]) == 1


def test_one_action_is_shown_with_all_that_is_known(run: Run) -> None:
    shown = run("show", "6").output
    assert "action 6: order, done" in shown
    assert 'result {"number": "17"}' in shown
    assert "error answered 422?[2J" in run("show", "1").output
    assert "nothing is configured for it here" in run("show", "4").output
    assert "there is no action 99" in str(run("show", "99", ok=False).exception)


def test_stats_say_what_nothing_is_configured_for(run: Run) -> None:
    told = json.loads(run("stats", "--json").output)
    assert told == {
        "actions": {"note": {"queued": 2}, "order": {"dead": 3, "done": 1}},
        "unconfigured": ["note"],
        "jobs": {},
    }
    assert "nothing is configured for it" in run("stats").output


def test_dead_actions_are_queued_again_by_number_or_by_filter(run: Run) -> None:
    assert run("retry", "1").output == "1 queued again\n"
    assert json.loads(run("retry", "--state", "dead", "--json").output) == {"queued_again": 2}
    assert (
        json.loads(run("list", "--state", "queued", "--name", "order", "--json").output)["actions"][0][
            "attempts"
        ]
        == 0
    )
    told = str(run("retry", "6", ok=False).exception)
    assert "0 of 1 actions queued again: the others are not there, or not dead, failed or cancelled" in told


def test_waiting_actions_are_cancelled_and_the_next_of_the_key_goes(run: Run) -> None:
    assert run("cancel", "4").output == "1 cancelled\n"
    assert not json.loads(run("show", "5", "--json").output)["blocked"]


def test_finished_actions_are_purged_when_they_are_old_enough(run: Run) -> None:
    assert json.loads(run("purge", "--older-than", "3650000d", "--json").output) == {"purged": 0}
    assert json.loads(run("purge", "--state", "done", "--older-than", "30d", "--json").output) == {
        "purged": 1
    }
    assert json.loads(run("purge", "--name", "order", "--json").output) == {"purged": 3}
    assert json.loads(run("stats", "--json").output)["actions"] == {"note": {"queued": 2}}


def test_many_are_changed_only_when_that_was_meant(run: Run) -> None:
    assert run("retry", ok=False).exit_code == 2
    assert run("retry", "1", "--state", "dead", ok=False).exit_code == 2
    assert run("purge", "--state", "dead", ok=False).exit_code == 1, "nobody said yes"
    assert run("purge", "--state", "dead", "--yes").output == "3 purged\n"


def test_the_latest_are_told_oldest_first(run: Run) -> None:
    lines = run("tail", "--last", "2").output.splitlines()
    assert [line.split()[1:4] for line in lines] == [["5", "note", "queued"], ["6", "order", "done"]]
    assert json.loads(run("tail", "--last", "1", "--json").output)["id"] == 6


def test_an_action_is_asked_for_now_or_later_and_once_for_a_key(run: Run) -> None:
    assert run("add", "order", "n=1").output == "order is queued\n"
    told = json.loads(run("add", "order", "--in", "2h", "--key", "k", "--json").output)
    assert (told["name"], told["key"], told["new"]) == ("order", "k", True)
    assert "was asked for before" in run("add", "order", "--key", "k").output
    later, now = json.loads(run("list", "--state", "queued", "--name", "order", "--json").output)["actions"]
    assert (now["arguments"], now["run_at"], later["run_at"]) == ({"n": "1"}, 0.0, told["run_at"])
    assert "not before" in run("list", "--name", "order").output
    assert "not before 2099-01-02 03:04:00" in run("add", "order", "--at", "2099-01-02 03:04").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["unknown"], "nothing is configured for an action 'unknown'; expected one of: order"),
        (["order", "n"], "expected NAME=VALUE, got n"),
        (["order", "--at", "noon"], "expected --at"),
        (["order", "--in", "a while"], "expected --at"),
        (["order", "--at", "2099-01-02 03:04", "--in", "2h"], "give one of --at and --in"),
    ],
)
def test_an_action_that_is_asked_for_wrongly_is_told(run: Run, words: list[str], told: str) -> None:
    assert told in str(run("add", *words, ok=False).exception)


def test_jobs_and_their_next_times_are_told(run: Run, tmp_path: Path) -> None:
    text = "actions: {order: {kind: log}}\njobs: {sweeping: {action: order, every: 1h}}\n"
    (tmp_path / "actions.yaml").write_text(text)
    assert "job sweeping: order, next 20" in run("stats").output
    assert json.loads(run("stats", "--json").output)["jobs"]["sweeping"]["action"] == "order"
