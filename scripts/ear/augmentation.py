"""What stands between a mouth and the ear: a room, a line, a level, noise, a codec, lost packets."""

from dataclasses import dataclass

import numpy as np

from ear.audio import RATE, Audio, alaw, level, ulaw
from ear.noises import noise

LEVELS = (-38.0, -12.0)  # dB below full scale
PACKET = RATE // 50  # 20 ms


@dataclass(frozen=True)
class Surroundings:
    """`share` of the calls have noise, of a random one of `kinds`, so many dB below the speech."""

    share: float
    kinds: tuple[str, ...]
    snrs: tuple[tuple[float, float], ...]  # ranges, one as likely as another


USUAL = Surroundings(0.75, ("white", "pink", "brown", "hum", "babble"), ((5.0, 40.0),))
LOUD = Surroundings(
    share=0.85,
    kinds=(
        "white",
        "pink",
        "brown",
        "hum",
        "street",
        "coloured",
        "babble",
        "babble",
        "mixed",
        "mixed",
        "mixed",
    ),
    snrs=((4.0, 14.0), (8.0, 20.0), (20.0, 40.0)),
)


def telephone(
    speech: Audio, chance: np.random.Generator, babble: Audio, surroundings: Surroundings = USUAL
) -> Audio:
    """The speech over a random telephone call; `babble` is what others say meanwhile, at least as long."""
    sound = speech
    if chance.random() < 0.3:
        sound = in_room(sound, chance)
    sound = at_level(over_line(sound, chance), chance.uniform(*LEVELS))
    if chance.random() < surroundings.share:
        kind = str(chance.choice(surroundings.kinds))
        below = chance.uniform(*surroundings.snrs[chance.integers(len(surroundings.snrs))])
        sound = with_noise(sound, noise(kind, len(sound), chance, babble), below)
    codec = chance.choice(["pcmu", "pcma", "none"], p=[0.6, 0.25, 0.15])
    sound = np.clip(np.round(sound), -32768, 32767)
    if codec != "none":
        sound = ulaw(sound) if codec == "pcmu" else alaw(sound)
    if chance.random() < 0.15:
        sound = with_losses(sound, chance.uniform(0.005, 0.04), chance)
    return np.clip(np.round(sound), -32768, 32767)


def quiet_line(speech: Audio, chance: np.random.Generator) -> Audio:
    """The speech as a good line brings it; for alignments, which nothing shall disturb."""
    sound = at_level(speech, -22.0)
    return sound + chance.standard_normal(len(sound)) * 4


def in_room(sound: Audio, chance: np.random.Generator) -> Audio:
    """Convolved with noise that decays within 50 to 250 ms, 10 to 25 dB below the direct sound."""
    length = int(chance.uniform(0.05, 0.25) * RATE)
    tail = chance.standard_normal(length) * np.exp(-np.arange(length) / length * chance.uniform(4, 7))
    tail *= 10 ** (chance.uniform(-25, -10) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    size = len(sound) + length
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: len(sound)]


def over_line(sound: Audio, chance: np.random.Generator) -> Audio:
    """Second-order high- and low-pass at random corners, and a tilt of at most 4 dB an octave at 2 kHz."""
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    gain = np.ones_like(frequency)
    if chance.random() < 0.7:
        gain *= 1 / np.sqrt(1 + (chance.uniform(60, 320) / np.maximum(frequency, 1)) ** 4)
    if chance.random() < 0.5:
        gain *= 1 / np.sqrt(1 + (frequency / chance.uniform(2800, 3800)) ** 8)
    if chance.random() < 0.6:
        pole = chance.uniform(-0.6, 0.6)
        gain *= np.abs(1 - pole * np.exp(-2j * np.pi * frequency / RATE))
    return np.fft.irfft(np.fft.rfft(sound) * gain, len(sound))


def at_level(sound: Audio, target: float) -> Audio:
    """The sound scaled to `target` dB below full scale; silence stays silence."""
    gain = 10 ** ((target - level(sound)) / 20) if sound.any() else 1.0
    return sound * gain


def with_noise(sound: Audio, added: Audio, snr: float) -> Audio:
    """The sound with noise `snr` dB below its level."""
    power = (added**2).mean()
    if not power or not sound.any():
        return sound
    target = 32768 * 10 ** ((level(sound) - snr) / 20)
    noisy: Audio = sound + added * (target / np.sqrt(power))
    return noisy


def with_losses(sound: Audio, rate: float, chance: np.random.Generator) -> Audio:
    """Packets of 20 ms lost at `rate`; each is silent or, as concealment does, the one before, quieter."""
    heard = sound.copy()
    for start in range(PACKET, len(sound) - PACKET, PACKET):
        if chance.random() < rate:
            before = heard[start - PACKET : start]
            heard[start : start + PACKET] = before * chance.choice([0.0, 0.7])
    return heard
