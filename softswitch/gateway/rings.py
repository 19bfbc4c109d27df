"""Audio between the two processes: per call one uplink and one downlink ring in shared memory.

The region is a memfd that the supervisor makes and both processes inherit, so that either may die and
come back to it. One writer and one reader per ring, no locks: the data is written before the counter that
publishes it, and a counter is one aligned 8-byte store. Counters count frames of 20 ms and only grow
during a call. Whatever the state of control, the gateway's side is a handful of loads and one copy.
"""

import mmap
import os
from collections.abc import Iterable
from enum import IntEnum

PTIME_MS = 20
UP_FRAMES = 100
"""2 s: control may stall this long before the caller's words are lost."""
DOWN_FRAMES = 1600
"""32 s: a prompt is written in one go, and plays whatever control does."""
PAGE = 4096

PACING_BOUNDS_MS = (10.0, 15.0, 18.0, 19.0, 19.5, 20.0, 20.5, 21.0, 22.0, 23.0, 25.0, 30.0, 40.0, 60.0, 100.0)


class Node(IntEnum):
    """Counters of the whole node, at the region's start."""

    CLOCK_TICKS = 0
    TICK_AT_NS = 1  # CLOCK_MONOTONIC of the latest tick of the media clock
    CONTROL_AT_NS = 2  # heartbeat of control
    UNDERRUNS = 3
    GATEWAY_RESTARTS = 4
    CONTROL_RESTARTS = 5
    FRAMES_DROPPED = 6  # uplink frames that control came too late for
    STRANGERS_REFUSED = 7  # messages of unknown sources that got a 403
    STRANGERS_DROPPED = 8  # those that got nothing
    BACKLOG_MS = 9  # by control: callers' speech not yet decoded, the longest of all calls
    BANS = 10  # sources that are met with silence
    PACING = 16  # histogram: one counter per bound and one beyond


class Slot(IntEnum):
    """Counters of one call, at its slot's start."""

    UP_WRITTEN = 0  # by the gateway
    DOWN_WRITTEN = 1  # by control
    DOWN_FLUSH = 2  # by control: frames before this one are not to be played
    DOWN_READ = 3  # by the gateway
    DOWN_PLAYED = 4  # by the gateway
    EXPECT_MORE = 5  # by control: an empty ring is an underrun
    UNDERRUNS = 6  # by the gateway


HEARD = 16
"""From here on, by the gateway, for each frame of the uplink ring: what the caller heard at that time, as its
place in the downlink plus one; 0 for silence. So a recording has both sides at their times.
"""


