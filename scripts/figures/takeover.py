"""Callers of a node whose control process dies: `python -m figures.takeover`, JSON in and out.

The callers' process does the killing, so that its time and the calls' audio are on one clock.
"""

import asyncio
import json
import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from figures.call_recovery import CALLS, Killing
from figures.scripted import voice
from softswitch.gateway.caller.engine import Caller, CallerSettings
from softswitch.gateway.caller.port import CLOCK_RATE
from softswitch.gateway.caller.script import CallReport, CallScript, Pause, Progress, Sending, Utterance
from softswitch.gateway.caller.voicing import Samples
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import Prompt, PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer

STAGGER_S = 0.2
KILL_AFTER_S = 3.0
"""From the last caller's first words to the kill: their answer has been heard, nobody speaks."""
SILENT_S = 10.0
"""The callers' silence across the kill."""
LIKE = 0.7
"""Correlation from which on audio is the prompt sought: the same recording through G.711 has 0.99."""


@dataclass
class Witness:
    """Notes when each call's audio began and when control was killed, by time.monotonic()."""

    pid: int
    began: dict[int, float] = field(default_factory=dict)
    killed_at: float = 0.0

    def __call__(self, progress: Progress) -> None:
        """A call's words carry its number: nothing else tells which call it is."""
        if not isinstance(progress, Sending) or not (
            number := re.match(r"first words of (\d+)", progress.text)
        ):
            return
        self.began[int(number[1])] = time.monotonic() - progress.at_s
        if len(self.began) == CALLS:
            threading.Timer(KILL_AFTER_S, self._kill).start()

    def _kill(self) -> None:
        self.killed_at = time.monotonic()
        os.kill(self.pid, signal.SIGKILL)


def run(killing: Killing) -> dict[str, object]:
    """`times`: seconds from the kill to the resumed prompt, one per caller that heard it. `lost`: calls."""
    witness = Witness(killing.pid)
    with Caller(CallerSettings(max_calls=CALLS)) as caller:
        reports = caller.run(scripts(killing.uri), stagger=STAGGER_S, observer=witness)
    resumed = prompt(killing)
    found = [
        heard_again(report, resumed, witness.killed_at - witness.began[number])
        for number, report in enumerate(reports)
        if report.ok
    ]
    times = [round(seconds, 3) for seconds in found if seconds is not None]
    return {"times": times, "lost": sum(not report.ok for report in reports)}


def scripts(uri: str) -> list[CallScript]:
    speech = voice()("taxi")
    return [
        CallScript(
            uri,
            (
                Utterance(speech, f"first words of {number}"),
                Pause(SILENT_S),
                Utterance(speech, f"last words of {number}"),
            ),
        )
        for number in range(CALLS)
    ]


def heard_again(report: CallReport, prompt: Samples, killed_s: float) -> float | None:
    """Seconds from the kill to the prompt's start in what the caller heard after it."""
    heard = np.frombuffer(report.received, dtype=np.int16)[round(killed_s * CLOCK_RATE) :]
    at = find(prompt, heard)
    return None if at is None else at / CLOCK_RATE


def find(pattern: Samples, audio: Samples) -> int | None:
    """Where `pattern` begins in `audio`: the highest normalised cross-correlation, None when below LIKE."""
    if len(audio) < len(pattern):
        return None
    wanted, given = pattern.astype(np.float64), audio.astype(np.float64)
    size = len(wanted) + len(given) - 1
    product = np.fft.irfft(np.fft.rfft(given, size) * np.fft.rfft(wanted[::-1], size), size)
    energy = np.cumsum(np.concatenate(([0.0], given**2)))
    norms = np.sqrt((energy[len(wanted) :] - energy[: -len(wanted)]) * np.sum(wanted**2))
    likeness = product[len(wanted) - 1 : len(given)] / np.maximum(norms, 1.0)
    best = int(likeness.argmax())
    return best if likeness[best] >= LIKE else None


def prompt(killing: Killing) -> Samples:
    """The resumed prompt's audio, from the node's own cache."""
    pool = SpeechPool(1)
    cache = PromptCache(pool, Path(killing.prompts))
    resumed = Prompt(PiperSynthesizer(models.voice("embedded"), CLOCK_RATE, pool), killing.resumed)
    asyncio.run(cache.render_all([resumed]))
    return np.frombuffer(cache.get(resumed) or b"", dtype=np.int16)


if __name__ == "__main__":
    json.dump(run(Killing(**json.load(sys.stdin))), sys.stdout)
