"""Pairs of questions that are alike and no repeats: whether the second is given the first one's answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from softswitch.answer.asking import Model
from softswitch.dialplan.plan import Plan
from softswitch.replay.model import Script
from softswitch.replay.shop import Pausing, Shop
from softswitch.replay.trace import Asked, Pair, Trace
from softswitch.thinking import Exchange, Think


@dataclass(frozen=True, slots=True)
class Reused:
    """Of a trace's pairs: how many there are, of how many the first answer was kept, and those whose second
    question was given a wrong one again.
    """

    pairs: int
    kept: int
    wrong: tuple[Pair, ...]


async def run_pairs(plan: Plan, trace: Trace, model: Model, script: Script, *, pausing: Pausing) -> Reused:
    """Every pair, one after the other, all in one memory. The model is the scripted one."""
    kept, wrong = 0, []
    async with Shop(plan, trace, model, script, remembers=True, pausing=pausing) as shop:
        for pair in trace.pairs:
            before = shop.kept.count
            bad = [await _reuses_wrongly(shop, pair.first)]
            kept += shop.kept.count > before
            bad.append(await _reuses_wrongly(shop, pair.second))
            wrong += [pair] * any(bad)
            await asyncio.sleep(1.0)
    return Reused(len(trace.pairs), kept, tuple(wrong))


async def _reuses_wrongly(shop: Shop, asked: Asked) -> bool:
    known: Mapping[str, str] = shop.plan.beginning(shop.facts(asked.caller)) | dict(asked.context)
    history = (Exchange(asked.before, "Yes."),) if asked.before else ()
    question = shop.thinker.question(Think("", asked.heard, language=shop.plan.languages[0]), known, history)
    shop.script.only = asked.answer
    answer = shop.ask(question)
    spoken = " ".join([sentence async for sentence in answer.sentences])
    right = shop.script.answer(asked.heard, asked.before, question.asked.context or {})
    return answer.how in ("remembered", "shared") and spoken != right.text
