"""The rhythm of what is heard after a call was answered: stretches of sound, pauses, single tones. Pure.

The endpointer of conversations learns a line's noise in its first second, in which a person has said "hello"
already; so this one goes by plain levels, which is enough to tell a short word from a recorded greeting.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

FRAME_S = 0.02
QUIETEST_DBFS, LOUDEST_NOISE_DBFS = -48.0, -38.0
"""What is below the first is never a voice, what is above the second hardly a line's noise: G.711 calls have
their speech at -30 to -15.
"""
KNOWN_FRAMES = 50
"""What is louder and goes on for a second without a pause is noise nevertheless: a street, a car."""
ABOVE_NOISE_DB = 9.0
BELOW_LOUDEST_DB = 26.0
"""So far below the loudest sound is echo, or the end of a word dying away in the room."""
NOISE_FRAMES = 500  # the quietest of the last 10 s is the line's noise: longer than speech without a pause
CLICK_S = 0.06
"""Sounds shorter than this are clicks, which answering makes."""
TONE_HZ = (400.0, 2500.0)
TONE_S = 0.2
TONE_SHARE = 0.9
"""Of a frame's power this much lies at the one frequency of a tone; vowels have several."""
DRIFT_HZ = 20.0


class Cadence:
    """Feed frames of 20 ms in order. Times are seconds of audio; `frames` is how much there was."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        samples = round(clock_rate * FRAME_S)
        self._window = np.hanning(samples).astype(np.float32)
        self._hz = np.fft.rfftfreq(samples, 1 / clock_rate)
        self._levels: deque[float] = deque(maxlen=NOISE_FRAMES)
        self._loudest = -120.0
        self._run = 0  # frames of sound without a break
        self._tone_hz = 0.0
        self._tone = 0  # frames of one tone
        self.frames = 0
        self.began_at: float | None = None
        """When the first sound longer than a click began."""
        self.silence = 0.0
        """Since the last sound that was longer than a click; since the beginning when there was none."""

    @property
    def now(self) -> float:
        return self.frames * FRAME_S

    @property
    def spoken(self) -> float:
        """From the first sound to the last, pauses included."""
        return 0.0 if self.began_at is None else self.now - self.silence - self.began_at

    @property
    def tone(self) -> bool:
        """Whether a single tone has been heard for long enough to be meant."""
        return self._tone * FRAME_S >= TONE_S - 1e-9

    def feed(self, frame: bytes) -> None:
        self.frames += 1
        samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
        samples -= samples.mean()
        level = 10 * float(np.log10(max(float(np.mean(samples**2)) / 32768.0**2, 1e-12)))
        self._follow(level)
        self._follow_tone(samples, level)

    def _follow(self, level: float) -> None:
        self._levels.append(level)
        noise = min(self._levels)
        if len(self._levels) < KNOWN_FRAMES:
            noise = min(noise, LOUDEST_NOISE_DBFS)
        threshold = max(QUIETEST_DBFS, noise + ABOVE_NOISE_DB, self._loudest - BELOW_LOUDEST_DB)
        self.silence += FRAME_S
        if level <= threshold:
            self._run = 0
            return
        self._run += 1
        if self._run * FRAME_S < CLICK_S - 1e-9:
            return
        self._loudest = max(self._loudest, level)
        self.silence = 0.0
        if self.began_at is None:
            self.began_at = self.now - self._run * FRAME_S

    def _follow_tone(self, samples: npt.NDArray[np.float32], level: float) -> None:
        hz = self._single(samples) if level > QUIETEST_DBFS else 0.0
        steady = hz and abs(hz - self._tone_hz) <= DRIFT_HZ
        self._tone = self._tone + 1 if steady else int(bool(hz))
        self._tone_hz = hz

    def _single(self, samples: npt.NDArray[np.float32]) -> float:
        """The frequency at which nearly all of the frame's power lies; 0 where there is none such."""
        power = np.abs(np.fft.rfft(samples * self._window)) ** 2
        peak = int(power.argmax())
        around = slice(max(0, peak - 2), peak + 3)
        total = float(power.sum())
        if not total or float(power[around].sum()) / total < TONE_SHARE:
            return 0.0
        hz = float((power[around] * self._hz[around]).sum() / power[around].sum())
        return hz if TONE_HZ[0] <= hz <= TONE_HZ[1] else 0.0
