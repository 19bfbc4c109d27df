"""What a caller sends wherever he says nothing: silence, or noise so far below his speech."""

import numpy as np

from softswitch.gateway.caller.port import CLOCK_RATE
from softswitch.gateway.caller.script import CallScript, Utterance
from softswitch.gateway.caller.voicing import Samples, noise_bed, speech_level

_LEVEL_WITHOUT_SPEECH_DBFS = -20.0


def noise_level(script: CallScript) -> float | None:
    """The level of the script's noise in dBFS: its SNR below the speech, None without noise."""
    if script.noise is None:
        return None
    speech = b"".join(step.pcm for step in script.steps if isinstance(step, Utterance))
    level = speech_level(np.frombuffer(speech, dtype=np.int16), CLOCK_RATE)
    return (_LEVEL_WITHOUT_SPEECH_DBFS if level is None else level) - script.noise.snr_db


def lay(script: CallScript, length: int, noise_dbfs: float | None) -> Samples:
    """`length` samples of it."""
    if script.noise is None or noise_dbfs is None:
        return np.zeros(length, dtype=np.int16)
    return noise_bed(script.noise.samples, length, noise_dbfs)
