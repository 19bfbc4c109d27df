"""The writer of records, on real SQLite and PostgreSQL: nothing acknowledged is lost, whatever happens."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import Cluster, database_url, postgres_cluster, postgres_url
from stopwatch import Stopwatch

from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, CallInfo, EndedBy, MediaQuality
from softswitch.news import CallAnswered, CallFinished, CallStarted, SessionEvent, StateSaved, TurnFinished
from softswitch.store import migrate, queries
from softswitch.store.engine import open_engine
from softswitch.store.writer import QUEUE_LIMIT, Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]


def started(call_id: str, **changes: str) -> CallStarted:
    facts = {"sip_call_id": "1@host", "from_uri": "sip:ann@host", "to_uri": "sip:shop@host"} | changes
    return CallStarted(
        CallInfo(call_id, source="192.0.2.1:5060", started_at=100.0, **facts), "plan", "v1", 100.0
    )


def turn(call_id: str, number: int, heard: str = "hello") -> TurnFinished:
    stages = {"endpoint": 200.0, "total": 310.5}
    return TurnFinished(
        call_id, number, "menu", "speech", heard, 0.9, "greet", "Hi.", 1.0, 0.5, "Hi", 101.0, stages
    )


def finished(call_id: str, cause: int = 16, at: float = 160.0) -> CallFinished:
    quality = MediaQuality(3000, 2, 2999, 1.5, 1)
    return CallFinished(call_id, CallEnded(cause, 200, EndedBy.CALLER, quality, "bye"), "menu", at)


A, B = "a" * 32, "b" * 32


@asynccontextmanager
async def recording(url: str, limit: int = QUEUE_LIMIT) -> AsyncIterator[Records]:
    migrate.upgrade(url)
    records = Records(url, limit=limit)
    records.start()
    try:
        yield records
    finally:
        await records.close()


async def test_a_call_is_recorded_from_start_to_end(database_url: str) -> None:
    async with recording(database_url) as records:
        await records.record(started(A))
        await records.record(CallAnswered(A, "PCMU", 100.5))
        await records.record(turn(A, 1))
        await records.record(StateSaved(A, "menu", "{}", 101.0))
        assert [live.next_turn for live in queries.live_calls(database_url)] == [2]
        await records.record(finished(A))
    history = queries.show_call(database_url, A)
    call = history.call
    assert history.turns == (turn(A, 1),)
    assert (call.from_uri, call.plan, call.codec, call.step) == ("sip:ann@host", "plan", "PCMU", "menu")
    assert (call.started_at, call.answered_at, call.ended_at) == (100.0, 100.5, 160.0)
    assert (call.cause, call.sip_status, call.ended_by, call.reason) == (16, 200, "caller", "bye")
    assert (call.packets_received, call.packets_lost, call.jitter_ms, call.underruns) == (3000, 2, 1.5, 1)


async def test_an_event_recorded_twice_is_harmless_and_the_first_end_holds(database_url: str) -> None:
    async with recording(database_url) as records:
        events: list[SessionEvent] = [started(A), CallAnswered(A, "PCMU", 100.5), turn(A, 1), finished(A)]
        for event in events + events:
            await records.record(event)
        await records.record(CallAnswered(A, "PCMA", 999.0))
        await records.record(finished(A, cause=41, at=999.0))
        assert records.rejected == 0
    call = queries.show_call(database_url, A).call
    assert (call.turns, call.codec, call.answered_at, call.cause, call.ended_at) == (
        1,
        "PCMU",
        100.5,
        16,
        160.0,
    )


async def test_events_are_committed_in_the_order_of_their_submission(database_url: str) -> None:
    async with recording(database_url) as records:
        await records.submit(started(A))
        for number in range(1, 1501):
            await records.submit(turn(A, number))
            await records.submit(StateSaved(A, f"step-{number}", "{}", 1.0))
        await records.drain()
        assert records.depth == 0
    with sa_connection(database_url) as connection:
        numbers = connection.exec_driver_sql("SELECT number FROM turns ORDER BY id").scalars().all()
    assert numbers == list(range(1, 1501))
    assert queries.live_calls(database_url)[0].step == "step-1500"


def sa_connection(url: str) -> sa.Connection:
    return open_engine(url).connect()


async def test_an_event_that_cannot_be_stored_fails_alone(database_url: str) -> None:
    async with recording(database_url) as records:
        await records.submit(started(A))
        futures = [await records.submit(event) for event in (turn(A, 1), turn(B, 1), finished(B), turn(A, 2))]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        assert records.rejected == 2
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "NoneType",
        "IntegrityError",
        "LookupError",
        "NoneType",
    ]
    assert [t.number for t in queries.show_call(database_url, A).turns] == [1, 2]


async def test_text_that_no_database_takes_does_not_cost_the_record(database_url: str) -> None:
    async with recording(database_url) as records:
        await records.record(started(A, from_uri="sip:\0x\udc80@host", to_uri="sip:кафе😀@host"))
        assert records.rejected == 0
    call = queries.show_call(database_url, A).call
    assert (call.from_uri, call.to_uri) == ("sip:\ufffdx\ufffd@host", "sip:кафе😀@host")


async def test_a_full_queue_makes_the_caller_wait_and_drops_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    async with recording(url, limit=10) as records:
        await records.record(started(A))
        with other_writer(tmp_path / "records.db"):
            for number in range(1, 11):
                await records.submit(turn(A, number))
            waiting = asyncio.create_task(records.submit(turn(A, 11)))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            assert records.depth == 10
        await (await waiting)
    assert queries.show_call(url, A).call.turns == 11


class other_writer:
    """Another process's transaction, which holds SQLite's write lock."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


