"""Calls' recordings in a node: begun by sessions, told to the records, pruned in time."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection

from softswitch.config import Config
from softswitch.events import CallInfo
from softswitch.news import RecordingChanged, SessionEvent
from softswitch.ports import Tape
from softswitch.publish.metrics import Metrics
from softswitch.store import tape_files, tapes
from softswitch.store.tapes import Taped, Tapes

log = logging.getLogger(__name__)
PRUNE_EVERY_S = 300.0


class Recordings:
    def __init__(self, config: Config, emit: Callable[[SessionEvent], None]) -> None:
        self._folder = config.recordings_dir
        self._settings = config.recording
        self._emit = emit
        self._tapes = Tapes(self._folder, config.media.clock_rate, self._tell)
        self._ended = Counter[str](whole=0, cut=0, repaired=0)

    def start(self, metrics: Metrics) -> None:
        self._tapes.start()
        metrics.watch("softswitch_recordings", lambda: self._tapes.count)
        metrics.watch("softswitch_recordings_total", lambda: dict(self._ended))
        metrics.watch("softswitch_recording_waiting_seconds", lambda: self._tapes.waiting_s)

    def open(self, info: CallInfo) -> Tape | None:
        """For session.Parts."""
        return self._tapes.open(info.call_id, info.started_at)

    def on_ready(self, live: Collection[str]) -> None:
        """It is known which calls are up: what was being written of others is over."""
        self._tapes.repair(live)

    def _tell(self, taped: Taped) -> None:
        if taped.ended:
            died = taped.note == tapes.DIED
            self._ended["repaired" if died else "cut" if taped.note else "whole"] += 1
        if not taped.ended or taped.note:
            self._emit(RecordingChanged(taped.call_id, taped.file, taped.note, time.time()))

    async def prune(self) -> None:
        """Delete what is too old or too much, now and again, for ever."""
        most = self._settings.most_mb * 1_000_000
        while True:
            before = time.time() - self._settings.keep
            if deleted := await asyncio.to_thread(tape_files.prune, self._folder, before, most):
                log.info("%d recordings were deleted: too old, or too much", deleted)
            await asyncio.sleep(PRUNE_EVERY_S)

    async def close(self) -> None:
        """Everything recorded is on disk, and told."""
        await self._tapes.close()
        await asyncio.sleep(0)  # the thread's last words are on the loop
