"""Recordings: WAV files of a dialplan as prompts, at the levels that they were recorded at."""

from pathlib import Path

import numpy as np
import soxr

from softswitch import wav
from softswitch.errors import SoftswitchError
from softswitch.speech.synthesizer import faded, pcm

MAX_S = 300
"""Seconds of one recording; a longer one is no prompt, and would only fill the memory."""
WANTED = "give a 16-bit mono PCM WAV file"


def read(path: Path, clock_rate: int) -> bytes:
    """A WAV file as PCM at `clock_rate`, nothing trimmed. Raises SoftswitchError when it is no such file.

    Both ends get a ramp of 5 ms, because recordings are often cut where a click would be heard.
    """
    samples, rate = _samples(path)
    if rate != clock_rate:
        samples = soxr.resample(samples, rate, clock_rate)
    return pcm(faded(samples, clock_rate))


def _samples(path: Path) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], int]:
    try:
        found = wav.read(path, MAX_S)
    except (OSError, ValueError) as error:
        raise SoftswitchError(f"{path} cannot be read ({error}): {WANTED}") from None
    if (found.channels, found.width) != (1, 2):
        raise SoftswitchError(f"{path} has {found.channels} channels of {8 * found.width} bits: {WANTED}")
    if not 0 < found.frames <= MAX_S * found.rate:
        raise SoftswitchError(f"{path} is empty or longer than {MAX_S} s: cut it")
    whole = np.frombuffer(found.pcm[: len(found.pcm) // 2 * 2], dtype="<i2")
    return (whole / np.float32(32767)).astype(np.float32), found.rate
