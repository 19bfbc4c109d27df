"""From frames of 5 ms to sound: pulses and noise, weighted band by band, through a minimum-phase filter.

The excitation is cut into Hann windows of two frames; each is filtered in a 512-point transform by the
frame's cepstra and added to its neighbours, so nothing ever changes abruptly.
"""

import numpy as np
from numpy.typing import NDArray

from voice import spectrum
from voice.nodes import Graph

RATE = 16000
HOP = 80
WINDOW = 2 * HOP
TRANSFORM = 512
GAIN = 2.9 / 32768  # flite's samples are 16 bits; this brings the loudest to about a third of full scale
NOISE_SEED = 1
NOISE_LENGTH = 1 << 15  # two seconds, repeated
LOWEST_F0 = 40.0


def speak(graph: Graph, f0: str, cepstra: str, strengths: str, filters: NDArray[np.float64]) -> str:
    """f0 [frames] in Hz, 0 without voice; cepstra [frames, 25]; strengths [frames, bands]. [1, 1, samples]"""
    pulses, noise = _excitation(graph, f0)
    voiced = graph.Mul(strengths, graph.column(graph.real(graph.Greater(f0, 0.0))))
    weights = _band_weights(filters)
    for_pulses = graph.Max(graph.MatMul(voiced, weights), 0.0)
    for_noise = graph.Max(graph.MatMul(graph.Sub(1.0, voiced), weights), 0.0)
    pulse_real, pulse_imaginary = _spectra(graph, pulses, f0)
    noise_real, noise_imaginary = _spectra(graph, noise, f0)
    real = graph.Add(graph.Mul(pulse_real, for_pulses), graph.Mul(noise_real, for_noise))
    imaginary = graph.Add(graph.Mul(pulse_imaginary, for_pulses), graph.Mul(noise_imaginary, for_noise))
    filtered = _filtered(graph, real, imaginary, cepstra)
    return _overlapped(graph, filtered, graph.length(f0))


def _excitation(graph: Graph, f0: str) -> tuple[str, str]:
    """A pulse wherever the phase passes a whole number, of one sample's energy on average; white noise."""
    turns = graph.CumSum(graph.Mul(f0, HOP / RATE), np.int64(0), exclusive=1)
    within = (np.arange(1, HOP + 1) / RATE)[None]
    phase = graph.Add(graph.column(turns), graph.Mul(graph.column(f0), within))
    passed = graph.Floor(graph.Reshape(phase, graph.ints(-1)))
    struck = graph.Sub(passed, graph.shifted(passed, 1))
    height = graph.Sqrt(graph.Div(float(RATE), graph.Max(f0, LOWEST_F0)))
    heights = graph.Reshape(graph.Expand(graph.column(height), graph.ints(1, HOP)), graph.ints(-1))
    fixed = np.random.RandomState(NOISE_SEED).standard_normal(NOISE_LENGTH).astype(np.float16)
    places = graph.Mod(graph.count(graph.length(passed)), np.int64(NOISE_LENGTH))
    return graph.Mul(struck, heights), graph.real(graph.Gather(fixed, places))


def _spectra(graph: Graph, samples: str, frames: str) -> tuple[str, str]:
    """Real and imaginary part of each frame's window, centred on the frame: [frames, bins]."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)
    turns = 2 * np.pi * np.outer(np.arange(spectrum.BINS), np.arange(WINDOW)) / TRANSFORM
    padded = graph.Pad(samples, graph.ints(HOP // 2, WINDOW - HOP // 2))
    padded = graph.Reshape(padded, graph.ints(1, 1, -1))
    parts = []
    for waves in (np.cos(turns), -np.sin(turns)):
        found = graph.Conv(padded, (waves * window)[:, None], strides=[HOP])
        columns = graph.Transpose(graph.Squeeze(found, graph.ints(0)), perm=[1, 0])
        parts.append(graph.first(columns, graph.length(frames)))
    return parts[0], parts[1]


def _band_weights(filters: NDArray[np.float64]) -> NDArray[np.float32]:
    """The filters' zero-phase responses, [bands, bins]. They are symmetric and of even length."""
    order = filters.shape[1]
    frequency = np.pi * np.arange(spectrum.BINS) / (spectrum.BINS - 1)
    waves = np.cos(np.outer(np.arange(order) - (order - 1) / 2, frequency))
    return (filters @ waves).astype(np.float32)


def _filtered(graph: Graph, real: str, imaginary: str, cepstra: str) -> str:
    """[frames, 2 bins]: real parts, then imaginary ones."""
    angles = spectrum.angles()
    magnitude = graph.Mul(graph.Exp(graph.MatMul(cepstra, np.cos(angles))), GAIN)
    phase = graph.MatMul(cepstra, -np.sin(angles))
    cosine, sine = graph.Mul(magnitude, graph.Cos(phase)), graph.Mul(magnitude, graph.Sin(phase))
    together = graph.Sub(graph.Mul(real, cosine), graph.Mul(imaginary, sine))
    across = graph.Add(graph.Mul(real, sine), graph.Mul(imaginary, cosine))
    return str(graph.Concat(together, across, axis=1))


def _overlapped(graph: Graph, filtered: str, frames: str) -> str:
    bins, samples = np.arange(spectrum.BINS), np.arange(TRANSFORM)
    turns = 2 * np.pi * np.outer(bins, samples) / TRANSFORM
    # All bins but the lowest and the highest stand for two of the whole transform.
    weight = np.where((bins == 0) | (bins == TRANSFORM // 2), 1, 2)[:, None] / TRANSFORM
    back = np.concatenate([weight * np.cos(turns), -weight * np.sin(turns)])[:, None]
    spread = graph.column(graph.Transpose(filtered, perm=[1, 0]), 0)
    sound = graph.ConvTranspose(spread, back, strides=[HOP])
    wanted = graph.Add(graph.Mul(frames, np.int64(HOP)), np.int64(HOP // 2))
    return graph.part(graph.first(sound, wanted, axis=2), HOP // 2, axis=2)
