"""Caps on what is dialled, on real SQLite and PostgreSQL: nothing passes them, whoever else dials."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.sections.dialing import Dialing
from softswitch.store import dialled, migrate
from softswitch.store.dialled import Hold
from softswitch.store.engine import open_engine, transaction
from softswitch.store.schema import metadata
from softswitch.store.tables import dialled as rows
from softswitch.trunks import guarding
from softswitch.trunks.guarding import HOUR, MINUTE, Cap
from softswitch.values import DAY

__all__ = ["database_url", "postgres_cluster", "postgres_url"]

BERLIN, LONDON = "+49301234567", "+442079460123"
CALLS = Cap("calls_per_minute", "calls", MINUTE, 3)
EACH = Cap("calls_per_number", "calls", DAY, 2, each=True)
MINUTES = Cap("minutes_per_hour", "seconds", HOUR, 120)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Dialling:
    """Dials on a database of its own, at a time that the test says."""

    def __init__(self, url: str) -> None:
        self.url, self.clock = url, Clock()

    def __call__(self, *caps: Cap, number: str = BERLIN) -> Hold | None:
        self.call_id = uuid4().hex
        return dialled.admit(self.url, self.call_id, number, "a", "node", caps, self.clock)

    def note(self, what: Callable[[sa.Connection, str, float], None], call_id: str, at: float) -> None:
        with transaction(self.url, writes=True) as connection:
            what(connection, call_id, at)

    def count(self) -> int:
        with transaction(self.url) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(rows)) or 0


@pytest.fixture
def dial(database_url: str) -> Dialling:
    migrate.upgrade(database_url)
    return Dialling(database_url)


def test_a_cap_holds_everything_until_it_is_released(dial: Dialling):
    assert [dial(CALLS) for _ in range(3)] == [None] * 3
    held = dial(CALLS)
    assert held and held.scope == "calls_per_minute"
    assert held.reason == "the cap of 3 calls in a minute is reached"
    dial.clock.now += HOUR  # the window is over; the hold is not
    assert dial(CALLS, number=LONDON) == held
    assert dialled.standing(dial.url) == [held]
    assert dialled.release(dial.url, clock=dial.clock) == ["calls_per_minute"]
    assert dialled.standing(dial.url) == []
    assert dial(CALLS) is None
    assert dial.count() == 4


def test_minutes_of_a_call_that_is_still_up_trip_their_cap_before_anybody_dials_again(dial: Dialling):
    assert dial(CALLS, MINUTES) is None
    dial.note(dialled.answered, dial.call_id, dial.clock.now)
    dial.clock.now += 100
    assert dialled.trip(dial.url, (CALLS, MINUTES), dial.clock) == []
    dial.clock.now += 20
    (hold,) = dialled.trip(dial.url, (CALLS, MINUTES), dial.clock)
    assert (hold.scope, hold.at) == ("minutes_per_hour", dial.clock.now)
    dial.clock.now += 20
    assert dialled.trip(dial.url, (CALLS, MINUTES), dial.clock) == [hold]
    dialled.release(dial.url, clock=dial.clock)
    assert dialled.trip(dial.url, (CALLS, MINUTES), dial.clock) == []  # it counts anew, the call still up
    dial.clock.now += 120
    assert dialled.trip(dial.url, (CALLS, MINUTES), dial.clock)


def test_minutes_to_one_number_hold_that_number(dial: Dialling):
    cap = Cap("minutes_per_number", "seconds", DAY, 120, each=True)
    assert dial(cap) is None
    dial.note(dialled.answered, dial.call_id, dial.clock.now)
    dial.clock.now += 120
    assert dialled.trip(dial.url, (cap,), dial.clock) == []
    assert dial(cap, number=LONDON) is None
    held = dial(cap)
    assert held and (held.scope, held.reason) == (
        BERLIN,
        "the cap of 2 minutes of calls to one number in a day is reached",
    )
    assert dial(cap, number=LONDON) is None


def test_what_was_dialled_before_a_release_counts_no_more(dial: Dialling):
    assert [dial(CALLS) for _ in range(3)] == [None] * 3
    assert dial(CALLS)
    dialled.release(dial.url, "calls_per_minute", dial.clock)
    dial.clock.now += 1
    assert [dial(CALLS) for _ in range(3)] == [None] * 3
    assert dial(CALLS)


def test_a_number_that_is_held_holds_no_other(dial: Dialling):
    assert [dial(EACH) for _ in range(2)] == [None] * 2
    held = dial(EACH)
    assert held and held.scope == BERLIN
    assert dial(EACH, number=LONDON) is None
    assert dial(number=BERLIN) == held
    assert dialled.release(dial.url, LONDON) == []
    assert dialled.release(dial.url, BERLIN, dial.clock) == [BERLIN]
    assert dial(number=BERLIN) is None


def test_a_window_moves_on(dial: Dialling):
    for _ in range(12):
        assert dial(CALLS) is None
        dial.clock.now += 21


def test_minutes_count_while_a_call_is_up_and_within_the_window_alone(dial: Dialling):
    assert dial(MINUTES) is None
    began = dial.clock.now
    first = dial.call_id
    dial.note(dialled.answered, first, began)
    dial.note(dialled.answered, first, began + 500)  # told twice: the first holds
    dial.clock.now += 119
    assert dial(MINUTES) is None
    dial.clock.now += 1
    assert dialled.usage(dial.url, [MINUTES], dial.clock)[0].used == pytest.approx(120)
    assert dial(MINUTES)
    dial.note(dialled.ended, first, began + 120)
    dialled.release(dial.url, clock=lambda: began)  # as if long ago: nothing is forgiven
    dial.clock.now = began + HOUR + 60
    assert dialled.usage(dial.url, [MINUTES], dial.clock)[0].used == pytest.approx(60)
    assert dial(MINUTES) is None


def test_usage_tells_of_each_cap_and_of_the_number_that_has_most(dial: Dialling):
    for number in (BERLIN, LONDON, LONDON):
        dial(number=number)
    calls, each = dialled.usage(dial.url, [CALLS, EACH], dial.clock)
    assert (calls.used, calls.number) == (3, "")
    assert (each.used, each.number) == (2, LONDON)


def test_calls_of_a_process_that_died_are_closed_but_for_those_still_up(dial: Dialling):
    for _ in range(3):
        dial()
    live = dial.call_id
    assert dialled.close_orphans(dial.url, "other", (), dial.clock.now) == 0
    assert dialled.close_orphans(dial.url, "node", {live}, dial.clock.now) == 2
    assert dialled.close_orphans(dial.url, "node", (), dial.clock.now - 1) == 0, "it was dialled since"
    assert dialled.close_orphans(dial.url, "node", (), dial.clock.now) == 1


def test_nothing_is_kept_beyond_its_time(dial: Dialling):
    dial(CALLS)
    dial.note(dialled.ended, dial.call_id, dial.clock.now)
    dial(CALLS)  # this one goes on
    assert dialled.prune(dial.url, dial.clock.now) == 0
    assert dialled.prune(dial.url, dial.clock.now + 1) == 1
    assert dial.count() == 1


def race(url: str, start: Barrier, admitted: "multiprocessing.Queue[int]") -> None:
    start.wait()
    caps = guarding.caps(Dialing(calls_per_minute=20, calls_per_number=0))
    done = [dialled.admit(url, uuid4().hex, BERLIN, "a", "node", caps) for _ in range(20)]
    admitted.put(done.count(None))


def test_nodes_that_dial_at_once_never_pass_a_cap_together(database_url: str):
    migrate.upgrade(database_url)
    spawn = multiprocessing.get_context("spawn")
    start, admitted = spawn.Barrier(2), spawn.Queue()
    nodes = [spawn.Process(target=race, args=(database_url, start, admitted)) for _ in range(2)]
    for node in nodes:
        node.start()
    each: list[int] = [admitted.get(timeout=60) for _ in nodes]
    for node in nodes:
        node.join()
    assert sum(each) == 20
    assert len(dialled.standing(database_url)) == 1


Moves = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 7.0, 30.0, 61.0, 1800.0]), st.sampled_from([BERLIN, LONDON])),
    min_size=5,
    max_size=30,
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(Moves)
def test_no_window_ever_has_more_calls_than_its_cap_unless_somebody_releases_it(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[float, str]]
):
    url = f"sqlite:///{tmp_path_factory.mktemp('caps') / 'records.db'}"
    engine = open_engine(url, writes=True)
    metadata.create_all(engine)
    engine.dispose()
    dial, caps = Dialling(url), (CALLS, Cap("calls_per_hour", "calls", HOUR, 7), EACH)
    made: list[tuple[float, str]] = []
    for wait, number in moves:
        dial.clock.now += wait
        if dial(*caps, number=number) is None:
            made.append((dial.clock.now, number))
    for cap in caps:
        for at, number in made:
            of_window = [each for each in made if at - cap.window < each[0] <= at]
            assert sum(not cap.each or other == number for _, other in of_window) <= cap.limit
    assert len(made) >= min(len(moves), 2)