class Region:
    """The shared memory of a node, cut into slots."""

    def __init__(self, fd: int, slots: int, clock_rate: int) -> None:
        self.frame_bytes = clock_rate * PTIME_MS // 1000 * 2
        self.clock_rate = clock_rate
        self.slots = slots
        self._stride = _slot_size(self.frame_bytes)
        self._view = memoryview(mmap.mmap(fd, PAGE + slots * self._stride))
        self.node = self._view[:PAGE].cast("Q")

    @staticmethod
    def create(slots: int, clock_rate: int) -> int:
        """A memfd of the right size; pages that no call ever touched cost nothing."""
        fd = os.memfd_create("softswitch-audio")
        os.ftruncate(fd, PAGE + slots * _slot_size(clock_rate * PTIME_MS // 1000 * 2))
        return fd

    def slot(self, index: int) -> "SlotView":
        start = PAGE + index * self._stride
        return SlotView(self._view[start : start + self._stride], self.frame_bytes)

    def observe_pacing(self, interval_ns: int) -> None:
        """Count one interval between two ticks of the media clock."""
        ms = interval_ns / 1e6
        bucket = next((i for i, bound in enumerate(PACING_BOUNDS_MS) if ms <= bound), len(PACING_BOUNDS_MS))
        self.node[Node.PACING + bucket] += 1

    def pacing(self) -> list[int]:
        """Counts per bucket of PACING_BOUNDS_MS, and one beyond; not cumulative."""
        return list(self.node[Node.PACING : Node.PACING + len(PACING_BOUNDS_MS) + 1])


class SlotView:
    """One slot as memoryviews: counters, and a view per frame so that no callback has to slice."""

    def __init__(self, view: memoryview, frame_bytes: int) -> None:
        self.frame_bytes = frame_bytes
        self.counters = view[:PAGE].cast("Q")
        up_end = PAGE + UP_FRAMES * frame_bytes
        self._up = view[PAGE:up_end]
        self.down = view[up_end : up_end + DOWN_FRAMES * frame_bytes]
        self.up_frames = list(_frames(self._up, frame_bytes))

    def reset(self) -> None:
        """For the gateway, before a call is offered: control holds no slot that was not offered."""
        for counter in Slot:
            self.counters[counter] = 0

    def free_frames(self) -> int:
        """Room in the downlink ring."""
        counters = self.counters
        read = max(counters[Slot.DOWN_READ], counters[Slot.DOWN_FLUSH])
        return DOWN_FRAMES - (counters[Slot.DOWN_WRITTEN] - read)

    def write_down(self, pcm: bytes) -> int:
        """Append audio; a last part of a frame is filled with silence. The new written position."""
        size = self.frame_bytes
        pcm = pcm + bytes(-len(pcm) % size)
        frames = len(pcm) // size
        if frames > self.free_frames():
            raise BufferError(f"{frames} frames do not fit in the downlink ring")
        written = self.counters[Slot.DOWN_WRITTEN]
        start = written % DOWN_FRAMES
        first = min(frames, DOWN_FRAMES - start)
        self.down[start * size : (start + first) * size] = pcm[: first * size]
        self.down[: (frames - first) * size] = pcm[first * size :]
        self.counters[Slot.DOWN_WRITTEN] = written + frames
        return written + frames

    def read_up(self, position: int) -> tuple[list[bytes], int, int]:
        """Frames since `position`: those frames, the new position, and how many were overwritten."""
        written = self.counters[Slot.UP_WRITTEN]
        # The frame that the gateway may be writing right now is as old as the ring is long.
        oldest = written - UP_FRAMES + 1
        lost = max(0, oldest - position)
        frames = [bytes(self.up_frames[i % UP_FRAMES]) for i in range(position + lost, written)]
        return frames, written, lost

    def up_at(self, position: int, count: int) -> list[bytes]:
        """`count` uplink frames from `position` on; b"" for one that is not there, yet or any more."""
        written = self.counters[Slot.UP_WRITTEN]
        return [
            bytes(self.up_frames[at % UP_FRAMES]) if written - UP_FRAMES < at < written else b""
            for at in range(position, position + count)
        ]

    def read_heard(self, position: int, count: int) -> list[bytes]:
        """What was heard at the times of `count` uplink frames from `position` on; b"" for silence."""
        marks = (self.counters[HEARD + i % UP_FRAMES] for i in range(position, position + count))
        return [self._played(mark - 1) if mark else b"" for mark in marks]

    def _played(self, place: int) -> bytes:
        if not self.counters[Slot.DOWN_WRITTEN] - DOWN_FRAMES <= place < self.counters[Slot.DOWN_WRITTEN]:
            return b""  # written over since
        start = place % DOWN_FRAMES * self.frame_bytes
        return bytes(self.down[start : start + self.frame_bytes])

    def flush(self) -> int:
        """Drop what was not played. The count of frames that were."""
        self.counters[Slot.DOWN_FLUSH] = self.counters[Slot.DOWN_WRITTEN]
        return self.counters[Slot.DOWN_PLAYED]


def _slot_size(frame_bytes: int) -> int:
    size = PAGE + (UP_FRAMES + DOWN_FRAMES) * frame_bytes
    return size + -size % PAGE


def _frames(view: memoryview, size: int) -> Iterable[memoryview]:
    return (view[start : start + size] for start in range(0, len(view), size))
