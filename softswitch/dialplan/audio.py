"""Recordings of a plan's `audio/` folder."""

import io
from dataclasses import dataclass
from pathlib import Path

from softswitch import wav

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
        found = wav.read(io.BytesIO(data))
    except ValueError as error:
        raise ValueError(f"is no WAV file of PCM: {error}") from None
    if (found.channels, found.width) != (1, 2):
        raise ValueError(f"expected 16 bit mono, got {found.width * 8} bit with {found.channels} channels")
    if found.rate not in RATES:
        raise ValueError(f"expected {RATES[0]} to {RATES[-1]} samples per second, got {found.rate}")
    if (held := len(found.pcm) // 2) < found.frames:
        raise ValueError(f"ends after {held} of {found.frames} samples; copy it anew")
    seconds = found.frames / found.rate
    if not 0.05 <= seconds <= MAX_SECONDS:
        raise ValueError(f"expected 0.05 to {MAX_SECONDS} s, got {seconds:.2f} s")
    return Recording(path, found.rate, seconds)
