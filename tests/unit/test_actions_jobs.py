"""When jobs are due, and what becomes of times that were missed and of clocks that jump."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from softswitch.actions.jobs import Decision, Job, decide, key

HOURLY = Job.model_validate({"action": "sweep", "every": "1h"})
NIGHTLY = Job.model_validate({"action": "sweep", "at": "02:30", "time_zone": "Europe/Berlin"})
HOUR, DAY = 3600.0, 86_400.0


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(due: float | None) -> str:
    return "" if due is None else f"{datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M}"


def test_a_job_that_comes_every_hour_is_due_on_the_hour() -> None:
    now = at("2026-11-23 10:20", "UTC")
    assert shown(HOURLY.last_due(now)) == "2026-11-23 10:00"
    assert shown(HOURLY.next_due(now)) == "2026-11-23 11:00"
    assert HOURLY.last_due(at("2026-11-23 10:00", "UTC")) == at("2026-11-23 10:00", "UTC")


def test_a_time_of_day_is_that_of_its_zone_in_winter_and_in_summer() -> None:
    assert shown(NIGHTLY.last_due(at("2026-11-23 10:00"))) == "2026-11-23 01:30"
    assert shown(NIGHTLY.last_due(at("2026-07-23 10:00"))) == "2026-07-23 00:30"
    assert shown(NIGHTLY.last_due(at("2026-11-23 02:29"))) == "2026-11-22 01:30"
    assert shown(NIGHTLY.next_due(at("2026-11-23 02:30"))) == "2026-11-24 01:30"


def test_it_is_due_once_on_days_when_the_clocks_change() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        begin = at(f"{day} 00:00")
        dues = {NIGHTLY.last_due(begin + minute * 60.0) for minute in range(0, 26 * 60, 5)}
        assert len({due for due in dues if due and begin <= due < begin + 25 * HOUR - 60}) == 1, day


def test_days_and_several_times() -> None:
    job = Job.model_validate({"action": "a", "at": ["09:00", "17:00"], "days": "mon-fri"})
    assert shown(job.last_due(at("2026-11-22 12:00", "UTC"))) == "2026-11-20 17:00"  # a Sunday
    assert shown(job.next_due(at("2026-11-22 12:00", "UTC"))) == "2026-11-23 09:00"
    assert shown(job.last_due(at("2026-11-23 16:59", "UTC"))) == "2026-11-23 09:00"


def test_a_new_job_begins_with_its_next_time() -> None:
    now = at("2026-11-23 10:00:01", "UTC")
    assert decide(HOURLY, None, now) == Decision(at("2026-11-23 10:00", "UTC"), False)


def test_what_is_due_is_promised_once() -> None:
    done, now = at("2026-11-23 10:00", "UTC"), at("2026-11-23 11:00", "UTC")
    assert decide(HOURLY, done, now - 1) is None
    assert decide(HOURLY, done, now) == Decision(now, True)
    assert decide(HOURLY, now, now + 60) is None


def test_what_was_missed_is_done_once_or_not_at_all() -> None:
    done, now = at("2026-11-23 10:00", "UTC"), at("2026-11-23 15:20", "UTC")
    last = at("2026-11-23 15:00", "UTC")
    assert decide(HOURLY, done, now) == Decision(last, True)
    skipping = HOURLY.model_copy(update={"missed": "skip"})
    assert decide(skipping, done, now) == Decision(last, False)
    assert decide(skipping, done, last + 59) == Decision(last, True)


def test_a_clock_that_leaps_ahead_and_goes_back_stops_no_job() -> None:
    now = at("2026-11-23 10:00", "UTC")
    leapt = decide(HOURLY, now, now + 2 * DAY)
    assert leapt == Decision(now + 2 * DAY, True)
    back = decide(HOURLY, leapt.due, now + HOUR)
    assert back == Decision(now + HOUR, True)
    assert decide(HOURLY, back.due, now + 2 * HOUR) == Decision(now + 2 * HOUR, True)
    # What was done ahead of its time has the key that it has when its time comes: it is one promise.
    assert key("sweep", now + 2 * DAY) == key("sweep", leapt.due)


def test_a_clock_that_goes_back_a_little_does_nothing_twice() -> None:
    now = at("2026-11-23 10:00", "UTC")
    assert decide(HOURLY, now, now - 0.5) is None
    assert decide(HOURLY.model_copy(update={"every": 7200.0}), now - HOUR, now - 0.1) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"every": "1h", "at": "02:30"},
        {"every": "1h", "days": "mon"},
        {"at": "25:00"},
        {"at": "02:30", "days": "monday"},
        {"at": "02:30", "time_zone": "Mars/Base"},
        {"every": "0s"},
    ],
    ids=str,
)
def test_a_job_that_is_wrong_is_told(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Job.model_validate({"action": "a", **wrong})
