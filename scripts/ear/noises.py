"""What else is to be heard where somebody telephones."""

import numpy as np
from numpy.typing import NDArray

from ear.audio import RATE, Audio

NOISES = ("white", "pink", "brown", "hum", "babble", "street", "coloured", "mixed")
_SLOPES = {"white": 0.0, "pink": 0.5, "brown": 1.0}  # of the amplitude over frequency


def noise(kind: str, length: int, chance: np.random.Generator, babble: Audio) -> Audio:
    """`length` samples of one of NOISES, sometimes swelling. Raises ValueError on another kind."""
    made = _noise(kind, length, chance, babble)
    if chance.random() < 0.3:
        swell = 2 * np.pi * chance.uniform(0.2, 2) * np.arange(length) / RATE
        made = made * (1 + 0.8 * np.sin(swell + chance.uniform(0, 6)))
    return made


def _noise(kind: str, length: int, chance: np.random.Generator, babble: Audio) -> Audio:
    if kind in _SLOPES:
        return _coloured(length, chance, _SLOPES[kind])
    if kind == "babble":
        return babble[:length]
    if kind == "hum":
        return _hum(length, chance)
    if kind == "street":
        return _street(length, chance)
    if kind == "coloured":
        return _of_any_colour(length, chance)
    if kind == "mixed":
        steady = _coloured(length, chance, chance.uniform(0, 0.5))
        return _of_power_one(steady) + chance.uniform(0.5, 1.5) * _of_power_one(babble[:length])
    raise ValueError(f"no noise is called {kind}")


def _coloured(length: int, chance: np.random.Generator, slope: float) -> Audio:
    spectrum = np.fft.rfft(chance.standard_normal(length))
    frequency = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 30.0)
    return np.fft.irfft(spectrum / frequency**slope, length)


def _of_any_colour(length: int, chance: np.random.Generator) -> Audio:
    """Machines and fans: a spectrum that goes up and down by as much as 24 dB."""
    spectrum = np.fft.rfft(chance.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    gain = np.interp(frequency, np.linspace(0, RATE / 2, 7), chance.uniform(-18, 6, 7))
    return np.fft.irfft(spectrum * 10 ** (gain / 20), length)


def _street(length: int, chance: np.random.Generator) -> Audio:
    """Pink noise with up to three vehicles that come and go."""
    made = _coloured(length, chance, 0.5)
    place = np.arange(length)
    for _ in range(chance.integers(1, 4)):
        middle, width = chance.integers(length), chance.uniform(0.2, 1.0) * RATE
        made = made * (1 + chance.uniform(0.5, 2) * np.exp(-(((place - middle) / width) ** 2)))
    return made


def _hum(length: int, chance: np.random.Generator) -> Audio:
    time: NDArray[np.float64] = np.arange(length) / RATE
    mains = chance.choice([50.0, 60.0])
    hum = 0.1 * chance.standard_normal(length)
    for partial in range(1, 6):
        hum += np.sin(2 * np.pi * mains * partial * time + chance.uniform(0, 6)) / partial
    return hum


def _of_power_one(sound: Audio) -> Audio:
    scaled: Audio = sound / np.sqrt(max(float((sound**2).mean()), 1e-9))
    return scaled
