"""Calls' recordings on disk, written by one thread: a call never waits for a disk.

Audio waits in a bounded queue, a second at a time. A disk that is full or too slow cuts recordings, not
calls; each is told with a note. Files are `YYYY/MM/DD/CALL_ID.wav` below the folder, by the day (UTC) on
which the call began.
"""

import asyncio
import errno
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from softswitch.store import wav
from softswitch.store.wav import PartFile

log = structlog.get_logger(__name__)

FRAME_S = 0.02
BLOCK = 50
"""Frames that are handed over at once."""
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


@dataclass(eq=False, slots=True)
class FileTape:
    """Implements ports.Tape; on the loop."""

    call_id: str
    file: str
    put: "Callable[[Job], bool]"
    over: bool = False
    _caller: list[bytes] = field(default_factory=list)
    _node: list[bytes] = field(default_factory=list)

    def write(self, caller: bytes, node: bytes) -> None:
        if self.over:
            return
        self._caller.append(caller)
        self._node.append(node)
        if len(self._caller) >= BLOCK:
            self._hand_over()

    def forget(self, frames: int) -> None:
        self._hand_over()
        if not self.over:
            self.put(Job(self, forget=frames))

    def close(self) -> None:
        self._hand_over()
        self._end("")

    def _hand_over(self) -> None:
        if self.over or not self._caller:
            return
        if not self.put(Job(self, caller=tuple(self._caller), node=tuple(self._node))):
            self._end("cut: the disk is too slow")
        self._caller.clear()
        self._node.clear()

    def _end(self, note: str) -> None:
        if not self.over:
            self.over = True
            self.put(Job(self, end=True, note=note))


@dataclass(frozen=True, slots=True)
class Job:
    """Something for the thread: to begin, audio, silence over the last frames, or the end."""

    tape: FileTape
    begin: bool = False
    caller: tuple[bytes, ...] = ()
    node: tuple[bytes, ...] = ()
    forget: int = 0
    end: bool = False
    note: str = ""


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
        tape = job.tape
        try:
            if job.begin:
                self._begin(tape)
            elif job.end:
                self._finish(tape, job.note)
            elif part := self._open.get(tape):
                self._write(part, job)
        except OSError as error:
            if tape in self._open:
                self._finish(tape, f"cut: {_why(error)}")
            else:
                self._report(Taped(tape.call_id, "", f"not recorded: {_why(error)}", ended=True), tape)
        finally:
            if job.caller:
                self._done += 1
                self._room.release()

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


def file_of(call_id: str, started_at: float) -> str:
    """Where the recording of a call lies, below the folder. Raises ValueError for an id that is none."""
    if not re.fullmatch(r"[0-9a-f]{32}", call_id):
        raise ValueError("a call's id is 32 hex digits")
    return time.strftime(f"%Y/%m/%d/{call_id}.wav", time.gmtime(started_at))


def prune(folder: Path, before: float, most_bytes: int) -> int:
    """Delete recordings last written `before` (Unix seconds), and the oldest beyond `most_bytes` in all; how
    many. Those being written count and stay.
    """
    files = sorted(_files(folder), key=lambda found: found[1].st_mtime, reverse=True)
    total, deleted = 0, 0
    for path, about in files:
        total += about.st_size
        if path.suffix == wav.PART or (about.st_mtime >= before and total <= most_bytes):
            continue
        try:
            path.unlink()
        except OSError:
            continue
        deleted += 1
        total -= about.st_size
        _tidy(path.parent, folder)
    return deleted


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    found = []
    for path in folder.glob("*/*/*/*.wav*"):
        try:
            found.append((path, path.stat(follow_symlinks=False)))
        except OSError:
            continue
    return found


def _tidy(folder: Path, root: Path) -> None:
    """Remove days, months and years that are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
