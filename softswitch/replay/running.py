"""Runs a trace's calls against a dialplan: the real interpreter, the real answers, a real HTTP server.

Only audio is left out. The calls come at their times, many at once where the trace has a burst, on a clock
that jumps over idle time (see skipping).
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from softswitch.answer.asking import Model
from softswitch.dialplan.plan import Plan
from softswitch.replay.model import Script
from softswitch.replay.shop import Pausing, Shop
from softswitch.replay.talking import Run, Talk
from softswitch.replay.trace import Call, Trace


async def run(
    plan: Plan,
    trace: Trace,
    model: Model,
    script: Script,
    *,
    remembers: bool,
    pausing: Pausing,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """All calls of the trace. `tell` hears of calls that have ended, and how many there are."""
    result, seen = Run(), dict[str, float]()
    ended = Counter[str]()

    async def hold(shop: Shop, call: Call) -> None:
        await asyncio.sleep(max(0.0, call.at - shop.now()))
        await Talk(shop, call, result, seen).hold()
        ended["calls"] += 1
        tell(ended["calls"], len(trace.calls))

    opened = Shop(plan, trace, model, script, remembers=remembers, pausing=pausing)
    async with opened as shop, asyncio.TaskGroup() as tasks:
        for call in trace.calls:
            tasks.create_task(hold(shop, call))
    figures = shop.answerer.figures
    result.requests = figures.requests
    result.prompt_tokens, result.completion_tokens = figures.prompt_tokens, figures.completion_tokens
    return result
