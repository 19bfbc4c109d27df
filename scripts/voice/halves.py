"""How each half of a phone sounds beside each neighbour: averages over all lessons, resampled to POINTS.

A row holds whether there is voice, 25 cepstra and the five bands' strength of voicing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.lessons import Lesson
from voice.spectrum import COEFFICIENTS
from voice.symbols import PHONES

POINTS = 4  # in each half
BANDS = 5
ROW = 1 + COEFFICIENTS + BANDS
# How many times the phone's average over all neighbours counts beside what was heard with the neighbour.
_PRIOR = 1.0


@dataclass(frozen=True)
class Halves:
    """[phone, neighbour, POINTS, ROW]: the first halves by the phone before, the second by the one after."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]


def learn(lessons: Sequence[Lesson]) -> Halves:
    count = len(PHONES)
    sums = np.zeros((2, count, count, POINTS, ROW))
    heard = np.zeros((2, count, count))
    for lesson in lessons:
        rows = trajectory(lesson)
        phones = lesson.read.phones
        before = np.concatenate([phones[:1], phones[:-1]])
        after = np.concatenate([phones[1:], phones[-1:]])
        for number in np.flatnonzero(lesson.same):
            points = resampled(rows, int(lesson.lengths[:number].sum()), int(lesson.lengths[number]))
            for half, neighbour in enumerate((before[number], after[number])):
                place = (half, phones[number], neighbour)
                sums[place] += points[half * POINTS : (half + 1) * POINTS]
                heard[place] += 1
    return Halves(*_averages(sums, heard).astype(np.float32))


def trajectory(lesson: Lesson) -> NDArray[np.float32]:
    """[frames, ROW]"""
    voice = (lesson.f0 > 0).astype(np.float32)
    return np.column_stack([voice, lesson.cepstra, lesson.strengths])


def resampled(rows: NDArray[np.float32], start: int, length: int) -> NDArray[np.float32]:
    """2 POINTS rows from `length` frames, linearly interpolated; the frames around them count as well."""
    at = start + (np.arange(2 * POINTS) + 0.5) / (2 * POINTS) * length - 0.5
    below = np.clip(np.floor(at).astype(int), 0, len(rows) - 1)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (at - below).clip(0, 1).astype(np.float32)[:, None]
    points: NDArray[np.float32] = rows[below] * (1 - share) + rows[above] * share
    return points


def _averages(sums: NDArray[np.float64], heard: NDArray[np.float64]) -> NDArray[np.float64]:
    """What was never heard sounds as the phone on average, and a phone never heard as all of them do."""
    everything = sums.sum(axis=(1, 2), keepdims=True) / max(heard.sum() / 2, 1)
    phones = sums.sum(axis=2, keepdims=True)
    times = heard.sum(axis=2)[..., None, None, None]
    average = (phones + _PRIOR * everything) / (times + _PRIOR)
    found: NDArray[np.float64] = (sums + _PRIOR * average) / (heard[..., None, None] + _PRIOR)
    return found
