"""A whole replay: without remembering, with it, and the trace's pairs, each on a clock of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from softswitch.answer.asking import Embedding, Model
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.replay.model import Script, TraceLlm
from softswitch.replay.pairs import Reused, run_pairs
from softswitch.replay.running import run
from softswitch.replay.scripted_llm import Moods
from softswitch.replay.shop import Pausing
from softswitch.replay.skipping import SkippingLoop
from softswitch.replay.talking import Run
from softswitch.replay.trace import Trace

MOODS = Moods(median=0.4, sigma=0.5, pace=0.02, spikes=0.01, spike=3.0)
"""Of the scripted model: a tenth of its first pieces take longer than 0.8 s, one in a hundred 3 s more."""

Tell = Callable[[str, int, int], None]
Result = TypeVar("Result")
Work = Callable[[Model, Pausing], Coroutine[Any, Any, Result]]


@dataclass(frozen=True, slots=True)
class Replay:
    without: Run
    remembering: Run
    reused: Reused | None
    """Of the trace's pairs; None where it has none, or a real model was asked."""


def replay_both(
    plan: Plan, trace: Trace, model: Model | None, tell: Tell, embedding: Embedding | None = None
) -> Replay:
    """Ask `model`, or the scripted one and compare questions by `embedding`. `tell` hears what is done,
    how much of it, and how much there is.

    Raises SoftswitchError for a plan without `answers`.
    """
    if plan.settings.answers is None:
        raise SoftswitchError(f"the dialplan {plan.name} asks no model: write `answers` into its plan.yaml")
    script = Script(trace)

    def told(what: str) -> Callable[[int, int], None]:
        return lambda done, total: tell(what, done, total)

    def calls(remembers: bool) -> Work[Run]:
        heard = told("remembering" if remembers else "without remembering")
        return lambda asked, pausing: run(
            plan, trace, asked, script, remembers=remembers, pausing=pausing, tell=heard
        )

    def pairs(asked: Model, pausing: Pausing) -> Coroutine[Any, Any, Reused]:
        return run_pairs(plan, trace, asked, script, pausing=pausing)

    without = _on_a_clock(calls(False), script, model)
    remembering = _on_a_clock(calls(True), script, model, embedding)
    reused = _on_a_clock(pairs, script, None, embedding) if trace.pairs and model is None else None
    return Replay(without, remembering, reused)


def _on_a_clock(
    work: Work[Result], script: Script, model: Model | None, embedding: Embedding | None = None
) -> Result:
    script.only = ""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(_with_model(work, script, model, embedding))


async def _with_model(
    work: Work[Result], script: Script, model: Model | None, embedding: Embedding | None
) -> Result:
    if model is not None:
        return await work(model, lambda: 0)
    server = TraceLlm(moods=MOODS)
    server.script = script
    async with server:
        asked = Model("scripted", server.url, "scripted", embedding=embedding)
        return await work(asked, lambda: server.pausing)
