"""When a caller starts and stops speaking, frame by frame. Pure: its only clock is the audio.

WebRTC's detector says whether a frame may be speech, but holds on for 140 ms after the last voiced sound,
which a caller would hear as a slower answer. So it only confirms; what dates start and end is the energy of
5 ms blocks above a threshold that follows the line's noise.

Audio pauses while a phone sends keys (RFC 4733) or is muted: faded concealment, then digital silence comes
out of the jitter buffer. Were that taken for the line's noise, the noise that comes back would be speech.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import webrtcvad

FRAME_S = 0.020
BLOCKS = 4  # per frame
BLOCK_S = FRAME_S / BLOCKS

VAD_MODE = 2
START_BLOCKS = 10  # loud ones of the last START_WINDOW confirm speech; a 40 ms burst touches at most 9
START_WINDOW = 0xFFFF  # 16 blocks, 80 ms
RESUME_BLOCKS = 6  # loud ones of the last RESUME_WINDOW after a pause: a click does not prolong speech
RESUME_WINDOW = 0xFF
PAUSE_S = 0.100

QUIETEST_DBFS = -66.0  # a line's noise is never taken to be below this: G.711 idle noise is not speech
ABOVE_NOISE_DB = 6.0
BELOW_SPEECH_DB = 28.0  # what is this far below the utterance's loudest sound is echo or room, not speech
NO_AUDIO_DBFS = -100.0  # digital silence: while keys are sent (RFC 4733), muted, lost
SUSTAINED = 4  # frames: concealment of a lost packet fades out within 60 ms (ITU-T G.711 Appendix I)
LONG_PAUSE = 50  # frames without audio: longer than a key is held; the line may be another afterwards
NOISE_WINDOW = 40  # frames: the noise is the quietest that the last 0.8 s were for SUSTAINED frames
NOISE_RISE_DB = 5.0 * FRAME_S  # per frame while someone speaks, whose pauses are not the line's noise
OPENING = 50  # frames: in a call's first second its noise is not known, and would pass for speech
STEADY_DB = 6.0  # what varies less in the whole window is noise, whatever the detector says
FULL_SCALE = 32768.0**2


@dataclass(slots=True)
class Mark:
    """Implements ports.SpeechMark. `speaking`: confirmed, and voiced within the last 100 ms."""

    started: bool
    speaking: bool
    silence: float


class SpeechEndpointer:
    """Implements ports.Endpointer for 20 ms frames of PCM at 8000 or 16000 samples a second.

    `noise_dbfs` and `level_dbfs` are the line's noise and the last frame's level, for metrics.
    """

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._frame_bytes = int(clock_rate * FRAME_S) * 2
        self._vad = webrtcvad.Vad(VAD_MODE)
        self._block = self._frame_bytes // 2 // BLOCKS
        self._mean = np.full(self._block, 1 / self._block, dtype=np.float32)
        self._last: deque[float] = deque(maxlen=SUSTAINED)
        self._recent: deque[float] = deque(maxlen=NOISE_WINDOW)
        self._pause = 0  # frames of the latest pause in the audio
        self._noise = _power(QUIETEST_DBFS)
        self._level = 0.0
        self._opening = OPENING
        self.reset()

    @property
    def noise_dbfs(self) -> float:
        return _dbfs(self._noise)

    @property
    def level_dbfs(self) -> float:
        return _dbfs(self._level)

    def reset(self) -> None:
        """Forget the utterance (not the noise level): the next speech is a new start."""
        self._in_speech = False
        self._history = 0  # one bit per block, loud or not, the newest lowest
        self._quiet_blocks = 0  # since the last voiced block
        self._loudest = 0.0

    def feed(self, frame: bytes) -> Mark:
        """Take one frame, in order. Raises ValueError for a frame that is not 20 ms long."""
        if len(frame) != self._frame_bytes:
            raise ValueError(f"a frame of {len(frame)} bytes is not 20 ms at {self._rate}")
        powers = self._powers(frame)
        self._level = sum(powers) / BLOCKS
        possible = self._vad.is_speech(frame, self._rate)
        self._follow_noise()
        self._mark_blocks(powers, possible)
        self._opening = max(0, self._opening - 1)
        started = not self._in_speech and possible and not self._opening and self._confirmed()
        if started:
            self._in_speech = True
            # The last loud block may lie a little back: the lowest bit set.
            self._quiet_blocks = (self._history & -self._history).bit_length() - 1
        silence = self._quiet_blocks * BLOCK_S
        return Mark(started, self._in_speech and silence <= PAUSE_S, silence)

    def _powers(self, frame: bytes) -> list[float]:
        """Variance of each block, relative to full scale.

        Taking off each block's own mean removes an offset and most of a hum, and leaks nothing from a burst
        into the silent blocks beside it.
        """
        blocks = np.frombuffer(frame, dtype="<i2").astype(np.float32).reshape(BLOCKS, self._block)
        squares: list[float] = np.einsum("ij,ij->i", blocks, blocks).tolist()
        means: list[float] = blocks.dot(self._mean).tolist()
        return [
            (square / self._block - mean * mean) / FULL_SCALE
            for square, mean in zip(squares, means, strict=True)
        ]

    def _follow_noise(self) -> None:
        """A pause in the audio says nothing about the line: what was known of it holds when sound returns."""
        if self._level < _NO_AUDIO:
            self._pause = 1 if self._last else self._pause + 1
            self._last.clear()
            self._recent.clear()
            return
        self._last.append(self._level)
        if self._refutes():
            self._noise = max(self._level, _QUIETEST)
        if len(self._last) == SUSTAINED:
            self._recent.append(max(self._last))
            self._noise = self._noise_now()

    def _refutes(self) -> bool:
        """Whether one quieter frame is enough: so a tone before a long pause does not hide speech after it.

        The first frame after a pause may be half silence.
        """
        doubtful = self._pause >= LONG_PAUSE and len(self._recent) < NOISE_WINDOW
        return doubtful and len(self._last) > 1 and self._level < self._noise

    def _noise_now(self) -> float:
        lowest = max(min(self._recent), _QUIETEST)
        if len(self._recent) < NOISE_WINDOW:  # all of it may be one word
            return min(lowest, self._noise)
        speaking = self._in_speech and self._quiet_blocks * BLOCK_S <= PAUSE_S
        steady = max(self._recent) < lowest * _STEADY
        return min(lowest, self._noise * _RISE) if speaking and not steady else lowest

    def _mark_blocks(self, powers: list[float], possible: bool) -> None:
        threshold = max(self._noise * _ABOVE_NOISE, self._loudest * _BELOW_SPEECH)
        for power in powers:
            loud = possible and power > threshold
            self._history = (self._history << 1 | loud) & START_WINDOW
            self._quiet_blocks += 1
            if loud and self._counts():
                self._quiet_blocks = 0
        if possible and self._level > threshold:
            self._loudest = max(self._loudest, self._level)

    def _counts(self) -> bool:
        """Whether a loud block is speech going on, or after a pause only a click so far."""
        if self._quiet_blocks * BLOCK_S <= PAUSE_S:
            return True
        return (self._history & RESUME_WINDOW).bit_count() >= RESUME_BLOCKS

    def _confirmed(self) -> bool:
        return self._history.bit_count() >= START_BLOCKS


def _power(db: float) -> float:
    return float(10 ** (db / 10))


def _dbfs(power: float) -> float:
    return 10 * math.log10(max(power, 1e-12))


_QUIETEST = _power(QUIETEST_DBFS)
_NO_AUDIO = _power(NO_AUDIO_DBFS)
_RISE = _power(NOISE_RISE_DB)
_STEADY = _power(STEADY_DB)
_ABOVE_NOISE = _power(ABOVE_NOISE_DB)
_BELOW_SPEECH = _power(-BELOW_SPEECH_DB)
