"""PCM in WAV files."""

import math
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Wav:
    """`frames` as the header counts them: of a file that was cut short `pcm` holds less."""

    channels: int
    width: int
    """Bytes of a sample."""
    rate: int
    """Frames per second."""
    frames: int
    pcm: bytes


def read(file: Path | BinaryIO, most_s: float = math.inf) -> Wav:
    """Without its audio when it is longer than that. Raises OSError, and ValueError with the reason when it
    is no WAV file of PCM.
    """
    try:
        with wave.open(str(file) if isinstance(file, Path) else file) as opened:
            channels, width, rate, frames = opened.getparams()[:4]
            pcm = opened.readframes(frames) if frames <= most_s * rate else b""
    except (wave.Error, EOFError) as error:
        raise ValueError(str(error) or "it ends too early") from None
    return Wav(channels, width, rate, frames, pcm)
