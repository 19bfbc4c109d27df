"""A known sound, and finding it again in what comes back: how late, and how loud. Pure functions of samples.

The sound is a chirp: its correlation with itself is one narrow peak, its spectrum is a telephone's, and
neither G.711 nor Opus nor a little loss makes it another one. Positions are sample indices.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
LENGTH_S = 0.5
FROM_HZ, TO_HZ = 400.0, 2600.0
LEVEL_DBFS = -15.0
FADE_S = 0.02
ALIKE = 0.4
"""Normalised correlation above which it is the chirp: speech and music stay below 0.2."""
FULL_SCALE = 32768.0
SILENCE_DBFS = -60.0


@dataclass(frozen=True, slots=True)
class Found:
    """`at` is where the chirp begins in what was heard; `likeness` from 0 to 1."""

    at: int
    level_dbfs: float
    likeness: float


@cache
def chirp(clock_rate: int) -> Samples:
    """To be read only."""
    time = np.arange(round(LENGTH_S * clock_rate)) / clock_rate
    phase = 2 * np.pi * (FROM_HZ * time + (TO_HZ - FROM_HZ) * time**2 / (2 * LENGTH_S))
    fade = np.minimum(1.0, np.minimum(time, time[::-1]) / FADE_S)
    amplitude = FULL_SCALE * 10 ** (LEVEL_DBFS / 20) * np.sqrt(2)
    return np.asarray(np.round(amplitude * fade * np.sin(phase)), dtype=np.int16)


def find(heard: Samples, sought: Samples) -> Found | None:
    """Where it is heard most clearly; None where nothing like it is heard."""
    if len(heard) < len(sought):
        return None
    signal, wanted = heard.astype(np.float64), sought.astype(np.float64)
    size = 1 << (len(signal) + len(wanted) - 1).bit_length()
    spectrum = np.fft.rfft(signal, size) * np.conj(np.fft.rfft(wanted, size))
    alike = np.fft.irfft(spectrum, size)[: len(signal) - len(wanted) + 1]
    sums = np.concatenate(([0.0], np.cumsum(signal**2)))
    energy = sums[len(wanted) :] - sums[: -len(wanted)]
    likeness = np.abs(alike) / np.sqrt(np.maximum(energy, 1.0) * np.sum(wanted**2))
    at = int(np.argmax(likeness))
    if likeness[at] < ALIKE:
        return None
    return Found(at, level(heard[at : at + len(sought)]), float(likeness[at]))


def level(samples: Samples) -> float:
    """RMS in dBFS, -120 for silence."""
    power = float(np.mean(np.square(samples.astype(np.float64)))) if len(samples) else 0.0
    return round(10 * math.log10(max(power / FULL_SCALE**2, 1e-12)), 1)
