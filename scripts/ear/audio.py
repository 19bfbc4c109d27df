"""Sound as the telephone carries it: 8 kHz, G.711. Samples are floats in the range of 16-bit integers."""

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Audio = NDArray[np.float64]


def resample(audio: Audio, factor: float) -> Audio:
    """`factor` times as many samples, the band above the lower Nyquist frequency left out.

    Played at an unchanged rate, a factor below one raises pitch, formants and speed together.
    """
    length = max(2, round(len(audio) * factor))
    spectrum = np.fft.rfft(audio)
    kept = np.zeros(length // 2 + 1, complex)
    bins = min(len(spectrum), len(kept))
    kept[:bins] = spectrum[:bins]
    return np.fft.irfft(kept, length) * (length / len(audio))


def level(audio: Audio) -> float:
    """dB below full scale of what is louder than a thousandth of the peak, so that pauses do not count."""
    loud = audio[np.abs(audio) > np.abs(audio).max(initial=0) / 1000]
    return float(10 * np.log10((loud**2).mean() / 32768**2)) if len(loud) else -100.0


def ulaw(audio: Audio) -> Audio:
    """What PCMU leaves of it (ITU-T G.711: 13 bits and sign in eight segments, bias 33 of 8192)."""
    magnitude = np.minimum(np.abs(audio), 32635) + 132
    step = 2 ** (np.floor(np.log2(magnitude)) - 4)
    coded: Audio = np.sign(audio) * (np.floor(magnitude / step) * step + step / 2 - 132)
    return coded


def alaw(audio: Audio) -> Audio:
    """What PCMA leaves of it (ITU-T G.711: the two lowest of eight segments share a step of 16)."""
    magnitude = np.minimum(np.abs(audio), 32767)
    step = 2 ** (np.floor(np.log2(np.maximum(magnitude, 256))) - 4)
    coded: Audio = np.where(audio < 0, -1.0, 1.0) * (np.floor(magnitude / step) * step + step / 2)
    return coded
