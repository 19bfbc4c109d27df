"""Recordings as WAV files: 16-bit stereo PCM, written as NAME.wav.part and renamed when they are whole.

The caller is on the left, the node on the right. A part that a crash has left is made whole from its length.
"""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

CHANNELS, SAMPLE_BYTES = 2, 2
BLOCK_BYTES = CHANNELS * SAMPLE_BYTES
HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
LARGEST = (1 << 32) - (1 << 20)
"""Bytes: what a WAV's header can tell, which is 37 hours at 8 kHz."""
PART = ".part"


def header(clock_rate: int, data_bytes: int) -> bytes:
    """RIFF, WAVE, fmt (1: PCM) and data, in 44 bytes."""
    return HEADER.pack(
        b"RIFF",
        HEADER.size - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        CHANNELS,
        clock_rate,
        clock_rate * BLOCK_BYTES,
        BLOCK_BYTES,
        8 * SAMPLE_BYTES,
        b"data",
        data_bytes,
    )


def interleave(left: Sequence[bytes], right: Sequence[bytes], frame_bytes: int) -> bytes:
    """Frames of both sides as stereo; b"" is a frame of silence."""
    silence = bytes(frame_bytes)
    stereo = np.empty((len(left) * frame_bytes // SAMPLE_BYTES, CHANNELS), "<i2")
    for channel, frames in enumerate((left, right)):
        stereo[:, channel] = np.frombuffer(b"".join(frame or silence for frame in frames), "<i2")
    return stereo.tobytes()


class PartFile:
    """One recording that is being written. A recording of that name that is there already goes on."""

    def __init__(self, path: Path, clock_rate: int) -> None:
        """`path` is that of the whole file. Raises OSError."""
        self.path = path
        self._part = part_of(path)
        self._rate = clock_rate
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.rename(self._part)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._fd = os.open(self._part, flags, 0o600)
        try:
            size = max(os.fstat(self._fd).st_size - HEADER.size, 0)
            self._data = size - size % BLOCK_BYTES
            if not self._data:
                os.ftruncate(self._fd, 0)
                _write(self._fd, header(clock_rate, 0), 0)
        except OSError:
            os.close(self._fd)
            raise

    def append(self, pcm: bytes) -> None:
        """Raises OSError, also when the file would grow beyond what WAV can hold."""
        if self._data + len(pcm) > LARGEST:
            raise OSError(0, "a WAV file can be no longer")
        _write(self._fd, pcm, HEADER.size + self._data)
        self._data += len(pcm)

    def blank(self, blocks: int) -> None:
        """Silence instead of the last so many samples of both sides. Raises OSError."""
        size = min(blocks * BLOCK_BYTES, self._data)
        _write(self._fd, bytes(size), HEADER.size + self._data - size)

    def finish(self) -> None:
        """Make it whole, also where a write has failed halfway. Raises OSError."""
        try:
            _finish(self._fd, self._part, self.path, self._rate, self._data)
        finally:
            os.close(self._fd)


def part_of(path: Path) -> Path:
    return path.with_name(path.name + PART)


def repair(part: Path, clock_rate: int) -> Path | None:
    """Make a part whole that nobody writes any more; None when nothing is in it. Raises OSError."""
    fd = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        size = max(os.fstat(fd).st_size - HEADER.size, 0)
        if size < BLOCK_BYTES:
            part.unlink()
            return None
        whole = part.with_name(part.name.removesuffix(PART))
        _finish(fd, part, whole, _rate_of(fd) or clock_rate, size - size % BLOCK_BYTES)
        return whole
    finally:
        os.close(fd)


def _rate_of(fd: int) -> int:
    found: int = struct.unpack("<I", os.pread(fd, 4, 24))[0]
    return found


def _finish(fd: int, part: Path, whole: Path, clock_rate: int, data_bytes: int) -> None:
    os.ftruncate(fd, HEADER.size + data_bytes)
    _write(fd, header(clock_rate, data_bytes), 0)
    part.rename(whole)


def _write(fd: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, at)
        view, at = view[written:], at + written
