"""The calling itself: a job's words become speech and its scripts calls of one PJSIP caller."""

from collections.abc import Callable
from functools import cache

from figures.callers import LONGEST_CALL_S, QUIET_S, Job, Words
from softswitch.cli import call_audio
from softswitch.gateway.caller.engine import Caller, CallerSettings
from softswitch.gateway.caller.script import CallReport, CallScript, Observer, Utterance


def voice() -> Callable[[str], bytes]:
    """The callers' voice, the embedded one; it speaks each text once and remembers it."""
    return cache(call_audio.voice("embedded"))


def run(job: Job, observer: Observer | None = None) -> list[CallReport]:
    """Hold the job's calls; returns when the last has ended. At most one at a time in a process."""
    speak = voice()

    def script(words: Words) -> CallScript:
        steps = tuple(Utterance(speak(text), text, barge_in_after=after) for text, after in words)
        return CallScript(job.uri, steps, quiet=QUIET_S, longest_call=LONGEST_CALL_S)

    with Caller(CallerSettings(max_calls=len(job.scripts))) as caller:
        return caller.run([script(words) for words in job.scripts], stagger=job.stagger, observer=observer)
