"""The ear under measurement: the product's own recogniser and speech pool, fed as a call feeds them."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ear.audio import RATE

from softswitch.events import Recognition
from softswitch.session.utterance import CHUNK, FRAME_S
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer

CHUNK_S = CHUNK * FRAME_S
CHUNK_BYTES = round(CHUNK_S * RATE) * 2
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """16-bit PCM at 8 kHz, to be heard with a grammar, or with the whole vocabulary where it is None."""

    grammar: tuple[str, ...] | None
    pcm: bytes


def seconds(pcm: bytes) -> float:
    return len(pcm) / SAMPLE_BYTES / RATE


def chunks(pcm: bytes) -> Iterator[bytes]:
    """In the portions in which a call passes audio on."""
    for start in range(0, len(pcm), CHUNK_BYTES):
        yield pcm[start : start + CHUNK_BYTES]


@contextmanager
def recognizer(setting: str, workers: int = 0) -> Iterator[VoskRecognizer]:
    """The ear that `speech.model` would mean, with a pool of its own; its errors are those of a node."""
    pool = SpeechPool(workers)
    try:
        yield VoskRecognizer(models.ear(setting), RATE, pool)
    finally:
        pool.close()


def hear(setting: str, jobs: Sequence[Job], progress: Callable[[int], None]) -> list[Recognition]:
    """What is heard, in the order of the jobs, on all cores; `progress` is told how many are done."""
    with recognizer(setting) as ear:
        return asyncio.run(_hear_all(ear, jobs, progress))


async def hear_one(ear: VoskRecognizer, job: Job) -> Recognition:
    stream = ear.open(job.grammar)
    try:
        for chunk in chunks(job.pcm):
            await stream.accept(chunk)
        return await stream.finish()
    finally:
        stream.close()


async def _hear_all(
    ear: VoskRecognizer, jobs: Sequence[Job], progress: Callable[[int], None]
) -> list[Recognition]:
    results: dict[int, Recognition] = {}
    waiting = iter(enumerate(jobs))

    async def worker() -> None:
        for number, job in waiting:
            results[number] = await hear_one(ear, job)
            if len(results) % 250 == 0:
                progress(len(results))

    await asyncio.gather(*(worker() for _ in range(2 * len(os.sched_getaffinity(0)))))
    return [results[number] for number in range(len(jobs))]
