"""Callers on bad days: `python -m figures.bad_day_callers`, JSON in and out.

Each says his words, one whenever the node has been silent for his PAUSES_S, and then that he is done. What
counts is heard at his end: every silence that the node owed him, and how his call ended.
"""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from softswitch.gateway.caller.measure import PROMPT_GAP_S
from softswitch.gateway.caller.port import CLOCK_RATE
from softswitch.gateway.caller.script import CallReport, CallScript, Progress, Sending, Utterance
from softswitch.gateway.caller.voicing import THRESHOLD_DBFS, WINDOW_S, levels

PAUSES_S = (2.5, 5.5)
"""Slow callers, some more than others: what is silent for longer in the midst of an answer, they take for its
end. Were they all alike, those who were put through the same at once would speak in chorus from then on.
"""
LONGEST_CALL_S = 150.0
LAST_WORD = "close"
NOTABLE_S = 0.8


@dataclass(frozen=True, slots=True)
class Job:
    """Calls to `uri` (with a place for the number called), the first at `at` (time.monotonic()), each
    `stagger` seconds after the one before; for each call its words.
    """

    uri: str
    at: float
    stagger: float
    words: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Silence:
    """From `at` (time.monotonic()) on, in seconds: before an answer, or in the midst of one."""

    at: float
    seconds: float
    kind: str


@dataclass(frozen=True, slots=True)
class Ended:
    """`how`: served, person, dropped, or refused before it began; `silences` are those worth a look."""

    how: str
    why: str
    began: float
    ended: float
    silences: Sequence[Silence]


class Witness:
    """When each call's audio began, by its number, which its words carry."""

    def __init__(self) -> None:
        self.began: dict[int, float] = {}

    def __call__(self, progress: Progress) -> None:
        if isinstance(progress, Sending):
            self.began.setdefault(int(progress.text.split()[1]), time.monotonic() - progress.at_s)


def run(job: Job) -> list[Ended]:
    from figures.scripted import voice  # only the child loads PJSIP and the voice
    from softswitch.gateway.caller.engine import Caller, CallerSettings

    speak, witness = voice(), Witness()

    def script(number: int, words: Sequence[str]) -> CallScript:
        steps = tuple(Utterance(speak(word), f"{word} {number}") for word in (*words, LAST_WORD))
        uri, pause = job.uri.format(4000 + number), random.Random(number).uniform(*PAUSES_S)
        return CallScript(uri, steps, quiet=pause, longest_call=LONGEST_CALL_S, follow=False)

    scripts = [script(number, words) for number, words in enumerate(job.words)]
    with Caller(CallerSettings(max_calls=len(scripts))) as caller:
        time.sleep(max(0.0, job.at - time.monotonic()))
        reports = caller.run(scripts, stagger=job.stagger, observer=witness)
    return [ended(report, len(job.words[number]) + 1, witness.began.get(number, 0.0))
            for number, report in enumerate(reports)]  # fmt: skip


def ended(report: CallReport, words: int, began: float) -> Ended:
    """`words`: how many there were to say."""
    seconds = len(report.received) / 2 / CLOCK_RATE
    how = "dropped"
    if report.transferred_to:
        how = "person"
    elif report.status == "refused":
        how = "refused"
    elif report.status == "answered" and len(report.turns) == words:
        how = "served"
    silences = [Silence(began + at, length, kind) for at, length, kind in owed(report) if length >= NOTABLE_S]
    return Ended(how, report.problem or report.status, began, began + seconds, silences)


def owed(report: CallReport) -> Iterator[tuple[float, float, str]]:
    """Where, how long, and of which kind: all silences but those after which the caller speaks, which are
    his own. The last one is owed if he spoke last.
    """
    end = len(report.received) / 2 / CLOCK_RATE
    said = [(turn.sent_at_s, turn.speech_end_s, "caller") for turn in report.turns]
    sounds = sorted([*said, *((begin, stop, "node") for begin, stop in stretches(report.received))])
    until, last = 0.0, "caller"
    for begin, stop, who in [*sounds, (end, end, "end")]:
        if begin > until and (last == "caller" or who == "node"):
            yield until, begin - until, "before" if last == "caller" else "within"
        if stop >= until:
            until, last = stop, who


def stretches(pcm: bytes) -> Iterator[tuple[float, float]]:
    """In seconds, from where to where the node is heard, pauses between words within it."""
    window = round(WINDOW_S * CLOCK_RATE)
    voiced = np.flatnonzero(levels(np.frombuffer(pcm, dtype=np.int16), window) > THRESHOLD_DBFS)
    if len(voiced):
        gaps = np.flatnonzero(np.diff(voiced) * WINDOW_S >= PROMPT_GAP_S)
        starts, stops = voiced[[0, *(gaps + 1)]], voiced[[*gaps, -1]] + 1
        for start, stop in zip(starts, stops, strict=True):
            yield float(start * WINDOW_S), float(stop * WINDOW_S)


if __name__ == "__main__":
    json.dump([asdict(each) for each in run(Job(**json.load(sys.stdin)))], sys.stdout)
