"""Workers on real SQLite and PostgreSQL: retries, back-off, the dead, other nodes, and kill -9."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from acting import Receiver, integrations, working
from postgres import Cluster, database_url, postgres_cluster, postgres_url
from stopwatch import Stopwatch

from softswitch.app.acting import workers
from softswitch.app.acting.workers import Listener
from softswitch.errors import SoftswitchError
from softswitch.store import leases, migrate
from softswitch.store.engine import transaction
from softswitch.store.outbox import adding, claiming, looking
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.looking import Entry, Filter

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
ACTING = Path(__file__).parents[1] / "acting.py"
EXTRA = "retry: {first: 50ms, last: 200ms, give_up_after: 300ms}"


def file(receiver: Receiver, extra: str = EXTRA) -> str:
    return (
        "hosts: 127.0.0.1\nactions:\n"
        f"  order: {{kind: http, url: '{receiver.url}/orders/{{n}}', json: {{n: '{{n}}'}}, {extra}}}\n"
    )


def add(url: str, count: int = 1, name: str = "order", order_key: str = "", first: int = 0) -> None:
    for number in range(first, first + count):
        adding.add(url, name, {"n": str(number)}, f"{name}:{number}", order_key=order_key)


def entries(url: str) -> list[Entry]:
    return looking.listed(url, Filter(), 10_000)[::-1]


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    watch = Stopwatch()
    while not await asyncio.to_thread(condition):
        assert watch.own_s < seconds
        await asyncio.sleep(0.05)


def over(url: str) -> bool:
    return all(entry.finished_at for entry in entries(url))


async def test_what_fails_is_tried_again_and_what_is_refused_is_dead_at_once(database_url: str) -> None:
    migrate.upgrade(database_url)
    ended: list[Outcome] = []
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (
            (422 if path.endswith("/1") else 503 if n < 2 else 200),
            {},
            b'{"order": {"number": 17}}',
        )
        add(database_url, 2)
        known = integrations(file(receiver, EXTRA + ", result: {number: order.number}"))
        async with working(database_url, known, listener=Listener(ended=ended.append)):
            await until(lambda: over(database_url))
    done, dead = entries(database_url)
    assert (done.state, done.attempts, done.result, done.kind) == ("done", 3, {"number": "17"}, "http")
    assert (dead.state, dead.attempts, dead.error) == ("dead", 1, "answered 422 Unprocessable Entity")
    keys = {request["headers"]["idempotency-key"] for request in receiver.requests}
    assert keys == {done.idempotency_key, dead.idempotency_key}
    assert receiver.effects == {"/orders/0": 1}
    assert sorted(each.state for each in ended) == ["dead", "done", "failed", "failed"]


async def test_what_is_never_done_is_given_up_and_told(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (500, {}, b"")
        add(database_url)
        async with working(database_url, integrations(file(receiver))) as workers:
            await until(lambda: over(database_url))
    (dead,) = entries(database_url)
    # 50, 100 and 200 ms are more than the 300 that it may wait in all.
    assert (dead.state, dead.attempts, dead.error) == (
        "dead",
        3,
        "given up: answered 500 Internal Server Error",
    )
    assert "action 1, order, is dead after 3 attempts" in caplog.text
    assert workers.figures.attempts == {("order", "failed"): 2, ("order", "dead"): 1}


async def test_an_action_that_nothing_is_configured_for_waits_and_goes_when_something_is(
    database_url: str,
) -> None:
    migrate.upgrade(database_url)
    add(database_url, name="other")
    with Receiver() as receiver:
        async with working(database_url, integrations(file(receiver))):
            add(database_url)
            await until(lambda: looking.by_name(database_url)["order"] == {"done": 1})
        assert looking.by_name(database_url)["other"] == {"queued": 1}
        async with working(database_url, integrations("actions: {other: {kind: log}}")):
            await until(lambda: over(database_url))


async def test_what_could_not_be_written_down_is_written_once_the_database_is_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate.upgrade(url)
    add(url)
    async with working(url, integrations("actions: {order: {kind: log}}")) as workers:
        finishes, failures = workers._outbox.finish, [SoftswitchError("the database is away")]

        async def finish(outcomes: Sequence[Outcome]) -> int:
            if failures:
                raise failures.pop()
            return await finishes(outcomes)

        workers._outbox.finish = finish  # type: ignore[method-assign]
        await until(lambda: over(url), 5.0)


async def test_one_integration_that_hangs_holds_up_no_other(database_url: str) -> None:
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        receiver.delay_s = 30.0
        add(database_url, 30)
        text = file(receiver, "at_once: 3, timeout: 60s") + "  note: {kind: log}\n"
        async with working(database_url, integrations(text)):
            await until(lambda: len(receiver.requests) == 3)
            add(database_url, 5, name="note")
            await until(lambda: looking.by_name(database_url)["note"] == {"done": 5})
            assert len(receiver.requests) == 3
    states = looking.by_name(database_url)["order"]
    assert states == {"queued": 27, "failed": 3}, "what the node's end interrupted is tried again"


async def test_actions_of_a_key_arrive_in_order_though_some_fail(database_url: str) -> None:
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (503 if path.endswith("3") and n < 2 else 200, {}, b"")
        add(database_url, 8, order_key="7")
        add(database_url, 8, order_key="8", first=100)
        async with working(database_url, integrations(file(receiver, "retry: {first: 50ms}"))):
            await until(lambda: over(database_url), 25.0)
    came = [int(request["path"].rpartition("/")[2]) for request in receiver.requests]
    for first in (0, 100):
        mine = [n for n in came if first <= n < first + 8]
        assert mine == sorted(mine)
        assert mine.count(first + 3) == 3


async def test_a_promise_is_tried_at_once_when_the_worker_is_told(database_url: str) -> None:
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        waited: list[float] = []
        async with working(
            database_url, integrations(file(receiver)), listener=Listener(waited=waited.append)
        ) as workers:
            await until(lambda: bool(workers.figures.counts.states))
            for number in range(10):
                await asyncio.to_thread(add, database_url, 1, "order", "", number)
                workers.wake()
                await asyncio.sleep(0.02)
            await until(lambda: over(database_url))
    assert len(waited) == 10
    assert sorted(waited)[4] < 1.0


@pytest.mark.slow
async def test_two_nodes_share_the_work_and_the_heir_of_a_killed_one_takes_over_within_five_seconds(
    database_url: str, tmp_path: Path
) -> None:
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        receiver.delay_s = 60.0
        (tmp_path / "actions.yaml").write_text(file(receiver, "timeout: 100s, at_once: 5"))
        add(database_url, 5)
        process = spawn(database_url, "killed", tmp_path / "actions.yaml")
        await until(lambda: len(receiver.requests) == 5, 30.0)
        receiver.delay_s = 0.0
        async with working(database_url, integrations(file(receiver)), "heir"):
            await asyncio.sleep(4.0)
            assert len(receiver.requests) == 5, "the living keep what they hold"
            kill(process)
            watch = Stopwatch()
            await until(lambda: len(receiver.requests) == 10)
            assert watch.own_s < 5.0
            await until(lambda: over(database_url))
    assert sum(receiver.effects.values()) == 5


def spawn(url: str, node: str, path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, str(ACTING), url, node, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout
    assert json.loads(process.stdout.readline()) == {"ready": node}
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    assert process.stdout
    with process.stdout:
        process.kill()
        process.wait()


@pytest.mark.slow
async def test_every_action_has_one_effect_though_workers_are_killed_at_random(tmp_path: Path) -> None:
    """On SQLite; acceptance/test_kills.py kills control and PostgreSQL, too."""
    database_url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        receiver.delay_s = 0.01
        actions = tmp_path / "actions.yaml"
        actions.write_text(file(receiver, "at_once: 20, retry: {first: 50ms, last: 1s}"))
        add(database_url, 150)
        rand = random.Random(6)
        for number in range(3):
            process = await asyncio.to_thread(spawn, database_url, f"node{number}", actions)
            await asyncio.sleep(rand.uniform(0.02, 0.5))
            kill(process)
        add(database_url, 20, order_key="7", first=1000)
        async with working(database_url, integrations(actions.read_text()), "last"):
            await until(lambda: over(database_url), 30.0)
    assert {entry.state for entry in entries(database_url)} == {"done"}
    assert len(receiver.effects) == 170
    assert set(receiver.effects.values()) == {1}


async def test_a_worker_that_was_taken_for_dead_begins_anew_under_another_name(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    migrate.upgrade(database_url)
    with Receiver() as receiver:
        receiver.delay_s = 30.0
        add(database_url)
        async with working(database_url, integrations(file(receiver, "timeout: 60s"))) as workers:
            await until(lambda: receiver.requests)
            receiver.delay_s = 0.0
            before = entries(database_url)[0].leased_by
            with transaction(database_url, writes=True) as connection:
                claiming.take_over(connection, before, leases.now_of(connection.dialect.name))
            await until(lambda: over(database_url))
            assert workers.figures.attempts == {("order", "done"): 1}
    assert "this worker was taken for dead" in caplog.text
    assert (entries(database_url)[0].attempts, receiver.effects) == (2, {"/orders/0": 1})


@pytest.mark.slow
async def test_a_database_that_goes_away_is_waited_for_and_nothing_is_lost(
    postgres_cluster: Cluster, postgres_url: str
) -> None:
    migrate.upgrade(postgres_url)
    with Receiver() as receiver:
        receiver.delay_s = 1.0
        add(postgres_url, 3)
        async with working(postgres_url, integrations(file(receiver))):
            await until(lambda: len(receiver.requests) == 3)
            postgres_cluster.stop()
            await asyncio.sleep(2.0)
            receiver.delay_s = 0.0
            postgres_cluster.start()
            add(postgres_url, 3, first=3)
            await until(lambda: over(postgres_url))
    assert {entry.state for entry in entries(postgres_url)} == {"done"}
    assert len(receiver.effects) == 6
    assert set(receiver.effects.values()) == {1}


async def test_a_worker_that_has_had_nothing_to_do_for_long_is_not_forgotten(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(database_url)
    for name, seconds in {"IDLE_BEAT_S": 0.2, "BEAT_S": 0.05, "STRAIGHTEN_S": 0.05, "DAY": 0.5}.items():
        monkeypatch.setattr(workers, name, seconds)
    with Receiver() as receiver:
        async with working(database_url, integrations(file(receiver))):
            await asyncio.sleep(1.5)
            add(database_url)
            await until(lambda: over(database_url))
        assert [entry.state for entry in entries(database_url)] == ["done"]
