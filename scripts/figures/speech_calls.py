"""Figure: how far the recogniser falls behind 40 callers who each speak a third of the time."""

import asyncio
import random
import time
from collections.abc import Sequence

from figures import speech_said
from figures.figure import Measurement, Spec, Workshop, percentile
from figures.speech_dialplan import Question
from figures.speech_ear import CHUNK_S, Job, chunks, recognizer, seconds
from figures.speech_line import CLEAN, heard_over
from figures.speech_material import Said
from softswitch.speech.recognizer import VoskRecognizer

CALLS = 40
CORES = 2
SPAN_S = 30.0
CYCLE_S = 8.0  # about one utterance and the pause after it


def backlog(workshop: Workshop) -> Sequence[float]:
    """In real time: ms from when 100 ms of audio had come in to when they were decoded, worst and p99."""
    jobs = _utterances(workshop)
    with recognizer(workshop.ear, workers=CORES) as ear:
        lags = asyncio.run(_all_calls(ear, jobs))
    workshop.tell(f"{len(lags)} chunks decoded")
    return (1000 * max(lags), 1000 * percentile(lags, 0.99))


def _utterances(workshop: Workshop) -> list[Job]:
    """Sentences with the whole vocabulary and phrases with their step's grammar, in turn."""
    material = speech_said.material(workshop)
    said: list[tuple[tuple[str, ...] | None, Said]] = [(None, each) for each in material.sentences[:CALLS]]
    for step in material.steps:
        grammar = Question(step.intents).grammar
        said += [(grammar, each) for each in step.said[: CALLS // len(material.steps)]]
    return [Job(grammar, heard_over(CLEAN, each.sound, [], 0)) for grammar, each in said]


async def _all_calls(ear: VoskRecognizer, jobs: Sequence[Job]) -> list[float]:
    end = time.perf_counter() + SPAN_S
    calls = [_call(ear, jobs, random.Random(number), end) for number in range(CALLS)]
    return [lag for lags in await asyncio.gather(*calls) for lag in lags]


async def _call(ear: VoskRecognizer, jobs: Sequence[Job], chance: random.Random, end: float) -> list[float]:
    lags: list[float] = []
    await asyncio.sleep(chance.uniform(0, CYCLE_S))
    while time.perf_counter() < end:
        job = chance.choice(jobs)
        lags += await _speak(ear, job)
        await asyncio.sleep(2 * seconds(job.pcm))
    return lags


async def _speak(ear: VoskRecognizer, job: Job) -> list[float]:
    """The lag of each chunk, and of the final result behind the last one."""
    stream = ear.open(job.grammar)
    lags = []
    due = time.perf_counter()
    for chunk in chunks(job.pcm):
        due += CHUNK_S
        await asyncio.sleep(due - time.perf_counter())
        await stream.accept(chunk)
        lags.append(time.perf_counter() - due)
    await stream.finish()
    stream.close()
    return [*lags, time.perf_counter() - due]


BACKLOG = Measurement(
    f"{CALLS} calls, each speaking a third of the time, for {SPAN_S:g} s on {CORES} threads",
    (
        Spec(f"recogniser backlog of {CALLS} calls, worst", "ms", at_most=200),
        Spec(f"recogniser backlog of {CALLS} calls p99", "ms"),
    ),
    backlog,
)
