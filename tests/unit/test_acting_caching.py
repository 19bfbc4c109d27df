"""Answers of look-ups in memory: how long they hold, and what makes room."""

import pytest

from softswitch.app.acting import caching
from softswitch.app.acting.caching import Answer, Cache

JANE = Answer({"name": "Jane"})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_holds_for_its_time_and_tells_its_age() -> None:
    clock = Clock()
    cache = Cache(clock)
    key = cache.key("find", {"number": "1"})
    assert cache.get(key) is None
    cache.put(key, JANE, 10.0)
    clock.now = 9.9
    assert cache.get(key) == (JANE, 9.9)
    clock.now = 10.0
    assert cache.get(key) is None
    assert (len(cache), cache.size) == (0, 0)


def test_what_is_to_be_kept_for_no_time_is_not_kept() -> None:
    cache = Cache()
    key = cache.key("find", {})
    cache.put(key, JANE, 10.0)
    cache.put(key, JANE, 0.0)
    assert (cache.get(key), len(cache), cache.size) == (None, 0, 0)


def test_keys_tell_apart_what_is_asked_and_do_not_show_it() -> None:
    cache = Cache()
    keys = [
        cache.key("find", {"a": "1", "b": "2"}),
        cache.key("find", {"a": "12", "b": ""}),
        cache.key("find", {"a": "1"}),
        cache.key("finda", {"": "1"}),
        Cache().key("find", {"a": "1"}),
    ]
    assert len(set(keys)) == len(keys)
    assert cache.key("find", {"b": "2", "a": "1"}) == keys[0]
    assert not any(b"4711" in cache.key("find", {"pin": "4711"}) for _ in range(3))


def test_what_was_not_asked_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "MOST_ENTRIES", 2)
    cache = Cache()
    first, second, third = (cache.key("find", {"n": str(n)}) for n in range(3))
    cache.put(first, JANE, 10.0)
    cache.put(second, JANE, 10.0)
    assert cache.get(first)
    cache.put(third, JANE, 10.0)
    assert (bool(cache.get(first)), cache.get(second), bool(cache.get(third))) == (True, None, True)


def test_the_cache_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "MOST_BYTES", 10_000)
    cache = Cache()
    for number in range(100):
        cache.put(cache.key("find", {"n": str(number)}), Answer({"text": "x" * 1000}), 10.0)
        assert cache.size <= 10_000
    assert 0 < len(cache) <= 4
    cache.put(cache.key("find", {}), Answer({"text": "x" * 20_000}), 10.0)
    assert cache.get(cache.key("find", {})) is None
