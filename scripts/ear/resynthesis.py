"""Other speakers out of the few there are: linear prediction takes speech apart, changes it
and puts it together.

What is said when stays as it was; formants move apart from each other, become sharper or blunter, and often
a buzz or a whisper at another pitch stands in for the voice.
"""

import numpy as np
from numpy.typing import NDArray

from ear.audio import RATE, Audio

_ORDER = 12
_SHIFT = 80
_SIZE = 240  # three shifts, so that squared windows add up to a constant
_BINS = _SIZE // 2 + 1
_WINDOW = np.sin(np.pi * (np.arange(_SIZE) + 0.5) / _SIZE)
_WINDOW_POWER = float((_WINDOW**2).sum())
_KNEES = np.array([0.0, 600, 1500, 2600, 4000])  # Hz; the formants lie between
_HIGHEST_KNEE = 3600.0
_LOWEST_PITCH, _HIGHEST_PITCH = 65, 330  # Hz

Frames = NDArray[np.float64]  # frames x samples, bins or coefficients


def other_speaker(speech: Audio, chance: np.random.Generator) -> Audio:
    """As many samples as `speech` has, the same words at the same times from another mouth."""
    spectra = np.fft.rfft(_frames(speech), axis=1)
    predictor = _predictor(np.fft.irfft(np.abs(spectra) ** 2, axis=1)[:, : _ORDER + 1])
    inverse = np.fft.rfft(predictor, _SIZE, axis=1)
    blunter = predictor * chance.uniform(0.955, 1.01) ** np.arange(_ORDER + 1)
    envelope = _moved(1 / np.maximum(np.abs(np.fft.rfft(blunter, _SIZE, axis=1)), 1e-3), _origins(chance))
    if chance.random() < 0.6:
        return _joined(spectra * np.abs(inverse) * envelope, len(speech))
    source = _source(_joined(spectra * inverse, len(speech)), chance)
    return _joined(np.fft.rfft(_frames(source), axis=1) * envelope, len(speech))


def _frames(sound: Audio) -> Frames:
    count = len(sound) // _SHIFT + 1
    padded = np.pad(sound, (_SIZE // 2, _SIZE))
    frames: Frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_SHIFT][:count] * _WINDOW
    return frames


def _joined(spectra: NDArray[np.complex128], length: int) -> Audio:
    """Overlapped and added; undoes `_frames` of `length` samples where the spectra are unchanged."""
    pieces = np.fft.irfft(spectra, _SIZE, axis=1) * _WINDOW
    made = np.zeros((len(pieces) + 2) * _SHIFT)
    for start in range(0, _SIZE, _SHIFT):
        made[start : start + len(pieces) * _SHIFT] += pieces[:, start : start + _SHIFT].ravel()
    made = np.pad(made, (0, _SIZE))
    joined: Audio = made[_SIZE // 2 : _SIZE // 2 + length] * (_SHIFT / _WINDOW_POWER)
    return joined


def _predictor(correlations: Frames) -> Frames:
    """Levinson and Durbin's recursion over all frames at once; a lag window of 40 Hz keeps it stable."""
    lags = np.exp(-0.5 * (2 * np.pi * 40 / RATE * np.arange(_ORDER + 1)) ** 2)
    windowed = correlations * lags + np.eye(1, _ORDER + 1) * 1e3
    predictor: Frames = np.zeros_like(windowed)
    predictor[:, 0] = 1.0
    error = windowed[:, 0].copy()
    for order in range(1, _ORDER + 1):
        reflection = -np.einsum("ij,ij->i", predictor[:, :order], windowed[:, order:0:-1]) / error
        predictor[:, 1 : order + 1] += reflection[:, None] * predictor[:, order - 1 :: -1][:, :order]
        error *= 1 - reflection**2
    return predictor


def _origins(chance: np.random.Generator) -> NDArray[np.float64]:
    """The bin that each bin takes its envelope from: a vocal tract as a whole, and each knee for itself."""
    moved = _KNEES.copy()
    moved[1:4] *= chance.uniform(0.9, 1.12) * np.exp(chance.standard_normal(3) * 0.05)
    moved[3] = min(moved[3], _HIGHEST_KNEE)
    origins: NDArray[np.float64] = np.interp(np.arange(_BINS) * RATE / _SIZE, moved, _KNEES) * _SIZE / RATE
    return origins


def _moved(envelopes: Frames, origins: NDArray[np.float64]) -> Frames:
    low = np.minimum(origins.astype(int), _BINS - 2)
    part = origins - low
    moved: Frames = envelopes[:, low] * (1 - part) + envelopes[:, low + 1] * part
    return moved


def _source(residual: Audio, chance: np.random.Generator) -> Audio:
    """Pulses and breath as loud as the residual, at another pitch; breath alone where it has none."""
    frames = _frames(residual)
    pitch = _pitch(frames)
    loudness = np.sqrt((frames**2).sum(axis=1) / _WINDOW_POWER)
    place = np.arange(len(residual))
    each = pitch[place // _SHIFT] * chance.uniform(0.75, 1.35)
    breath = chance.uniform(0.05, 0.4) if chance.random() < 0.9 else 1.0
    noise = chance.standard_normal(len(residual))
    beats = np.diff(np.floor(np.cumsum(each / RATE)), prepend=0.0)
    pulses = beats * np.sqrt(RATE / np.maximum(each, _LOWEST_PITCH / 2))
    mixed = np.where(each > 0, (1 - breath) * pulses + breath * noise, noise)
    source: Audio = mixed * np.interp(place, np.arange(len(loudness)) * _SHIFT, loudness)
    return source


def _pitch(frames: Frames) -> NDArray[np.float64]:
    """In Hz, by the peak of the autocorrelation; 0 where a frame hardly resembles itself a period later."""
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, 2 * _SIZE, axis=1)) ** 2, axis=1)
    lags = np.arange(RATE // _HIGHEST_PITCH, RATE // _LOWEST_PITCH)
    alike = correlation[:, lags] / np.maximum(correlation[:, :1], 1e-6) * (1 + lags / _SIZE)
    pitch: NDArray[np.float64] = np.where(alike.max(axis=1) > 0.35, RATE / lags[alike.argmax(axis=1)], 0.0)
    return pitch
