"""Recordings: WAV files of a dialplan as prompts, at the levels that they were recorded at."""

import wave
from pathlib import Path

import numpy as np
import soxr

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
        with wave.open(str(path)) as file:
            form = (file.getnchannels(), file.getsampwidth())
            rate, frames = file.getframerate(), file.getnframes()
            if form != (1, 2):
                raise SoftswitchError(f"{path} has {form[0]} channels of {8 * form[1]} bits: {WANTED}")
            if not 0 < frames <= MAX_S * rate:
                raise SoftswitchError(f"{path} is empty or longer than {MAX_S} s: cut it")
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error) as error:
        raise SoftswitchError(f"{path} cannot be read ({error or 'it is cut short'}): {WANTED}") from None
    whole = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2")
    return (whole / np.float32(32767)).astype(np.float32), rate
