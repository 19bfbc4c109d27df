"""The caller's audio port: one clock for both directions.

What is to be sent is laid out ahead in one buffer (noise from the start, speech mixed in where it is to
begin), so that the clock's callbacks copy 20 ms and return, and the same buffer is the record afterwards.
"""

import time

import numpy as np
import pjsua2 as pj

from softswitch.gateway.caller.voicing import Samples, mixed
from softswitch.gateway.frames import copy_in, copy_out
from softswitch.gateway.media_port import audio_format

CLOCK_RATE = 8000
FRAME = 160
_BYTES = 2 * FRAME
_LEAD = 2 * FRAME
"""Speech is mixed in at least so far ahead of the clock, which may tick meanwhile."""


class CallerPort(pj.AudioMediaPort):
    """Made once, reused for ever: freeing a port that the clock may still visit crashes PJSIP."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._silence = bytes(_BYTES)
        self.clear()
        self.createPort(name, audio_format(CLOCK_RATE))

    def clear(self) -> None:
        """Stop counting and let go of the buffers; the port idles until it is prepared again."""
        self._running = False
        self._at = 0
        self.started_at: float | None = None
        self._sent = self._received = memoryview(b"")

    def prepare(self, bed: Samples) -> None:
        """Lay out a call as long as `bed`, which is sent wherever nothing is said."""
        self.clear()
        length = len(bed) // FRAME * _BYTES
        self._sent = memoryview(bytearray(bed.tobytes()[:length]))
        self._received = memoryview(bytearray(length))

    def start(self) -> None:
        """Count from the next tick on. `started_at` is then that tick's time.monotonic()."""
        self._running = True

    @property
    def position(self) -> int:
        """Samples since the start, in both directions."""
        return self._at // 2

    @property
    def full(self) -> bool:
        return self._at >= len(self._sent)

    def say(self, pcm: bytes) -> int:
        """Mix speech into what will be sent; the position of its first sample."""
        start = self.position + _LEAD
        plan = np.frombuffer(self._sent, dtype=np.int16)[start : start + len(pcm) // 2]
        plan[:] = mixed(plan, np.frombuffer(pcm, dtype=np.int16)[: len(plan)])
        return start

    def sent(self) -> bytes:
        return bytes(self._sent[: self._at])

    def received(self, since: int = 0) -> bytes:
        """What was heard from the position `since` on; the frame of the present tick is still to come."""
        return bytes(self._received[2 * since : max(self._at - _BYTES, 2 * since)])

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:
        at = self._at
        if self._running and at < len(self._sent):
            if not at:
                self.started_at = time.monotonic()
            copy_out(frame, self._sent[at : at + _BYTES])
            self._at = at + _BYTES
        else:
            copy_out(frame, self._silence)
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.size = _BYTES

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:
        # The bridge asks all ports first and hands out the mix afterwards, in one tick: this frame
        # belongs to the slot that was sent last. Where nothing arrives the slot stays silent.
        at = self._at
        if self._running and at and frame.size == _BYTES:
            copy_in(frame, self._received[at - _BYTES : at])
