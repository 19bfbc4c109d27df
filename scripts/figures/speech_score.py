"""Rates of mistakes with the interval in which they lie: over words, and over utterances."""

import math
from collections.abc import Sequence

import numpy as np

from figures.figure import Estimate

_Z = 1.96  # standard normal quantile of a two-sided 95 %
_RESAMPLES = 1000


def word_errors(counts: Sequence[tuple[int, int]]) -> Estimate:
    """Percent of words wrong, from (mistakes, words) of each utterance; its `of` counts words.

    The interval is the percentile bootstrap over utterances (Bisani and Ney, 2004), because the mistakes
    within one utterance hang together. Raises ValueError on no words at all.
    """
    table = np.array(counts, dtype=np.float64).reshape(-1, 2)
    mistakes, words = table.sum(axis=0)
    if not words:
        raise ValueError("there is no word error rate of no words")
    chosen = np.random.default_rng(1).integers(len(table), size=(_RESAMPLES, len(table)))
    sums = table[chosen].sum(axis=1)
    low, high = np.percentile(100 * sums[:, 0] / np.maximum(sums[:, 1], 1), [2.5, 97.5])
    return Estimate(100 * mistakes / words, int(words), float(low), float(high))


def share(wrong: int, of: int) -> Estimate:
    """Percent of utterances wrong, with Wilson's score interval (1927). Raises ValueError when `of` is 0."""
    if not of:
        raise ValueError("there is no share of no utterances")
    rate = wrong / of
    centre = rate + _Z**2 / (2 * of)
    reach = _Z * math.sqrt(rate * (1 - rate) / of + _Z**2 / (4 * of**2))
    low, high = ((centre + side * reach) / (1 + _Z**2 / of) for side in (-1, 1))
    return Estimate(100 * rate, of, 100 * max(0.0, low), 100 * min(1.0, high))
