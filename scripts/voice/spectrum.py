"""Mel cepstra as flite's voice has them (25 coefficients, all-pass constant 0.42), and their spectra."""

import numpy as np
from numpy.typing import NDArray

COEFFICIENTS = 25
WARP = 0.42
BINS = 257  # of a 512-point transform
SHARPENING = 0.4  # flite's own: cst_cg_db's mlsa_beta


def angles() -> NDArray[np.float64]:
    """Phase of each coefficient at each frequency, [coefficients, bins]: cos and -sin of it are the log
    magnitude and the phase that one unit of the coefficient gives.
    """
    frequency = np.pi * np.arange(BINS) / (BINS - 1)
    warped = frequency + 2 * np.arctan2(WARP * np.sin(frequency), 1 - WARP * np.cos(frequency))
    return np.outer(np.arange(COEFFICIENTS), warped)


_LOG_MAGNITUDE = np.cos(angles())


def sharpened(cepstra: NDArray[np.float32]) -> NDArray[np.float32]:
    """With deeper valleys between formants at unchanged energy, as flite's vocoder does before it speaks."""
    sharper = cepstra.astype(np.float64)
    sharper[:, 2:] *= 1 + SHARPENING
    sharper[:, 0] += 0.5 * np.log(energy(cepstra) / energy(sharper))
    return sharper.astype(np.float32)


def energy(cepstra: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of the impulse response of each row's filter, up to a constant factor."""
    weights = np.ones(BINS)
    weights[[0, -1]] = 0.5
    powers: NDArray[np.float64] = np.exp(2 * (cepstra @ _LOG_MAGNITUDE)) @ weights
    return powers
