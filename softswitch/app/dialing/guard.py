"""Counts what is dialled against the caps on dialling, across all nodes, and tells of the holds they set."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Coroutine
from typing import Any

from softswitch.app.dialing.wires import Wires
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.news import DiallingHeld, DiallingStopped
from softswitch.store import dialled
from softswitch.store.dialled import Hold
from softswitch.trunks import guarding

log = logging.getLogger(__name__)
LOOK_S = 5.0
"""Between two looks at the holds, which other nodes set and people release, and at the minutes of calls."""
PRUNE_S = 3600.0


class Guard:
    """`held` are the scopes of the holds that this node knows of."""

    def __init__(self, config: Config, wires: Wires) -> None:
        self._url, self._node, self._wires = config.database_url, config.node, wires
        self._caps = guarding.caps(config.dialing)
        self._work: set[asyncio.Task[None]] = set()
        self.held: frozenset[str] = frozenset()

    async def admit(self, call_id: str, number: str, trunk: str, *, each: bool = True) -> str:
        """Count the call before anything is sent; or why it may not be made, as a sentence. Without `each`
        the caps on each number do not count. Raises SoftswitchError when the database is away.
        """
        caps = [cap for cap in self._caps if each or not cap.each]
        hold = await asyncio.to_thread(dialled.admit, self._url, call_id, number, trunk, self._node, caps)
        if hold is None:
            return ""
        if hold.scope not in self.held:
            self._wires.emit(DiallingHeld(call_id, number, hold.scope, hold.reason, hold.at))
            self._alert(hold)
        return f"{hold.reason}; softswitch guard release {hold.scope} lifts the hold"

    def note(self, call_id: str, *, answered_at: float = 0.0, ended_at: float = 0.0) -> None:
        """The times (Unix seconds) of a call that was admitted and has no records of its own."""
        self._start(self._write_times(call_id, answered_at, ended_at))

    async def _write_times(self, call_id: str, answered_at: float, ended_at: float) -> None:
        times = {"answered_at": answered_at, "ended_at": ended_at}
        while True:
            try:
                return await asyncio.to_thread(dialled.note, self._url, call_id, **times)
            except SoftswitchError:  # nothing is dialled meanwhile either
                await asyncio.sleep(LOOK_S)

    def close_orphans(self, live_call_ids: Collection[str]) -> None:
        """What a process that died was dialling counts no further; these calls are up, or on their way."""
        self._start(self._close_orphans(live_call_ids, time.time()))

    async def _close_orphans(self, live_call_ids: Collection[str], at: float) -> None:
        with contextlib.suppress(SoftswitchError):  # then at the next start
            await asyncio.to_thread(dialled.close_orphans, self._url, self._node, live_call_ids, at)

    async def keep(self) -> None:
        """Look at the holds, and drop what no cap looks at any more: now and then, for ever."""
        prune_at = 0.0
        while True:
            try:
                await self._look()
                if time.monotonic() >= prune_at:
                    await asyncio.to_thread(dialled.prune, self._url, time.time() - dialled.KEEP_S)
                    prune_at = time.monotonic() + PRUNE_S
            except SoftswitchError as error:  # nothing is dialled meanwhile either
                log.debug("holds are not looked at: %s", error)
            except Exception:  # the calls of a node do not end for this
                log.exception("while looking at holds")
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        holds = await asyncio.to_thread(dialled.trip, self._url, self._caps)
        self.held &= {hold.scope for hold in holds}
        for hold in holds:
            self._alert(hold)

    def _alert(self, hold: Hold) -> None:
        """Once about each hold: in the log, by the metric, and to whoever listens."""
        if hold.scope in self.held:
            return
        log.error(
            "DIALLING IS HELD (%s): %s. See softswitch guard show; softswitch guard release lifts it",
            hold.scope,
            hold.reason,
        )
        self._wires.announce(DiallingStopped(hold.scope, hold.reason, hold.at))
        self.held |= {hold.scope}

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
