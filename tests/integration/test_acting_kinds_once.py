"""Promises kept by mail and calendar, through the outbox: once, and truthfully told when they are not."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from acting import action, integrations, run, working
from radicale_server import Radicale
from stopwatch import Stopwatch

from softswitch.actions.action import Done, Later
from softswitch.store import migrate
from softswitch.store.outbox import adding, looking
from softswitch.store.outbox.looking import Entry, Filter

DAY = (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=3)).date()
RETRY = "retry: {first: 100ms, last: 1s, give_up_after: 60s}"


def entries(url: str) -> list[Entry]:
    return looking.listed(url, Filter(), 1000)


async def over(url: str) -> list[Entry]:
    watch = Stopwatch()
    while not all(each.finished_at for each in await asyncio.to_thread(entries, url)):
        assert watch.own_s < 40.0, [(each.state, each.error) for each in entries(url)]
        await asyncio.sleep(0.05)
    return entries(url)


@pytest.mark.slow
async def test_many_callers_of_two_nodes_want_slots_that_overlap_and_none_is_given_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate.upgrade(url)
    monkeypatch.setenv("DAV_PASSWORD", "s3cret")
    times = ["10:00", "10:15", "10:30"] * 4
    with Radicale(tmp_path) as server:
        text = (
            "hosts: 127.0.0.1\nsecrets: {dav: {env: DAV_PASSWORD}}\nactions:\n  book:\n    kind: calendar\n"
            f"    url: {server.url}\n    basic: {{user: ann, password: '{{secret:dav}}'}}\n"
            f"    time_zone: Europe/Berlin\n    start: '{DAY} {{time}}'\n    summary: x\n    {RETRY}\n"
        )
        for number, each in enumerate(times):
            adding.add(url, "book", {"time": each}, f"book:{number}")
        async with working(url, integrations(text)), working(url, integrations(text), "second"):
            found = await over(url)
        events = server.events()
    done = [each.result["time"] for each in found if each.state == "done" and each.result]
    assert Counter(each.state for each in found)["done"] == len(events) == len(done)
    # Half an hour each: 10:15 alone, or the others; who saw one that was taken back had to give way.
    assert sorted(done) in (["10:15"], ["10:00"], ["10:30"], ["10:00", "10:30"])
    refused = [each for each in found if each.state == "dead"]
    assert len(refused) == len(times) - len(done)
    assert all(each.result and each.result["why"] == "taken" and each.result["free_1"] for each in refused)


async def test_a_mail_whose_acknowledgement_was_lost_goes_out_again_under_the_same_name() -> None:
    taken: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """SMTP as far as it goes; the first message is taken and the line cut instead of the answer."""
        writer.write(b"220 mail.example.com\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"QUIT"):
                writer.write(b"221 2.0.0 bye\r\n")
                break
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
                if len(taken) == 1:
                    break
            writer.write(b"250 2.0.0 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = (
        "hosts: 127.0.0.1\nactions:\n  order: {kind: email, server: 127.0.0.1, security: none, "
        f"port: {port}, from: a@shop.example.com, to: '{{email}}', subject: s, text: t}}\n"
    )
    given = action(email="ann@example.com")
    assert isinstance(await run(text, given), Later)
    assert await run(text, given) == Done({"message_id": f"<{'k' * 32}@shop.example.com>"})
    server.close()
    await server.wait_closed()
    first, second = taken
    assert first == second
