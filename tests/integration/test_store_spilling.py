"""Records while the database is away: into the journal, and from there into the database, each event once."""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres import Cluster, database_url, postgres_cluster, postgres_url
from stopwatch import Stopwatch

from softswitch.errors import SoftswitchError
from softswitch.events import CallInfo, Do
from softswitch.news import Announced, CallStarted, SessionEvent, StateSaved, TurnFinished
from softswitch.store import migrate, queries, writer_thread
from softswitch.store.engine import open_engine
from softswitch.store.journal import Journal
from softswitch.store.writer import Records

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
A = "a" * 32
MEGABYTE = 1 << 20


def started(call_id: str = A) -> CallStarted:
    return CallStarted(CallInfo(call_id, "", "", "", "", 1.0), "plan", "v1", 1.0)


def turn(number: int, call_id: str = A) -> TurnFinished:
    return TurnFinished(call_id, number, "menu", "speech", "", 0.9, "", "", 0.0, 0.0, "", 1.0)


def promising(number: int) -> StateSaved:
    return StateSaved(A, f"step-{number}", "{}", 1.0, (Do("book", (), f"k{number}"),))


def told(event: SessionEvent | Announced, node: str) -> tuple[str, str]:
    number = getattr(event, "number", 0)
    return type(event).__name__, str(number)


def told_of_call(event: SessionEvent | Announced, node: str) -> tuple[str, str]:
    kind, number = told(event, node)
    return kind, f"{getattr(event, 'call_id', '')} {number}"


class Away:
    """A database that can be taken away, in the writer's own thread."""

    def __init__(self) -> None:
        self.now = False
        self.tries = 0

    def __call__(self) -> None:
        self.tries += 1
        if self.now:
            raise sa.exc.OperationalError("", {}, Exception("away"))


@asynccontextmanager
async def recording(url: str, file: Path, **options: Any) -> AsyncIterator[tuple[Records, Journal]]:
    migrate.upgrade(url)
    journal = Journal(file, options.pop("most", MEGABYTE))
    records = Records(url, "n", journal=journal, **{"encode": told} | options)
    records.start()
    try:
        yield records, journal
    finally:
        await records.close()


@asynccontextmanager
async def away_after_started(
    url: str, file: Path, *events: SessionEvent, **options: Any
) -> AsyncIterator[tuple[Records, Journal, Away]]:
    """The call has begun, then the database went away, and then came these events."""
    away = Away()
    async with recording(url, file, before=away, **options) as (records, journal):
        await records.record(started())
        away.now = True
        for event in events:
            await records.submit(event)
        yield records, journal, away


def turns(*wanted: int) -> list[TurnFinished]:
    return [turn(number) for number in wanted]


def column(url: str, query: str) -> list[Any]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = list(connection.exec_driver_sql(query).scalars())
    engine.dispose()
    return found


def numbers(url: str) -> list[Any]:
    return column(url, "SELECT number FROM turns ORDER BY id")


def messages(url: str) -> list[Any]:
    return column(url, "SELECT payload FROM messages WHERE topic = 'TurnFinished' ORDER BY id")


async def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    watch = Stopwatch()
    while not true():
        assert watch.own_s < seconds
        await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_while_the_database_is_away_events_are_safe_in_the_journal_and_follow_in_order(
    database_url: str, tmp_path: Path
) -> None:
    events = turns(*range(1, 1201))
    async with away_after_started(database_url, tmp_path / "j", *events) as (records, journal, away):
        promised = [0]
        records.on_promise = lambda: promised.__setitem__(0, promised[0] + 1)
        asked = asyncio.create_task(records.execute(lambda connection: numbers_in(connection)))
        await asyncio.wait_for(records.record(promising(1)), 5.0)  # acknowledged: it is in the journal
        assert journal.pending == 1201
        assert records.depth == 1  # the other work
        assert promised == [0]
        assert numbers(database_url) == []
        away.now = False
        await records.record(turn(1201))
        assert len(await asked) >= 1200
        await until(lambda: not journal.pending)
        assert (journal.size, records.retrying, promised) == (0, False, [1])
    assert numbers(database_url) == list(range(1, 1202))
    assert messages(database_url) == [str(number) for number in range(1, 1202)]
    assert column(database_url, "SELECT key FROM actions") == ["k1"]


def numbers_in(connection: sa.Connection) -> list[int]:
    return list(connection.exec_driver_sql("SELECT number FROM turns").scalars())