@pytest.mark.slow
async def test_a_locked_database_is_waited_for_beyond_its_busy_timeout(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    async with recording(url) as records:
        await records.record(started(A))
        with other_writer(tmp_path / "records.db"):
            futures = [await records.submit(turn(A, number)) for number in range(1, 4)]
            await until(lambda: records.retrying, 10.0)
            assert not any(future.done() for future in futures)
        await asyncio.gather(*futures)
        assert not records.retrying
    assert [t.number for t in queries.show_call(url, A).turns] == [1, 2, 3]


async def until(true: object, seconds: float) -> None:
    watch = Stopwatch()
    while not true():  # type: ignore[operator]
        assert watch.own_s < seconds
        await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_restarted_postgresql_gets_what_was_recorded_meanwhile(
    postgres_cluster: Cluster, postgres_url: str
) -> None:
    async with recording(postgres_url) as records:
        await records.record(started(A))
        postgres_cluster.stop()
        try:
            future = await records.submit(turn(A, 1))
            await until(lambda: records.retrying, 10.0)
            assert not future.done()
        finally:
            postgres_cluster.start()
        await records.submit(turn(A, 2))
        await asyncio.wait_for(future, 15.0)
    assert [t.number for t in queries.show_call(postgres_url, A).turns] == [1, 2]


@pytest.mark.slow
async def test_closing_while_the_database_is_away_says_how_much_was_not_recorded(
    postgres_cluster: Cluster, postgres_url: str
) -> None:
    migrate.upgrade(postgres_url)
    records = Records(postgres_url)
    records.start()
    await records.record(started(A))
    postgres_cluster.stop()
    try:
        futures = [await records.submit(turn(A, number)) for number in (1, 2)]
        with pytest.raises(SoftswitchError, match="2 events were not recorded"):
            await records.close(patience=0.5)
    finally:
        postgres_cluster.start()
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SoftswitchError, SoftswitchError]


async def test_depth_and_commit_latency_can_be_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    migrate.upgrade(url)
    commits: list[tuple[int, float, bool]] = []

    def on_commit(events: int, seconds: float) -> None:
        commits.append((events, seconds, threading.current_thread() is threading.main_thread()))

    records = Records(url, on_commit=on_commit)
    records.start()
    await records.submit(started(A))
    await records.submit(turn(A, 1))
    assert records.depth == 2
    await records.close()
    assert records.depth == 0
    assert sum(events for events, _, _ in commits) == 2
    assert all(0 < seconds < 5 and on_loop for _, seconds, on_loop in commits)
    assert records.last_commit_s == commits[-1][1]
    with pytest.raises(RuntimeError, match="closed"):
        await records.submit(turn(A, 2))


async def test_a_commit_is_synced_to_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/records.db", writes=True)
    migrate.upgrade(str(engine.url))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


async def test_what_need_not_last_is_synced_soon_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fdatasync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink()))
    )

    def level(connection: sa.Connection) -> object:
        return connection.exec_driver_sql("PRAGMA synchronous").scalar()

    async with recording(f"sqlite:///{tmp_path}/records.db") as records:
        assert await records.execute(level, lasts=False) == 1  # NORMAL
        await until(lambda: synced, 2)
        assert synced == [f"{tmp_path}/records.db-wal"]
        assert await records.execute(level) == 2
        assert await records.execute(level, lasts=False) == 1
        both = records.execute(level, lasts=False), records.execute(level)
        assert 2 in await asyncio.gather(*both)
        await asyncio.sleep(0.3)
        assert len(synced) <= 2


RECORDER = """
import asyncio, sys
from softswitch.events import CallInfo
from softswitch.news import CallStarted, StateSaved, TurnFinished
from softswitch.store.writer import QUEUE_LIMIT, Records

async def call(records, call_id):
    await records.record(CallStarted(CallInfo(call_id, "", "", "", "", 1.0), "plan", "v1", 1.0))
    number = 0
    while True:
        number += 1
        await records.record(TurnFinished(call_id, number, "", "", "", 0.0, "", "", 0.0, 0.0, "", 1.0))
        await records.record(StateSaved(call_id, str(number), "{}", 1.0))
        sys.stdout.write(f"{call_id} {number}\\n")
        sys.stdout.flush()

async def main():
    records = Records(sys.argv[1])
    records.start()
    first = int(sys.argv[2])
    await asyncio.gather(*(call(records, f"{number:032x}") for number in range(first, first + 20)))

asyncio.run(main())
"""


def acknowledged_until_killed(url: str, first_call: int) -> tuple[int, dict[str, int]]:
    """Record until a random moment; how many turns were acknowledged, and the last one of each call."""
    command = [sys.executable, "-c", RECORDER, url, str(first_call)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as recorder:
        assert recorder.stdout
        lines = [recorder.stdout.readline()]  # the first acknowledgement
        killer = threading.Timer(random.uniform(0.05, 0.6), recorder.kill)
        killer.start()
        lines += recorder.stdout.readlines()
        killer.join()
    assert recorder.returncode == -9
    whole = [line.split() for line in lines if line.endswith("\n")]
    return len(whole), {call_id: int(number) for call_id, number in whole}


@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_acknowledged(database_url: str) -> None:
    migrate.upgrade(database_url)
    for attempt in range(3):
        count, acknowledged = acknowledged_until_killed(database_url, attempt * 100)
        assert count >= 20, "the recorder was killed before it had recorded anything much"
        live = {call.info.call_id: call for call in queries.live_calls(database_url)}
        for call_id, number in acknowledged.items():
            assert live[call_id].next_turn > number
            assert int(live[call_id].step) >= number
