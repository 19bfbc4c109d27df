"""Cepstral means taken away as Kaldi takes them away online, while it hears: each frame less the mean of the
frames up to it.

Vosk does so with Kaldi's defaults (online-feature.h, OnlineCmvnOptions) where a model has
am/global_cmvn.stats. Each utterance begins anew: at first the mean is mostly the usual one, of all speech.
"""

import numpy as np
from numpy.typing import NDArray

from ear.features import Features

SPAN = 600  # frames that count for the mean
USUAL = 200  # frames for which the usual mean counts, as long as fewer than SPAN have been heard

Mean = NDArray[np.float64]  # of each coefficient


def normalised(features: Features, usual: Mean, before: int = 0) -> Features:
    """The features after the first `before`, which only count for the means."""
    heard = np.arange(1, len(features) + 1)
    sums = np.cumsum(features, axis=0, dtype=np.float64)
    sums[SPAN:] -= sums[:-SPAN].copy()
    counts = np.minimum(heard, SPAN)
    weights = np.minimum(USUAL, SPAN - counts)
    means = (sums + weights[:, None] * usual) / (counts + weights)[:, None]
    kept: Features = (features - means).astype(np.float32)[before:]
    return kept


def history(features: Features, quiet: int, chance: np.random.Generator) -> Features:
    """What may have been heard before in the same call, at most SPAN frames: half of the time nothing, else
    silence or speech.

    The first `quiet` of the features are the line alone.
    """
    length = int(chance.integers(SPAN + 1)) if chance.random() < 0.5 else 0
    if quiet >= 5 and chance.random() < 0.6:
        return np.resize(features[:quiet], (length, features.shape[1]))
    return np.resize(np.roll(features, chance.integers(len(features)), axis=0), (length, features.shape[1]))
