"""Bans in real databases: kept, made longer each time, lifted, and seen by the nodes."""

import pytest
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.store import bans, changes, migrate
from softswitch.values import DAY

__all__ = ["database_url", "postgres_cluster", "postgres_url"]


def hours(times: int) -> float:
    return 3600.0 * times


@pytest.fixture
def url(database_url: str) -> str:
    migrate.upgrade(database_url)
    return database_url


def test_a_ban_holds_for_its_time_and_is_listed(url: str) -> None:
    made = bans.add(url, "203.0.113.7", "scanner", "node-1", 1000.0, hours)
    assert made == bans.Ban("203.0.113.7", "scanner", "node-1", 1000.0, 4600.0, 1)
    assert bans.held(url, 4599.0) == [made]
    assert bans.held(url, 4600.0) == []


def test_the_next_ban_of_an_address_is_longer_and_a_renewed_one_is_not(url: str) -> None:
    bans.add(url, "2001:db8::7", "scanner", "node-1", 1000.0, hours)
    renewed = bans.add(url, "2001:db8::7", "scanner", "node-2", 1010.0, hours)
    assert (renewed.times, renewed.until) == (1, 4610.0)
    again = bans.add(url, "2001:db8::7", "scanner", "node-1", 5000.0, hours)
    assert (again.times, again.until) == (2, 5000.0 + 7200.0)
    assert bans.held(url, 6000.0) == [again]


def test_a_ban_that_ended_a_day_ago_is_forgotten(url: str) -> None:
    bans.add(url, "203.0.113.7", "", "n", 1000.0, hours)
    bans.add(url, "203.0.113.8", "", "n", 1000.0 + 3600 + DAY + 1, hours)
    assert bans.add(url, "203.0.113.7", "", "n", 200_000.0, hours).times == 1


def test_lifting_ends_a_ban_and_every_change_is_counted(url: str) -> None:
    before = changes.revision(url, bans.KIND)
    bans.add(url, "203.0.113.7", "", "n", 1000.0, hours)
    assert changes.revision(url, bans.KIND) == before + 1
    assert bans.lift(url, "203.0.113.7")
    assert not bans.lift(url, "203.0.113.7")
    assert changes.revision(url, bans.KIND) == before + 2
    assert bans.held(url, 1001.0) == []


def test_no_more_bans_are_kept_than_fit(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bans, "MOST", 3)
    for last in range(1, 6):
        bans.add(url, f"203.0.113.{last}", "", "n", 1000.0 + last, hours)
    assert [ban.address for ban in bans.held(url, 1010.0)] == ["203.0.113.5", "203.0.113.4", "203.0.113.3"]
