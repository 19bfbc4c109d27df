"""A call's audio port: the two callbacks that the media clock makes every 20 ms.

The clock thread holds the port's lock while it is in here, and every other call waits for it: a callback
copies one frame and returns. No logging, no waiting, no PJSIP call.
"""

import ctypes
import random
import time
from array import array
from collections import deque
from collections.abc import Sequence

import pjsua2 as pj

from softswitch.gateway.frames import copy_in, copy_out
from softswitch.gateway.music import FADE_FRAMES, START_EVERY, Piece
from softswitch.gateway.rings import DOWN_FRAMES, HEARD, PTIME_MS, UP_FRAMES, Node, Region, Slot

AUDIO = pj.PJMEDIA_FRAME_TYPE_AUDIO
NOTHING = pj.PJMEDIA_FRAME_TYPE_NONE
REST_FRAMES = 20
"""So long it is quiet after the last word before music begins again: what is said has gaps of its own."""
_FLUSH, _READ, _WRITTEN, _PLAYED = Slot.DOWN_FLUSH, Slot.DOWN_READ, Slot.DOWN_WRITTEN, Slot.DOWN_PLAYED
_EXPECT, _UNDERRUNS, _UP = Slot.EXPECT_MORE, Slot.UNDERRUNS, Slot.UP_WRITTEN


class CallPort(pj.AudioMediaPort):  # type: ignore[misc,unused-ignore]
    """Joins one call to one slot. Made once, reused for ever: freeing a connected port crashes PJSIP."""

    def __init__(self, region: Region, index: int, quiet: Sequence[bytes] = ()) -> None:
        """`quiet` are frames that play in a circle where there would be digital silence."""
        super().__init__()
        self.index = index
        self.clock_rate = region.clock_rate
        self.slot = region.slot(index)
        self.holding_line: Sequence[bytes] | None = None
        """What plays while control is away and the ring is empty."""
        self.music: Piece | None = None
        """What plays while the ring is empty."""
        self.in_talk = False
        """The far end hears that of another call: nothing is added to it but what control plays."""
        self._node = region.node
        self._counters = self.slot.counters
        self._up = self.slot.up_frames
        self._down = self.slot.down
        self._size = region.frame_bytes
        self._quiet = quiet
        self._quiet_at = index  # so that not all calls hiss alike
        self._first: deque[bytes] = deque()
        self._silence = bytes(region.frame_bytes)
        self._line_at = 0
        self._music_at = 0
        self._rest = REST_FRAMES
        self._fading = 0
        self._heard = 0
        """What was played since the last frame came: its place in the ring plus one, 0 for silence."""
        self.createPort(f"call-{index}", audio_format(region.clock_rate))

    def reset(self) -> None:
        self.holding_line = self.music = None
        self.in_talk = False
        self._line_at = self._music_at = 0
        self._rest = REST_FRAMES
        self._first.clear()
        self.slot.reset()

    def play_first(self, pcm: bytes) -> None:
        """Play this before the ring goes on; whole frames."""
        self._first.extend(pcm[at : at + self._size] for at in range(0, len(pcm), self._size))

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:
        counters = self._counters
        size = self._size
        read = counters[_READ]
        flush = counters[_FLUSH]
        if flush > read:
            read = counters[_READ] = flush
        if self._first:
            copy_out(frame, self._first.popleft())
            self._rest = REST_FRAMES
        elif read < counters[_WRITTEN]:
            start = read % DOWN_FRAMES * size
            copy_out(frame, self._down[start : start + size])
            counters[_READ] = self._heard = read + 1
            counters[_PLAYED] += 1
            self._rest = REST_FRAMES
        elif idle := self._when_empty():
            copy_out(frame, idle)
        else:  # PJSIP has the talk alone to send
            frame.type, frame.size = NOTHING, 0
            return
        frame.type = AUDIO
        frame.size = size

    def _when_empty(self) -> bytes:
        """b"" for nothing at all. The SIP thread may take line or music away at any time."""
        line, piece = self.holding_line, self.music
        if line:
            self._line_at += 1
            return line[self._line_at % len(line)]
        late = self._counters[_EXPECT]
        if late:
            self._counters[_UNDERRUNS] += 1
            self._node[Node.UNDERRUNS] += 1
        if self.in_talk:
            self._rest = REST_FRAMES
            return b""
        return self._of_music(piece) if piece and not late else self._quietly()

    def _of_music(self, piece: Piece) -> bytes:
        if self._rest:
            self._rest -= 1
            if not self._rest:
                self._music_at = self._music_at % len(piece.frames) // START_EVERY * START_EVERY
                self._fading = FADE_FRAMES
            return self._quietly()
        at = self._music_at % len(piece.frames)
        self._music_at = at + 1
        if self._fading:
            self._fading -= 1
            return piece.rising[at] if at in piece.rising else piece.frames[at]
        return piece.frames[at]

    def _quietly(self) -> bytes:
        if self._quiet:
            self._quiet_at += 1
            return self._quiet[self._quiet_at % len(self._quiet)]
        return self._silence

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:
        written = self._counters[_UP]
        if frame.size == self._size:
            copy_in(frame, self._up[written % UP_FRAMES])
        else:  # nothing arrived: the time passes all the same
            self._up[written % UP_FRAMES][:] = self._silence
        self._counters[HEARD + written % UP_FRAMES] = self._heard
        self._heard = 0
        self._counters[_UP] = written + 1


class ClockPort(pj.AudioMediaPort):  # type: ignore[misc,unused-ignore]
    """Looped to itself, so that every tick of the media clock is seen and its pacing measured."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self._region = region
        self._node = region.node
        self._silence = bytes(region.frame_bytes)
        self._size = region.frame_bytes
        self._last = 0
        self.createPort("clock", audio_format(region.clock_rate))
        self.startTransmit(self)

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:
        now = time.monotonic_ns()
        self._node[Node.TICK_AT_NS] = now
        self._node[Node.CLOCK_TICKS] += 1
        if self._last:
            self._region.observe_pacing(now - self._last)
        else:
            _keep_thread_state()
        self._last = now
        copy_out(frame, self._silence)
        frame.type = AUDIO
        frame.size = self._size

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:
        pass


def comfort_noise(dbfs: int, region: Region) -> list[bytes]:
    """A second of white noise of this level, in frames; none for 0. Silence sounds like a dead line."""
    if not dbfs:
        return []
    chance = random.Random(dbfs)
    level = 32768 * 10 ** (dbfs / 20)
    samples = region.frame_bytes // 2
    return [array("h", (round(chance.gauss(0, level)) for _ in range(samples))).tobytes() for _ in range(50)]


def _keep_thread_state() -> None:
    """Have Python keep the calling thread's state until the process ends.

    Otherwise each callback of PJSIP's thread makes one and drops it, a stack of 16 KB mapped and unmapped
    every time: a third of the gateway's CPU time.
    """
    ctypes.pythonapi.PyGILState_Ensure()  # never released, so that its count does not fall to zero


def audio_format(clock_rate: int) -> pj.MediaFormatAudio:
    wanted = pj.MediaFormatAudio()
    wanted.init(pj.PJMEDIA_FORMAT_PCM, clock_rate, 1, PTIME_MS * 1000, 16)
    return wanted
