"""The telephone line between what is said and the ear: level, noise, G.711, lost packets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ear.audio import RATE, Audio, ulaw
from ear.augmentation import at_level, with_losses, with_noise
from ear.noises import noise

LEVEL_DBFS = -22.0
LEAD_S = 0.3
TAIL_S = 0.5
TALKERS = 4  # make a babble


@dataclass(frozen=True, slots=True)
class Condition:
    """`snr` in dB, None for a line without noise; `loss` is the share of packets that are lost."""

    name: str
    snr: float | None = None
    loss: float = 0.0


CLEAN = Condition("clean")
CONDITIONS = (
    CLEAN,
    Condition("20 dB", 20.0),
    Condition("10 dB", 10.0),
    Condition("5 dB", 5.0),
    Condition("2 % loss", loss=0.02),
)


def heard_over(line: Condition, speech: Audio, others: Sequence[Audio], seed: int) -> bytes:
    """What comes out of a PCMU call at 8 kHz, 16 bit: 0.3 s before the speech and 0.5 s after it.

    Noise is in equal parts pink or white and a babble of four of the `others`. Lost packets of 20 ms are
    silent or repeat the one before, quieter.
    """
    chance = np.random.default_rng(seed)
    sound = np.pad(at_level(speech, LEVEL_DBFS), (round(LEAD_S * RATE), round(TAIL_S * RATE)))
    if line.snr is not None:
        sound = with_noise(sound, _surroundings(len(sound), others, chance), line.snr)
    sound = ulaw(np.clip(np.round(sound), -32768, 32767))
    if line.loss:
        sound = with_losses(sound, line.loss, chance)
    return np.clip(np.round(sound), -32768, 32767).astype("<i2").tobytes()


def surroundings(seconds: float, others: Sequence[Audio], seed: int) -> bytes:
    """The same noise alone, at -35 dB below full scale."""
    chance = np.random.default_rng(seed)
    made = at_level(_surroundings(round(seconds * RATE), others, chance), -35.0)
    return ulaw(np.round(made)).round().astype("<i2").tobytes()


def _surroundings(length: int, others: Sequence[Audio], chance: np.random.Generator) -> Audio:
    babble = sum((_any_part(length, others, chance) for _ in range(TALKERS)), np.zeros(length))
    steady = noise(str(chance.choice(["pink", "white"])), length, chance, babble)
    return _of_power_one(steady) + _of_power_one(babble)


def _any_part(length: int, others: Sequence[Audio], chance: np.random.Generator) -> Audio:
    """One of the others, from anywhere in it, over and over."""
    talker = others[int(chance.integers(len(others)))]
    return np.resize(np.roll(at_level(talker, LEVEL_DBFS), int(chance.integers(len(talker)))), length)


def _of_power_one(sound: Audio) -> Audio:
    power = float((sound**2).mean())
    return sound / np.sqrt(power) if power else sound
