"""Look-ups over real HTTP: one request for all who ask the same, answers kept, nobody held too long."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from acting import Receiver, integrations
from stopwatch import Stopwatch

from softswitch.answer.breaker import Limits
from softswitch.app.acting import lookups as room
from softswitch.app.acting.caching import Answer
from softswitch.app.acting.lookups import Lookups
from softswitch.app.acting.registry import Means, Registry

JANE = Answer({"name": "Jane"})


@asynccontextmanager
async def looking(receiver: Receiver, extra: str = "", name: str = "find") -> AsyncIterator[Lookups]:
    text = (
        f"hosts: 127.0.0.1\nlookups:\n  {name}: {{kind: http, url: '{receiver.url}/customers/{{n}}', "
        f"result: {{name: customer.name}}{extra}}}\n"
    )
    registry = Registry(Means(integrations(text)))
    lookups = Lookups(registry)
    try:
        yield lookups
    finally:
        await lookups.close()
        await registry.close()


def customers(receiver: Receiver) -> None:
    body = json.dumps({"customer": {"name": "Jane"}}).encode()
    receiver.answers = lambda path, n: (404, {}, b"{}") if path.endswith("/0") else (200, {}, body)


async def test_a_hundred_who_ask_the_same_at_once_cause_one_request() -> None:
    with Receiver() as receiver:
        customers(receiver)
        receiver.delay_s = 0.1
        async with looking(receiver) as lookups:
            found = await asyncio.gather(*(lookups.find("shop", "find", {"n": "1"}) for _ in range(100)))
            assert found == [JANE] * 100
            assert len(receiver.requests) == 1
            assert (receiver.requests[0]["method"], receiver.requests[0]["path"]) == ("GET", "/customers/1")
            assert lookups.figures.asked == {("find", "request"): 1, ("find", "joined"): 99}
            await lookups.find("shop", "find", {"n": "2"})
            assert len(receiver.requests) == 2


async def test_an_answer_is_kept_for_its_time_and_that_there_is_none_for_a_shorter_one() -> None:
    with Receiver() as receiver:
        customers(receiver)
        async with looking(receiver, ", cache: 10s, cache_missing: 100ms") as lookups:
            for _ in range(3):
                assert await lookups.find("shop", "find", {"n": "1"}) == JANE
                assert await lookups.find("shop", "find", {"n": "0"}) == Answer({})
            assert len(receiver.requests) == 2
            await asyncio.sleep(0.15)
            await lookups.find("shop", "find", {"n": "1"})
            await lookups.find("shop", "find", {"n": "0"})
            assert [each["path"][-1] for each in receiver.requests] == ["1", "0", "0"]
            assert lookups.figures.answers == {("find", "found"): 1, ("find", "not_found"): 2}
            assert lookups.figures.ages_s > 0


async def test_what_cannot_be_told_is_not_kept_and_logged_once_without_what_was_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (500, {}, b'{"message": "no customer 4711"}')
        async with looking(receiver) as lookups:
            with caplog.at_level(logging.WARNING):
                for _ in range(3):
                    assert await lookups.find("shop", "find", {"n": "4711"}) is None
            assert len(receiver.requests) == 3
    assert "4711" not in caplog.text
    assert caplog.text.count("cannot be looked up") == 1


async def test_who_gives_up_leaves_the_request_to_the_next_one() -> None:
    with Receiver() as receiver:
        customers(receiver)
        receiver.delay_s = 0.4
        async with looking(receiver) as lookups:
            watch = Stopwatch()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await lookups.find("shop", "find", {"n": "1"})
            assert watch.own_s < 0.3
            assert await lookups.find("shop", "find", {"n": "1"}) == JANE
            assert len(receiver.requests) == 1
            assert lookups.figures.asked["find", "late"] == 1


async def test_a_dialplan_whose_look_ups_hang_does_not_hold_up_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST_OF_PLAN", 5)
    with Receiver() as receiver:
        customers(receiver)
        receiver.delay_s = 0.5
        async with looking(receiver, ", at_once: 20") as lookups:
            for number in range(10):
                lookups.prefetch("slow", "find", {"n": str(number + 10)})
            assert lookups.figures.asked["find", "full"] == 5
            assert await lookups.find("slow", "find", {"n": "99"}) is None
            assert await lookups.find("other", "find", {"n": "99"}) == JANE


async def test_an_integration_has_only_so_many_requests_under_way() -> None:
    with Receiver() as receiver:
        customers(receiver)
        receiver.delay_s = 0.2
        async with looking(receiver, ", at_once: 2") as lookups:
            began = time.monotonic()
            await asyncio.gather(*(lookups.find("shop", "find", {"n": str(n)}) for n in range(1, 5)))
            assert time.monotonic() - began > 0.39


async def test_a_plan_may_have_a_look_up_of_its_own_and_what_is_unknown_is_late() -> None:
    with Receiver() as receiver:
        customers(receiver)
        async with looking(receiver, name="shop.find") as lookups:
            assert await lookups.find("shop", "find", {"n": "1"}) == JANE
            assert await lookups.find("other", "find", {"n": "1"}) is None
            assert await lookups.find("shop", "find", {}) is None


async def test_what_was_asked_for_ahead_is_there_without_waiting() -> None:
    with Receiver() as receiver:
        customers(receiver)
        async with looking(receiver) as lookups:
            lookups.prefetch("shop", "find", {"n": "1"})
            while not lookups.figures.answers:
                await asyncio.sleep(0.01)
            async with asyncio.timeout(0):
                assert await lookups.find("shop", "find", {"n": "1"}) == JANE


async def test_a_changed_file_looks_up_anew() -> None:
    with Receiver() as receiver, Receiver() as other:
        customers(receiver)
        customers(other)
        async with looking(receiver) as lookups, looking(other) as elsewhere:
            await lookups.find("shop", "find", {"n": "1"})
            await lookups.replace(elsewhere._registry)
            assert await lookups.find("shop", "find", {"n": "1"}) == JANE
            assert (len(receiver.requests), len(other.requests)) == (1, 1)


async def test_a_database_is_asked_and_no_row_is_nothing_found(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table customers (number text, name text)")
        connection.execute("insert into customers values ('1', 'Jane')")
    connection.close()
    registry = Registry(
        Means(
            integrations(
                f"lookups:\n  find: {{kind: sql, database: 'sqlite:///{tmp_path}/shop.db', "
                "query: 'select name from customers where number = :n', result: {name: name}, cache: 1h}\n"
            )
        )
    )
    lookups = Lookups(registry)
    found = await lookups.find("shop", "find", {"n": "1"})
    assert found
    assert found.values["name"] == "Jane"
    assert await lookups.find("shop", "find", {"n": "2"}) == Answer({})
    await lookups.close()
    await registry.close()


async def test_a_look_up_that_is_down_is_not_asked_and_tried_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "Limits", lambda slow: Limits(slow=slow, wait=0.2))
    with Receiver() as receiver:
        receiver.answers = lambda path, n: (500, {}, b"")
        async with looking(receiver) as lookups:
            for number in range(8):
                assert await lookups.find("shop", "find", {"n": str(number)}) is None
            assert (len(receiver.requests), lookups.figures.asked["find", "broken"]) == (5, 3)
            customers(receiver)
            await asyncio.sleep(0.25)
            for number in range(1, 4):
                assert await lookups.find("shop", "find", {"n": str(number)}) == JANE
            assert lookups.breakers["shop", "find"].state == "closed"
