"""A process that loads an ear, uses it, and prints as JSON what that took: ms, and MB of resident memory.

Its argument is an ear as `speech.model` names it; 16-bit PCM at 8 kHz to be heard comes in on standard input.
"""

import json
import sys
import time
from pathlib import Path

from ear.audio import RATE

from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer

RECOGNIZERS = 50
PAGE_MB = 4096 / 1e6


def resident_mb() -> float:
    """See proc_pid_statm(5)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_MB


def footprint(setting: str, pcm: bytes) -> dict[str, float]:
    folder, pool = models.ear(setting), SpeechPool(1)
    before, start = resident_mb(), time.perf_counter()
    ear = VoskRecognizer(folder, RATE, pool)
    load_ms, loaded = (time.perf_counter() - start) * 1000, resident_mb()
    decoders = [ear.decoder(None) for _ in range(RECOGNIZERS)]
    for decoder in decoders:
        decoder.AcceptWaveform(pcm)
    return {
        "load_ms": load_ms,
        "model_mb": loaded - before,
        "recognizer_mb": (resident_mb() - loaded) / len(decoders),
    }


if __name__ == "__main__":
    print(json.dumps(footprint(sys.argv[1], sys.stdin.buffer.read())))
