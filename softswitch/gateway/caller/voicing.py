"""Where there is voice in a stretch of audio. Pure functions of samples; positions are sample indices.

Voiced is a window of 5 ms whose RMS is above -45 dBFS. Where noise is sent and may come back, the threshold
follows the quietest twentieth of the last 5 s heard, 10 dB above it; but never below -45 dBFS, and never
more than 6 dB above the noise that is sent. Positions are exact to 5 ms.
"""

import math

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 0.005
THRESHOLD_DBFS = -45.0
_ABOVE_FLOOR_DB = 10.0
_ABOVE_NOISE_DB = 6.0
_FLOOR_PERCENTILE = 5
_FLOOR_WINDOWS = 1000
_SILENCE_DBFS = -120.0
_FULL_SCALE = 32768.0

Samples = NDArray[np.int16]


def levels(samples: Samples, window: int) -> NDArray[np.float32]:
    """RMS of each whole window in dBFS; a last, incomplete window is left out."""
    whole = samples[: len(samples) // window * window].reshape(-1, window).astype(np.float32)
    power = np.mean(np.square(whole), axis=1) / _FULL_SCALE**2
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_SILENCE_DBFS / 10))), dtype=np.float32)


def speech_level(samples: Samples, clock_rate: int) -> float | None:
    """RMS of the voiced windows in dBFS (the active speech level), None without any voice."""
    found = levels(samples, _window(clock_rate))
    voiced = found[found > THRESHOLD_DBFS]
    return float(10 * np.log10(np.mean(10 ** (voiced / 10)))) if len(voiced) else None


def voiced_span(samples: Samples, clock_rate: int) -> tuple[int, int] | None:
    """From the first voiced sample to the one after the last; None without any voice."""
    voicing = Voicing(clock_rate, len(samples))
    voicing.extend(samples)
    first, end = voicing.first(0), voicing.last_end(0)
    return None if first is None or end is None else (first, end)


def mixed(bed: Samples, samples: Samples) -> Samples:
    """The sum, limited to 16 bits."""
    total = bed.astype(np.int32) + samples
    return np.asarray(np.clip(total, -32768, 32767), dtype=np.int16)


def noise_bed(noise: Samples, length: int, dbfs: float) -> Samples:
    """`noise` repeated to `length` with an RMS of `dbfs`."""
    rms = math.sqrt(float(np.mean(np.square(noise.astype(np.float64))))) if len(noise) else 0.0
    if not rms:
        return np.zeros(length, dtype=np.int16)
    gain = _FULL_SCALE * 10 ** (dbfs / 20) / rms
    scaled = np.clip(np.round(noise * gain), -32768, 32767).astype(np.int16)
    return np.resize(scaled, length)


def white_noise(length: int) -> Samples:
    """Gaussian noise, the same every time, so that runs compare."""
    return np.asarray(np.random.default_rng(1).normal(0, 3000, length), dtype=np.int16)


def _window(clock_rate: int) -> int:
    return round(WINDOW_S * clock_rate)


class Voicing:
    """The voiced windows of one direction of a call, extended as it goes on."""

    def __init__(self, clock_rate: int, capacity: int, noise_dbfs: float | None = None) -> None:
        self.clock_rate = clock_rate
        self._noise_dbfs = noise_dbfs
        self._window = _window(clock_rate)
        self._levels = np.zeros(capacity // self._window, dtype=np.float32)
        self._count = 0
        self._threshold = THRESHOLD_DBFS

    @property
    def position(self) -> int:
        """How many samples have been looked at."""
        return self._count * self._window

    def extend(self, samples: Samples) -> None:
        """Take the next samples, a multiple of 5 ms; what exceeds the capacity is left out."""
        new = levels(samples, self._window)[: len(self._levels) - self._count]
        self._levels[self._count : self._count + len(new)] = new
        self._count += len(new)
        if self._noise_dbfs is not None and self._count:
            recent = self._levels[max(0, self._count - _FLOOR_WINDOWS) : self._count]
            floor = float(np.percentile(recent, _FLOOR_PERCENTILE))
            limit = self._noise_dbfs + _ABOVE_NOISE_DB
            self._threshold = max(THRESHOLD_DBFS, min(floor + _ABOVE_FLOOR_DB, limit))

    def first(self, start: int, end: int | None = None) -> int | None:
        """The first voiced sample at or after `start` (and before `end`)."""
        found = self._voiced(start, end)
        return (self._from(start) + int(found.argmax())) * self._window if found.any() else None

    def last_end(self, start: int, end: int | None = None) -> int | None:
        """The sample after the last voiced one between `start` and `end`."""
        found = self._voiced(start, end)
        if not found.any():
            return None
        return (self._from(start) + len(found) - int(found[::-1].argmax())) * self._window

    def silent_from(self, start: int, silence: int) -> int | None:
        """Where the first silence of at least `silence` samples begins, at or after `start`."""
        needed = max(1, silence // self._window)
        voiced = self._voiced(start, None)
        edges = np.concatenate(([-1], np.flatnonzero(voiced), [len(voiced)]))
        long_enough = np.flatnonzero(np.diff(edges) - 1 >= needed)
        if not len(long_enough):
            return None
        return (self._from(start) + int(edges[long_enough[0]]) + 1) * self._window

    def _from(self, start: int) -> int:
        return -(-max(0, start) // self._window)

    def _voiced(self, start: int, end: int | None) -> NDArray[np.bool_]:
        last = self._count if end is None else min(self._count, end // self._window)
        return np.asarray(self._levels[self._from(start) : max(last, 0)] > self._threshold)
