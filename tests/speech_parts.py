"""The real engines as fixtures, and the arithmetic that puts their audio on a telephone line."""

from collections.abc import Iterator

import numpy as np
import pytest
from g711 import through_pcmu
from numpy.typing import NDArray

from softswitch.speech import models
from softswitch.speech.endpointing import SpeechEndpointer
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer

RATE = 8000
FRAME = RATE // 50
Signal = NDArray[np.float64]


@pytest.fixture(scope="session")
def pool() -> Iterator[SpeechPool]:
    made = SpeechPool()
    yield made
    made.close()


@pytest.fixture(scope="session")
def recognizer(pool: SpeechPool) -> VoskRecognizer:
    return VoskRecognizer(models.ear(models.EMBEDDED), RATE, pool)


@pytest.fixture(scope="session")
def synthesizer(pool: SpeechPool) -> PiperSynthesizer:
    return PiperSynthesizer(models.voice(models.EMBEDDED), RATE, pool)


def signal(pcm: bytes) -> Signal:
    return np.frombuffer(pcm, dtype="<i2") / 32768


def pcm(samples: Signal) -> bytes:
    return np.round(np.clip(samples, -1, 32767 / 32768) * 32768).astype("<i2").tobytes()


def block_rms(samples: Signal, size: int = 40) -> Signal:
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    rms: Signal = np.sqrt((blocks**2).mean(axis=1))
    return rms


def active_dbfs(samples: Signal) -> float:
    """RMS of the 20 ms blocks within 20 dB of the loudest."""
    rms = block_rms(samples, FRAME)
    return float(10 * np.log10((rms[rms > rms.max() / 10] ** 2).mean()))


def at_level(samples: Signal, dbfs: float) -> Signal:
    return samples * 10 ** ((dbfs - active_dbfs(samples)) / 20)


def white(seconds: float, dbfs: float, seed: int = 1) -> Signal:
    return np.random.default_rng(seed).normal(0, 10 ** (dbfs / 20), int(seconds * RATE))


def voiced_span(samples: Signal, below_db: float = 30) -> tuple[float, float]:
    """Seconds of the first and last 5 ms within `below_db` of the loudest."""
    rms = block_rms(samples)
    loud = np.flatnonzero(rms > rms.max() * 10 ** (-below_db / 20))
    return float(loud[0]) * 40 / RATE, float(loud[-1] + 1) * 40 / RATE


def frames(samples: Signal) -> list[bytes]:
    """As they come out of a PCMU call, 20 ms each."""
    heard = through_pcmu(pcm(samples))
    return [heard[at : at + 2 * FRAME] for at in range(0, len(heard) - 2 * FRAME + 1, 2 * FRAME)]


def starts(samples: Signal) -> list[float]:
    """Seconds at which speech was confirmed, each start followed by a reset."""
    endpointer = SpeechEndpointer(RATE)
    found = []
    for number, frame in enumerate(frames(samples), 1):
        if endpointer.feed(frame).started:
            found.append(number / 50)
            endpointer.reset()
    return found
