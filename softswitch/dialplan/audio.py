"""Recordings of a plan's `audio/` folder."""

import io
import wave
from dataclasses import dataclass
from pathlib import Path

MAX_SECONDS = 60
RATES = range(8000, 48001)
MAX_BYTES = MAX_SECONDS * RATES[-1] * 2 + 4096
"""A minute at the highest rate, and room for what else a WAV file may hold."""


@dataclass(frozen=True, slots=True)
class Recording:
    path: Path
    rate: int
    seconds: float


def recording(path: Path, data: bytes) -> Recording:
    """Raises ValueError with what is wrong: it must be 16-bit mono PCM in a WAV file, 0.05 to 60 s long."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            shape, rate, frames = (
                (file.getnchannels(), file.getsampwidth()),
                file.getframerate(),
                file.getnframes(),
            )
            held = len(file.readframes(frames)) // max(1, shape[0] * shape[1])
    except (wave.Error, EOFError) as error:
        raise ValueError(f"is no WAV file of PCM: {error or 'it ends too early'}") from None
    if shape != (1, 2):
        raise ValueError(f"expected 16 bit mono, got {shape[1] * 8} bit with {shape[0]} channels")
    if rate not in RATES:
        raise ValueError(f"expected {RATES[0]} to {RATES[-1]} samples per second, got {rate}")
    if held < frames:
        raise ValueError(f"ends after {held} of {frames} samples; copy it anew")
    seconds = frames / rate
    if not 0.05 <= seconds <= MAX_SECONDS:
        raise ValueError(f"expected 0.05 to {MAX_SECONDS} s, got {seconds:.2f} s")
    return Recording(path, rate, seconds)
