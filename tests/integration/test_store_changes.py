"""Changes are counted by kind, and a watch sees each of them, also after the database was away."""

from pathlib import Path

import pytest
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.errors import SoftswitchError
from softswitch.store import changes, migrate
from softswitch.store.engine import transaction

__all__ = ["database_url", "postgres_cluster", "postgres_url"]


def bump(url: str, kind: str) -> None:
    with transaction(url, writes=True) as connection:
        changes.bump(connection, kind)


def test_a_watch_sees_every_change_of_its_kind_and_no_other(database_url: str):
    migrate.upgrade(database_url)
    watch = changes.Watch(database_url)
    assert watch.revision("trunks") == 0
    for number in (1, 2):
        bump(database_url, "trunks")
        bump(database_url, "bans")
        assert watch.revision("trunks") == number == changes.revision(database_url, "trunks")
    watch.close()


def test_a_watch_says_that_the_database_is_away_and_goes_on_when_it_is_back(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'calls.db'}"
    watch = changes.Watch(url)
    for _ in range(2):
        with pytest.raises(SoftswitchError, match="cannot be used"):
            watch.revision("trunks")
    migrate.upgrade(url)
    bump(url, "trunks")
    assert watch.revision("trunks") == 1
    watch.close()
