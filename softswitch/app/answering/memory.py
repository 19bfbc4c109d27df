"""Remembered answers between the table and the node's book: read at the start, written as they are made."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from softswitch.answer.book import Book
from softswitch.answer.remembering import Asked, Remembered
from softswitch.answer.replying import Reply
from softswitch.errors import SoftswitchError
from softswitch.store import answers
from softswitch.store.changes import Watch
from softswitch.store.writer import Records

log = structlog.get_logger(__name__)
LOOK_S = 1.0
"""Between two looks for what other nodes made, and people reviewed."""
COUNT_S = 10.0
PRUNE_S = 3600.0
MOST_WRITING = 100
"""Answers on their way to the table; beyond that they are given up: they will be thought again."""
OVERLAP_S = 60.0
"""Clocks of nodes differ: so much of what is known already is read again."""


class Memory:
    """`versions` tells the plans that take calls, by name; `learn` is told of each answer that is new or was
    changed. `dropped` counts answers that were not kept.
    """

    def __init__(
        self,
        url: str,
        records: Records,
        versions: Callable[[], Mapping[str, str]],
        learn: Callable[[Sequence[Remembered]], None],
    ) -> None:
        self.book = Book()
        self.dropped = 0
        self._url, self._records, self._versions, self._learn = url, records, versions, learn
        self._uses = Counter[int]()
        self._writing: set[asyncio.Task[None]] = set()

    def keep(self, asked: Asked, reply: Reply, expires_at: float) -> None:
        """Remember an answer; it is given again once it is written down."""
        if len(self._writing) >= MOST_WRITING:
            self.dropped += 1
            return
        task = asyncio.create_task(self._keep(_row(asked, reply, time.time(), expires_at)))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _keep(self, row: dict[str, Any]) -> None:
        try:
            number = await self._records.execute(lambda connection: answers.keep(connection, row))
        except SoftswitchError as error:
            self.dropped += 1
            log.warning("an answer is not remembered", why=str(error))
            return
        if number is not None:
            self._put([_remembered(row | {"id": number, "state": "new", "uses": 0})])

    def _put(self, learnt: Sequence[Remembered]) -> None:
        self.book.put(learnt)
        self._learn(learnt)

    def used(self, answer: Remembered) -> None:
        self._uses[answer.id] += 1

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for: what is in the book is given meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._count())
            tasks.create_task(self._prune())

    async def close(self) -> None:
        await asyncio.gather(*self._writing, return_exceptions=True)
        with contextlib.suppress(SoftswitchError):
            await self._write_uses()

    async def _follow(self) -> None:
        """What was made elsewhere, and what people have decided."""
        watch, seen, since = Watch(self._url), -1, 0.0
        try:
            while True:
                with contextlib.suppress(SoftswitchError):
                    revision = await asyncio.to_thread(watch.revision, answers.KIND)
                    if revision != seen:
                        at = time.time()
                        rows = await asyncio.to_thread(answers.read, self._url, since=since)
                        self._put([_remembered(row) for row in reversed(rows)])
                        seen, since = revision, at - OVERLAP_S
                await asyncio.sleep(LOOK_S)
        finally:
            watch.close()

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNT_S)
            with contextlib.suppress(SoftswitchError):
                await self._write_uses()

    async def _write_uses(self) -> None:
        uses, self._uses = dict(self._uses), Counter[int]()
        if uses:
            now = time.time()
            await self._records.execute(lambda connection: answers.used(connection, uses, now))

    async def _prune(self) -> None:
        while True:
            with contextlib.suppress(SoftswitchError):
                forget = partial(answers.forget, now=time.time(), versions=dict(self._versions()))
                await self._records.execute(forget)
            await asyncio.sleep(PRUNE_S)


def _row(asked: Asked, reply: Reply, now: float, expires_at: float) -> dict[str, Any]:
    return {
        "plan": asked.plan,
        "version": asked.version,
        "language": asked.language,
        "key": asked.key,
        "intent": asked.intent,
        "question": asked.text,
        "answer": reply.text,
        "scope": reply.scope,
        "fields": asked.values(reply.fields),
        "known": sorted(asked.context or ()),
        "caller": asked.caller if reply.scope == "caller" else "",
        "made_at": now,
        "expires_at": expires_at,
    }


def _remembered(row: Mapping[str, Any]) -> Remembered:
    names = (
        *("id", "plan", "version", "language", "key", "answer", "scope", "fields", "caller", "state"),
        *("made_at", "expires_at", "intent", "question", "uses"),
    )
    return Remembered(known=frozenset(row["known"]), **{name: row[name] for name in names})