async def test_what_a_node_left_in_its_journal_is_written_once_before_anything_newer(
    database_url: str, tmp_path: Path
) -> None:
    async with away_after_started(database_url, tmp_path / "j", *turns(1, 2, 3)):
        pass
    left = (tmp_path / "j").read_bytes()
    assert numbers(database_url) == []
    async with recording(database_url, tmp_path / "j") as (_, journal):
        await until(lambda: not journal.pending)
    (tmp_path / "j").write_bytes(left)  # as if it had died between the commit and the journal's end
    async with recording(database_url, tmp_path / "j") as (records, journal):
        await records.record(turn(4))
        await until(lambda: not journal.pending)
    assert numbers(database_url) == [1, 2, 3, 4]
    assert messages(database_url) == ["1", "2", "3", "4"]


async def test_an_event_of_the_journal_that_can_never_be_stored_does_not_take_others_with_it(
    database_url: str, tmp_path: Path
) -> None:
    events = turn(1), turn(1, "b" * 32), turn(2)
    async with away_after_started(database_url, tmp_path / "j", *events):
        pass
    async with recording(database_url, tmp_path / "j") as (records, journal):
        await until(lambda: not journal.pending)
        await until(lambda: records.rejected == 1)
    assert numbers(database_url) == [1, 2]


@pytest.mark.slow
async def test_other_work_hears_that_the_database_is_away_and_waits_for_no_more(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_thread, "WORK_S", 0.2)
    away = Away()
    async with recording(database_url, tmp_path / "j", before=away) as (records, _):
        away.now = True
        with pytest.raises(SoftswitchError, match="is away"):
            await asyncio.wait_for(records.execute(numbers_in), 5.0)
        assert records.retrying
        away.now = False
        await until(lambda: not records.retrying)  # though there is nothing to write
        assert await records.execute(numbers_in) == []


async def test_what_a_full_journal_does_not_take_waits_in_memory(tmp_path: Path) -> None:
    url, events = f"sqlite:///{tmp_path}/r.db", turns(*range(1, 21))
    async with away_after_started(url, tmp_path / "j", *events, most=2000) as (records, journal, away):
        await until(lambda: journal.pending)
        await asyncio.sleep(0.3)
        assert 0 < journal.size <= 2000
        assert records.depth == 20 - journal.pending
        away.now = False
        await records.drain()
    assert numbers(url) == list(range(1, 21))


@pytest.mark.slow
async def test_a_commit_of_which_nobody_knows_whether_it_came_through_is_not_done_twice(
    database_url: str, tmp_path: Path
) -> None:
    async with recording(database_url, tmp_path / "j") as (records, _):
        await records.record(started())
        engine, broken = records._committer.engine, [1]

        @sa.event.listens_for(engine, "commit")
        def _after(connection: sa.Connection) -> None:
            if broken[0]:
                broken[0] = 0
                connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]
                raise sa.exc.OperationalError("", {}, Exception("the line broke"))

        await records.record(turn(1))
        await records.record(turn(2))
    assert numbers(database_url) == [1, 2]
    assert messages(database_url) == ["1", "2"]


@pytest.mark.slow
async def test_a_server_that_does_not_answer_any_more_is_given_up_on(
    postgres_cluster: Cluster, postgres_url: str, tmp_path: Path
) -> None:
    async with recording(postgres_url, tmp_path / "j") as (records, journal):
        await records.record(started())
        [backend] = column(
            postgres_url,
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'",
        )
        os.kill(backend, signal.SIGSTOP)
        try:
            await asyncio.wait_for(records.record(turn(1)), 20.0)
        finally:
            os.kill(backend, signal.SIGCONT)
        await until(lambda: not (journal.pending or records.retrying))
    assert numbers(postgres_url) == [1]


@pytest.mark.slow
async def test_a_disk_without_room_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Both database and journal, as on a full disk: what was acknowledged is in one of them."""
    url = f"sqlite:///{tmp_path}/r.db"
    migrate.upgrade(url)
    code = ACKNOWLEDGING.replace("# LIMIT", "limited()")
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, url, str(tmp_path / "j"), "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    acknowledged = [number for _, number in acknowledgements(done.stdout.splitlines(keepends=True))]
    assert "stayed away" in done.stderr  # some were not, and it says so
    async with recording(url, tmp_path / "j") as (_, journal):
        await until(lambda: not journal.pending)
    found = column(url, f"SELECT number FROM turns WHERE call_id = '{0:032x}' ORDER BY number")
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= len(acknowledged) > 10


ACKNOWLEDGING = """
import asyncio, random, resource, signal, sys
from pathlib import Path
import sqlalchemy as sa
from softswitch.events import CallInfo
from softswitch.news import CallStarted, TurnFinished
from softswitch.store import writer_thread
from softswitch.store.journal import Journal
from softswitch.store.writer import Records

writer_thread.MOMENT_S = 0.02
random.seed(int(sys.argv[3]))

def limited():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

