"""WAV files in and out of the caller: anything PCM in, stereo with the caller on the left out."""

import wave
from pathlib import Path

import numpy as np
import soxr

from softswitch import wav
from softswitch.errors import SoftswitchError
from softswitch.gateway.caller.port import CLOCK_RATE
from softswitch.gateway.caller.script import CallReport
from softswitch.gateway.caller.voicing import Samples


def read_wav(path: Path) -> Samples:
    """The file's audio at the caller's clock rate, its channels averaged. 16-bit PCM only."""
    try:
        found = wav.read(path)
    except OSError as error:
        raise SoftswitchError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise SoftswitchError(f"{path} is no PCM WAV file ({error}); {_remedy(path)}") from None
    if found.width != 2:
        raise SoftswitchError(f"{path} has {8 * found.width} bits a sample; {_remedy(path)}")
    return resampled(np.frombuffer(found.pcm, dtype=np.int16).reshape(-1, found.channels), found.rate)


def resampled(channels: Samples, rate: int) -> Samples:
    """Frames of one or more channels (rows are instants) as one channel at the caller's clock rate."""
    mono = channels.mean(axis=1).astype(np.float32)
    at_rate = mono if rate == CLOCK_RATE else soxr.resample(mono, rate, CLOCK_RATE)
    return np.asarray(np.clip(np.round(at_rate), -32768, 32767), dtype=np.int16)


def write_record(path: Path, report: CallReport) -> None:
    """The call as a stereo WAV file: what was sent on the left, what was heard on the right."""
    sent, received = (np.frombuffer(pcm, dtype=np.int16) for pcm in (report.sent, report.received))
    both = np.zeros((max(len(sent), len(received)), 2), dtype=np.int16)
    both[: len(sent), 0] = sent
    both[: len(received), 1] = received
    try:
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, CLOCK_RATE, 0, "NONE", "not compressed"))
            file.writeframes(both.tobytes())
    except OSError as error:
        raise SoftswitchError(f"cannot write {path}: {error.strerror}") from None


def _remedy(path: Path) -> str:
    return f"convert it: sox {path} -b 16 -e signed converted.wav"
