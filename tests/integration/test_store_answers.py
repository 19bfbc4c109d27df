"""Remembered answers on both databases: kept once, a person's never overwritten, expired ones gone."""

from typing import Any

import pytest
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.store import answers, changes, migrate
from softswitch.store.engine import transaction

__all__ = ["database_url", "postgres_cluster", "postgres_url"]

NOW = 1_000_000.0


@pytest.fixture
def url(database_url: str) -> str:
    migrate.upgrade(database_url)
    return database_url


def row(**more: Any) -> dict[str, Any]:
    return {
        "plan": "shop",
        "version": "v1",
        "language": "en",
        "key": "when do you open",
        "intent": "",
        "question": "When do you open?",
        "answer": "At nine.",
        "scope": "plan",
        "fields": {},
        "known": [],
        "caller": "",
        "made_at": NOW,
        "expires_at": NOW + 100,
    } | more


def keep(url: str, **more: Any) -> int | None:
    with transaction(url, writes=True) as connection:
        return answers.keep(connection, row(**more))


def test_an_answer_is_kept_once_and_a_newer_one_takes_its_place(url: str) -> None:
    first, second = keep(url), keep(url, answer="At ten.", made_at=NOW + 1)
    assert first == second
    (found,) = answers.read(url, "shop")
    assert (found["id"], found["answer"], found["made_at"], found["state"]) == (
        first,
        "At ten.",
        NOW + 1,
        "new",
    )
    assert changes.revision(url, answers.KIND) == 2


def test_what_hangs_on_something_else_is_another_answer(url: str) -> None:
    keep(url)
    keep(url, version="v2")
    keep(url, fields={"branch": "north"})
    keep(url, fields={"branch": "south"})
    keep(url, scope="caller", caller="+441")
    keep(url, scope="caller", caller="+442")
    keep(url, intent="hours")
    assert len(answers.read(url)) == 7


@pytest.mark.parametrize("state", ["approved", "forgotten"])
def test_what_a_person_decided_no_model_overwrites(url: str, state: str) -> None:
    number = keep(url)
    assert number
    assert answers.review(url, [number], NOW + 1, state=state, answer="At nine sharp.") == 1
    assert keep(url, answer="At ten.") is None
    found = answers.find(url, number)
    assert found
    assert (found["answer"], found["state"]) == ("At nine sharp.", state)


def test_uses_are_counted_and_told(url: str) -> None:
    number = keep(url)
    assert number
    keep(url, key="other", expires_at=NOW - 1)
    for _ in range(2):
        with transaction(url, writes=True) as connection:
            answers.used(connection, {number: 3, 999: 1}, NOW + 5)
    assert answers.counts(url, NOW) == [
        {"plan": "shop", "language": "en", "state": "new", "scope": "plan", "answers": 1, "uses": 6}
    ]


def test_what_has_expired_and_what_nobody_asks_for_any_more_goes(url: str) -> None:
    keep(url)
    keep(url, key="expired", expires_at=NOW - 1)
    keep(url, key="stale", version="v0", made_at=NOW - 100_000)
    keep(url, key="fresh", version="v0")
    keep(url, key="approved", version="v0", made_at=NOW - 100_000)
    approved = next(found["id"] for found in answers.read(url) if found["key"] == "approved")
    answers.review(url, [approved], NOW - 100_000, state="approved")
    with transaction(url, writes=True) as connection:
        assert answers.forget(connection, NOW, {"shop": "v1"}) == 2
    assert {found["key"] for found in answers.read(url)} == {"when do you open", "fresh", "approved"}


def test_of_too_many_those_go_that_were_not_used_for_the_longest_time(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST", 3)
    numbers = [keep(url, key=f"question {number}") for number in range(6)]
    with transaction(url, writes=True) as connection:
        answers.used(connection, {numbers[0] or 0: 1}, NOW + 1)
        assert answers.forget(connection, NOW, {"shop": "v1"}) == 3
    left = {found["id"] for found in answers.read(url)}
    assert left == {numbers[0], numbers[4], numbers[5]}