def away():
    if random.random() < FAILING:
        raise sa.exc.OperationalError("", {}, Exception("away"))

async def call(records, call_id):
    started = CallStarted(CallInfo(call_id, "", "", "", "", 1.0), "plan", "v1", 1.0)
    await records.record(started)
    for number in range(1, 3000):
        event = TurnFinished(call_id, number, "", "", "x" * 300, 0.0, "", "", 0.0, 0.0, "", 1.0)
        await asyncio.wait_for(records.record(event), 3.0)
        sys.stdout.write(f"{call_id} {number}\\n")
        sys.stdout.flush()

def told(event, node):
    return type(event).__name__, f"{event.call_id} {event.number}" if hasattr(event, "number") else ""

async def main():
    first = int(sys.argv[3])
    journal = Journal(Path(sys.argv[2]), 1 << 24)
    records = Records(sys.argv[1], "n", journal=journal, before=away, encode=told)
    records.start()
    # LIMIT
    try:
        calls = (call(records, f"{number:032x}") for number in range(first, first + CALLS))
        await asyncio.gather(*calls)
    finally:
        await records.close(1.0)

CALLS, FAILING = 1, 0.0
asyncio.run(main())
"""


def acknowledged_until_killed(url: str, journal: Path, first: int) -> dict[str, int]:
    code = ACKNOWLEDGING.replace("CALLS, FAILING = 1, 0.0", "CALLS, FAILING = 10, 0.7")
    with subprocess.Popen(
        [sys.executable, "-c", code, url, str(journal), str(first)], stdout=subprocess.PIPE, text=True
    ) as recorder:
        assert recorder.stdout
        lines: list[str] = []
        while not acknowledgements(lines[-1:]) and (line := recorder.stdout.readline()):
            lines.append(line)  # of the log, as long as the database is away
        killer = threading.Timer(random.uniform(0.05, 0.8), recorder.kill)
        killer.start()
        lines += recorder.stdout.readlines()
        killer.join()
    assert recorder.returncode == -9
    return dict(acknowledgements(lines))


def acknowledgements(lines: list[str]) -> list[tuple[str, int]]:
    """Whole lines; those of the log stand between them."""
    return [(line[:32], int(line[32:])) for line in lines if re.fullmatch(r"[0-9a-f]{32} \d+\n", line)]


@pytest.mark.slow
async def test_kill_9_while_the_database_comes_and_goes_loses_nothing_and_doubles_nothing(
    database_url: str, tmp_path: Path
) -> None:
    migrate.upgrade(database_url)
    journal = tmp_path / "j"
    spilled = 0
    for attempt in range(10):
        acknowledged = acknowledged_until_killed(database_url, journal, attempt * 100)
        assert acknowledged, "the recorder was killed before it had recorded anything"
        spilled += journal.exists() and journal.stat().st_size > 0
        if attempt % 2:  # every other time the next run finds the journal of two
            async with recording(database_url, journal, encode=told_of_call) as (_, left):
                await until(lambda: not left.pending)
            live = {call.info.call_id: call for call in queries.live_calls(database_url, "n")}
            for call_id, number in acknowledged.items():
                assert live[call_id].next_turn > number
    assert spilled >= 3
    doubled = "SELECT payload FROM messages WHERE topic = 'TurnFinished' GROUP BY payload HAVING count(*) > 1"
    assert column(database_url, doubled) == []
    kept = column(database_url, "SELECT count(*) FROM turns")
    assert kept == column(database_url, "SELECT count(*) FROM messages WHERE topic = 'TurnFinished'")


@pytest.mark.slow
async def test_a_postgresql_that_is_killed_at_any_moment_has_everything_once_and_in_order(
    postgres_cluster: Cluster, tmp_path: Path
) -> None:
    url, chance = postgres_cluster.create_database(lasting=True), random.Random(7)
    sent = 0

    async def call_on(records: Records, seconds: float) -> None:
        nonlocal sent
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sent += 1
            await records.submit(turn(sent))
            await asyncio.sleep(0.001)

    async with recording(url, tmp_path / "j") as (records, journal):
        await records.record(started())
        for _ in range(3):
            await call_on(records, chance.uniform(0.1, 0.4))
            writing = asyncio.create_task(call_on(records, 1.4))
            await asyncio.sleep(chance.uniform(0.0, 0.1))
            postgres_cluster.kill()
            await until(lambda: journal.pending > 0)
            if chance.random() < 0.5:
                await writing  # it is started while nobody writes, or in the midst of it
            postgres_cluster.start()
            await writing
            await until(lambda: not journal.pending and not records.depth)
    assert numbers(url) == list(range(1, sent + 1))
    assert messages(url) == [str(number) for number in range(1, sent + 1)]
