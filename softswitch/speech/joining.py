"""Fragments of a sentence made one again: where they meet they are laid over each other, wave upon wave.

A fragment that has neighbours reaches MARGIN_S beyond its ends, into what its neighbours say there.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MARGIN_S = 0.010
Samples = NDArray[np.float32]


def joined(fragments: Sequence[bytes], rate: int) -> bytes:
    """PCM of the whole. Each joint is a cross-fade of MARGIN_S, half a margin sooner or later at most, where
    both are most alike: so no period of a voice is cut in the middle, nor doubled.
    """
    margin = round(MARGIN_S * rate)
    whole, *others = (np.frombuffer(fragment, "<i2").astype(np.float32) for fragment in fragments)
    for other in others:
        whole = _laid_over(whole, other, margin)
    return np.round(whole).clip(-32768, 32767).astype("<i2").tobytes()


def _laid_over(left: Samples, right: Samples, margin: int) -> Samples:
    if min(len(left), len(right)) < 3 * margin:
        return np.concatenate([left, right])
    left = left[: len(left) - margin // 2]
    tail = left[-margin:]
    windows = np.lib.stride_tricks.sliding_window_view(right[: 2 * margin], margin)
    alike = windows @ tail / (np.linalg.norm(windows, axis=1) + 1.0)
    at = int(alike.argmax())
    ramp = (np.arange(margin, dtype=np.float32) + 0.5) / margin
    met = tail * (1 - ramp) + right[at : at + margin] * ramp
    return np.concatenate([left[:-margin], met, right[at + margin :]])
