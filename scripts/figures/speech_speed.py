"""Figures: what the ear costs in CPU time, memory and time to load."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

from figures import speech_said
from figures.figure import Measurement, Spec, Workshop
from figures.speech_dialplan import Question
from figures.speech_ear import Job, hear_one, recognizer, seconds
from figures.speech_line import CLEAN, CONDITIONS, Condition, heard_over, surroundings
from figures.speech_material import Material, Said
from softswitch.errors import SoftswitchError
from softswitch.session.listening import LONGEST_S

UTTERANCES = 60
NOISES = 2
NOISE_S = LONGEST_S  # no utterance of a call is longer
LOADS = 5
NOISY = min((line for line in CONDITIONS if line.snr is not None), key=lambda line: line.snr or 0.0)


def factors(workshop: Workshop) -> Sequence[float]:
    """Seconds of CPU, all threads of the process, per second of audio; one utterance after the other."""
    material = speech_said.material(workshop)
    step = material.steps[0]
    grammar = Question(step.intents).grammar
    sentences, said = material.sentences[:UTTERANCES], step.said[:UTTERANCES]
    others = list(material.sounds())
    noises = [surroundings(NOISE_S, others, seed) for seed in range(NOISES)]
    return [
        _factor(workshop, _jobs(None, sentences, CLEAN)),
        _factor(workshop, _jobs(grammar, said, CLEAN)),
        _factor(workshop, _jobs(None, sentences, NOISY, material)),
        _factor(workshop, [Job(None, noise) for noise in noises]),
        _factor(workshop, [Job(grammar, noise) for noise in noises]),
    ]


def _jobs(
    grammar: tuple[str, ...] | None, said: Sequence[Said], line: Condition, others: Material | None = None
) -> list[Job]:
    sounds = list(others.sounds()) if others else []
    return [Job(grammar, heard_over(line, each.sound, sounds, seed)) for seed, each in enumerate(said)]


def _factor(workshop: Workshop, jobs: Sequence[Job]) -> float:
    with recognizer(workshop.ear, workers=1) as ear:

        async def hear_them() -> None:
            for job in jobs:
                await hear_one(ear, job)

        start = time.process_time()
        asyncio.run(hear_them())
        return (time.process_time() - start) / sum(seconds(job.pcm) for job in jobs)


def footprint(workshop: Workshop) -> Sequence[float]:
    """Medians over fresh processes: ms to load, MB per model, MB per recogniser in use."""
    said = speech_said.material(workshop).sentences[0]
    pcm = heard_over(CLEAN, said.sound, [], 0)
    found = [_loaded(workshop.ear, pcm) for _ in range(LOADS)]
    return [median(run[key] for run in found) for key in ("load_ms", "model_mb", "recognizer_mb")]


def _loaded(setting: str, pcm: bytes) -> dict[str, float]:
    command = [sys.executable, "-m", "figures.speech_footprint", setting]
    done = subprocess.run(command, input=pcm, capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise SoftswitchError(
            f"the ear {setting} could not be loaded on its own: {done.stderr.decode()[-300:]}"
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found


FACTORS = Measurement(
    "CPU time of the recogniser, one core",
    (
        Spec("real-time factor, whole vocabulary, clean", "", at_most=0.05),
        Spec("real-time factor, with grammar, clean", "", at_most=0.05),
        Spec(f"real-time factor, whole vocabulary, {NOISY.name}", "", at_most=0.05),
        Spec("real-time factor, whole vocabulary, noise alone", "", at_most=0.05),
        Spec("real-time factor, with grammar, noise alone", "", at_most=0.05),
    ),
    factors,
)
FOOTPRINT = Measurement(
    "load time and memory of the ear",
    (
        Spec("load time of the ear", "ms"),
        Spec("memory per model", "MB"),
        Spec("memory per recogniser", "MB"),
    ),
    footprint,
)
