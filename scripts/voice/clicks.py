"""How much a sound clicks: its sharpest corner, beside how sharp the sound around it is."""

import numpy as np
from numpy.typing import NDArray

_AROUND_S = 0.010  # to either side
_QUIET = 1e-3  # of the whole sound's sharpness: corners in silence count beside this


def spike(samples: NDArray[np.floating], rate: int) -> float:
    """The largest second difference between samples by the root mean square of those around it.

    Silence before and after counts as part of the sound, so an abrupt start or end is a corner. Speech gives
    8 or 9, as its pulses are corners too; 18 is the most that a lone click in silence can give (at 16 kHz).
    """
    padded = np.pad(samples.astype(np.float64), round(2 * _AROUND_S * rate))
    corners = np.diff(padded, 2) ** 2
    size = 2 * round(_AROUND_S * rate) + 1
    around = np.convolve(corners, np.ones(size) / size, "same")
    quiet = _QUIET**2 * corners.mean()
    return float(np.sqrt((corners / np.maximum(around, quiet)).max())) if quiet else 0.0
