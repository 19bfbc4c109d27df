"""What the database could not take: an append-only file of events, in order, until it can.

A frame is a line: the CRC-32 of the rest in hex, a space, and JSON of run, number, kind and fields. A run is
one life of a node's writer, which numbers its events from 1. A frame that a kill or a full disk cut short was
never acknowledged: it is cut off before anything is added.
"""

import contextlib
import errno
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, get_args

import structlog
from pydantic import TypeAdapter

from softswitch.errors import SoftswitchError
from softswitch.news import Announced, SessionEvent

log = structlog.get_logger(__name__)
Event = SessionEvent | Announced
_KINDS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}


class Frame(NamedTuple):
    """The event with this number of a run."""

    run: str
    number: int
    event: Event


class Journal:
    """Used by one thread; its figures may be read by others. Of `limit` bytes at most. `before` is called
    before each write, and may raise what a disk does.
    """

    def __init__(self, path: Path, limit: int, before: Callable[[], None] = lambda: None) -> None:
        """Raises SoftswitchError when what is there cannot be read."""
        self._path, self._limit, self._before = path, limit, before
        self._file: BinaryIO | None = None
        self._read = 0
        self._next: list[tuple[Frame, int]] = []
        self.size = 0
        self.pending = 0
        """Frames that are not settled yet."""
        self.damaged = 0
        """Lines that are no frames, which are left out: a disk's fault, or a person's."""
        self.runs: dict[str, int] = {}
        """Those that have frames here, and their order."""
        try:
            self._look()
        except OSError as error:
            raise SoftswitchError(
                f"the journal {path} cannot be read ({error.strerror}): it holds records that are not in the "
                "database yet; make it a file of the user who runs softswitch"
            ) from None

    def _look(self) -> None:
        """What an earlier run has left."""
        if not self._path.exists():
            return
        for frame, end in self._frames(0):
            self.size = end
            if frame:
                self._count(frame)
            else:
                self.damaged += 1
        if self.damaged:
            log.error("the journal is damaged", lines=self.damaged, path=str(self._path))

    def append(self, frames: Sequence[Frame]) -> int:
        """How many of them are on disk, in their order: fewer where there is no room for more."""
        lines: list[bytes] = []
        size = self.size
        for frame in frames:
            line = _line(frame)
            size += len(line)
            if size > self._limit:
                break
            lines.append(line)
        if not lines:
            return 0
        try:
            self._add(b"".join(lines))
        except OSError as error:
            log.error("the journal cannot be written", path=str(self._path), error=error.strerror)
            self._cut()
            return 0
        for frame in frames[: len(lines)]:
            self._count(frame)
        return len(lines)

    def next(self, most: int) -> list[Frame]:
        """The oldest frames that are not settled. Raises OSError."""
        self._next = []
        for frame, end in self._frames(self._read) if self.pending else ():
            if frame:
                self._next.append((frame, end))
            if len(self._next) == most:
                break
        return [frame for frame, _ in self._next]

    def settle(self, count: int) -> None:
        """The first so many of `next` are in the database. With the last one the file is emptied."""
        self.pending -= count
        self._read = self._next[count - 1][1]
        del self._next[:count]
        if not self.pending:
            self._empty()

    def close(self) -> None:
        file, self._file = self._file, None
        if file:
            file.close()

    def _count(self, frame: Frame) -> None:
        self.pending += 1
        self.runs.setdefault(frame.run, len(self.runs))

    def _frames(self, start: int) -> Iterator[tuple[Frame | None, int]]:
        """Each whole line's frame, None for one that is none, and where it ends."""
        with self._path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                start += len(line)
                yield _frame(line), start

    def _add(self, text: bytes) -> None:
        self._before()
        if self._file is None:
            self._file = self._open()
        if self._file.write(text) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())
        self.size += len(text)

    def _open(self) -> BinaryIO:
        """For adding, behind the last whole line."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        found = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        file = os.fdopen(found, "ab", buffering=0)
        try:
            os.ftruncate(found, self.size)
            _sync_folder(self._path.parent)
        except OSError:
            file.close()
            raise
        return file

    def _cut(self) -> None:
        """What was begun and not finished goes: a disk that is full lets that happen. Where one does not, it
        goes when the file is opened again.
        """
        with contextlib.suppress(OSError):
            self.close()
            os.truncate(self._path, self.size)

    def _empty(self) -> None:
        """Where that fails, what is there is known to be settled: by the database, if not here."""
        self._read = self.size
        try:
            if self._file is None:
                self._file = self._open()
            os.ftruncate(self._file.fileno(), 0)
            os.fsync(self._file.fileno())
        except OSError as error:
            log.error("the journal cannot be emptied", path=str(self._path), error=error.strerror)
            return
        self.size = self._read = 0
        self.runs.clear()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(frame: Frame) -> bytes:
    fields = [frame.run, frame.number, type(frame.event).__name__, asdict(frame.event)]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    if not text.isascii():  # lone surrogates, which no file takes and no database either
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    body = text.encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _frame(line: bytes) -> Frame | None:
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(body):
            return None
        run, number, kind, fields = json.loads(body)
        return Frame(run, number, _KINDS[kind].validate_python(fields))
    except (ValueError, KeyError):
        return None
