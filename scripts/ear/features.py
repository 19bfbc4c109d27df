"""MFCC exactly as Kaldi computes them online, so that the model hears in Vosk what it heard in training.

kaldi-native-fbank, made from Kaldi's code, is the yardstick: tests/unit/test_ear_features.py holds its
figures. CONFIG is the model's conf/mfcc.conf and must say what the code below does.
"""

import numpy as np
from numpy.typing import NDArray

from ear.audio import RATE, Audio

COEFFICIENTS = 40
SHIFT = 80  # samples between frames
WINDOW = 200
LOW, HIGH = 40.0, 3800.0  # Hz
CONFIG = f"""--use-energy=false
--sample-frequency={RATE}
--num-mel-bins={COEFFICIENTS}
--num-ceps={COEFFICIENTS}
--low-freq={LOW:.0f}
--high-freq={HIGH:.0f}
--dither=0
"""
_FFT = 256
_PREEMPHASIS = 0.97
_LIFTER = 22.0

Features = NDArray[np.float32]  # frames x COEFFICIENTS


def mfcc(audio: Audio, warp: float = 1.0) -> Features:
    """`warp` above one is a shorter vocal tract: what was at f is seen at f * warp."""
    if len(audio) < WINDOW:
        return np.zeros((0, COEFFICIENTS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::SHIFT]
    frames = frames - frames.mean(axis=1, keepdims=True)
    emphasised = frames - _PREEMPHASIS * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft(emphasised * _POVEY, _FFT)[:, : _FFT // 2]
    energies = (spectrum.real**2 + spectrum.imag**2) @ mel_bank(warp)
    logs = np.log(np.maximum(energies, np.finfo(np.float32).eps))
    cepstra: Features = (logs @ _COSINES * _LIFT).astype(np.float32)
    return cepstra


def mel_bank(warp: float) -> NDArray[np.float64]:
    """Triangles over the lower FFT bins, evenly spaced on the mel scale, their corners moved by 1 / warp."""
    ends = _mel(np.array([LOW, HIGH]))
    corners = np.linspace(ends[0], ends[1], COEFFICIENTS + 2).astype(np.float64)
    if warp != 1.0:
        corners = _mel(_warped(700 * (np.exp(corners / 1127) - 1), warp))
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    bins: NDArray[np.float64] = RATE / _FFT * np.arange(_FFT // 2)
    mel = _mel(bins)[:, None]
    rising = (mel - left) / (centre - left)
    falling = (right - mel) / (right - centre)
    bank: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return bank


def _mel(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    mel: NDArray[np.float64] = 1127 * np.log(1 + frequency / 700)
    return mel


def _warped(frequency: NDArray[np.float64], warp: float) -> NDArray[np.float64]:
    """f / warp up to 3 kHz, and from there straight to HIGH, so that the band keeps its ends."""
    knee = 3000.0 * min(1.0, warp)
    above = knee / warp + (frequency - knee) * (HIGH - knee / warp) / (HIGH - knee)
    return np.where(frequency <= knee, frequency / warp, above)


def _window() -> NDArray[np.float64]:
    window: NDArray[np.float64] = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85
    return window


def _cosines() -> NDArray[np.float64]:
    order = np.arange(COEFFICIENTS)
    table: NDArray[np.float64] = np.sqrt(2 / COEFFICIENTS) * np.cos(
        np.pi / COEFFICIENTS * np.outer(order + 0.5, order)
    )
    table[:, 0] = np.sqrt(1 / COEFFICIENTS)
    return table


_POVEY = _window()
_COSINES = _cosines()
_LIFT = 1 + 0.5 * _LIFTER * np.sin(np.pi * np.arange(COEFFICIENTS) / _LIFTER)
