"""Calls' recordings on disk, written by one thread: a call never waits for a disk.

Audio waits in a bounded queue, a second at a time. A disk that is full or too slow cuts recordings, not
calls; each is told with a note.
"""

import asyncio
import errno
import os
import queue
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import structlog

from softswitch.store import wav
from softswitch.store.tape import BLOCK, FRAME_S, FileTape, Job
from softswitch.store.tape_files import file_of
from softswitch.store.wav import PartFile

log = structlog.get_logger(__name__)

QUEUE_LIMIT = 2000
"""Blocks that may wait, of all calls: 64 MB at 8 kHz."""
RESERVE = 200 << 20
"""Bytes of the disk that are left to others: the records need it more."""
CLOSE_S = 10.0
DIED = "cut: the node died"


@dataclass(frozen=True, slots=True)
class Taped:
    """What has become of a recording. `file` is below the folder, "" where there is none."""

    call_id: str
    file: str
    note: str
    ended: bool


class Tapes:
    """Made, used and closed on one asyncio loop. `tell` is called there when a recording begins and ends."""

    def __init__(
        self,
        folder: Path,
        clock_rate: int,
        tell: Callable[[Taped], None],
        *,
        limit: int = QUEUE_LIMIT,
        reserve: int = RESERVE,
    ) -> None:
        self._folder = folder
        self._rate = clock_rate
        self._frame_bytes = round(clock_rate * FRAME_S) * wav.SAMPLE_BYTES
        self._tell = tell
        self._reserve = reserve
        self._room = threading.BoundedSemaphore(limit)
        self._queue: queue.SimpleQueue[Job | frozenset[str] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="recordings", daemon=True)
        self._open: dict[FileTape, PartFile] = {}  # the thread's
        self._put = self._done = 0
        self._looked_at = 0.0

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    @property
    def waiting_s(self) -> float:
        """Seconds of audio, of all calls, that are not on disk yet."""
        return (self._put - self._done) * BLOCK * FRAME_S

    @property
    def count(self) -> int:
        """Recordings that are being written."""
        return len(self._open)

    def open(self, call_id: str, started_at: float) -> FileTape:
        """Record a call, or go on with its recording. Raises ValueError for an id that is none."""
        tape = FileTape(call_id, file_of(call_id, started_at), self._take)
        self._queue.put(Job(tape, begin=True))
        return tape

    def repair(self, live: Collection[str]) -> None:
        """Make whole what a process that died was writing, except of calls that are up."""
        self._queue.put(frozenset(live))

    async def close(self, patience: float = CLOSE_S) -> None:
        """Everything handed over is on disk when this returns, or the disk has not answered for so long."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, patience)

    def _take(self, job: Job) -> bool:
        if job.caller:
            if not self._room.acquire(blocking=False):
                return False
            self._put += 1
        self._queue.put(job)
        return True

    # --- in the thread ------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if isinstance(job, Job):
                self._do(job)
            else:
                self._repair(job)
        for tape in list(self._open):
            self._finish(tape, "")

    def _do(self, job: Job) -> None:
        try:
            self._try(job)
        except OSError as error:
            self._failed(job.tape, _why(error))
        except Exception:  # a bug in one recording is no reason to end the others
            log.exception("in the recording of call %s", job.tape.call_id)
            self._failed(job.tape, "the node failed to write it")
        finally:
            if job.caller:
                self._done += 1
                self._room.release()

    def _try(self, job: Job) -> None:
        if job.begin:
            self._begin(job.tape)
        elif job.end:
            self._finish(job.tape, job.note)
        elif part := self._open.get(job.tape):
            self._write(part, job)

    def _failed(self, tape: FileTape, why: str) -> None:
        if tape in self._open:
            self._finish(tape, f"cut: {why}")
        else:
            self._report(Taped(tape.call_id, "", f"not recorded: {why}", ended=True), tape)

    def _begin(self, tape: FileTape) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._look_for_room()
        self._open[tape] = PartFile(self._folder / tape.file, self._rate)
        self._report(Taped(tape.call_id, tape.file, "", ended=False))

    def _write(self, part: PartFile, job: Job) -> None:
        if job.forget:
            part.blank(job.forget * self._frame_bytes // wav.SAMPLE_BYTES)
            return
        if time.monotonic() - self._looked_at > 1.0:
            self._look_for_room()
        part.append(wav.interleave(job.caller, job.node, self._frame_bytes))

    def _look_for_room(self) -> None:
        self._looked_at = time.monotonic()
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < self._reserve:
            raise OSError(errno.ENOSPC, "the disk is nearly full")

    def _finish(self, tape: FileTape, note: str) -> None:
        """Once, whether its end was asked for or a failure is it."""
        if (part := self._open.pop(tape, None)) is None:
            return
        try:
            part.finish()
        except OSError as error:
            note = note or f"cut: {_why(error)}"
        self._report(Taped(tape.call_id, tape.file, note, ended=True), tape)

    def _report(self, taped: Taped, over: FileTape | None = None) -> None:
        if taped.note:
            log.warning("a recording is not whole", call=taped.call_id, why=taped.note)

        def tell() -> None:
            if over:
                over.over = True
            self._tell(taped)

        self._loop.call_soon_threadsafe(tell)

    def _repair(self, live: frozenset[str]) -> None:
        writing = {wav.part_of(part.path) for part in self._open.values()}
        for found in self._folder.glob(f"*/*/*/*.wav{wav.PART}"):
            call_id = found.name.partition(".")[0]
            if found in writing or call_id in live:
                continue
            try:
                whole = wav.repair(found, self._rate)
            except OSError as error:
                log.warning("a recording cannot be repaired", file=str(found), why=error.strerror)
                continue
            if whole:
                file = whole.relative_to(self._folder).as_posix()
                self._report(Taped(call_id, file, DIED, ended=True))


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
