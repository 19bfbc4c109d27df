"""Asks a plan's model ahead of the callers: `answer.warm` of the node's desk."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, ValidationError

from softswitch.answer.answerer import Question
from softswitch.answer.prompting import MOST_QUESTION
from softswitch.answer.remembering import may_keep
from softswitch.app.answering.thinker import PlanThinker
from softswitch.app.desk import Desk, Tell
from softswitch.app.dialplans import Dialplans, Loaded
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.errors import SoftswitchError
from softswitch.thinking import Think
from softswitch.values import Section

SIDE_BY_SIDE = 4
"""Requests at once: callers' questions come first, and a plan has only so many."""


class Ahead(Section):
    question: str = Field(min_length=1, max_length=MOST_QUESTION)
    intent: str = ""


class Warm(Section):
    do: str = ""
    plan: str
    language: str = ""
    questions: Annotated[tuple[Ahead, ...], Field(max_length=100)]


class Warming:
    """Answers as callers without a number would get them, of whom nothing is known but the day."""

    def __init__(self, dialplans: Dialplans) -> None:
        self._dialplans = dialplans

    async def warm(self, request: dict[str, Any], tell: Tell) -> int:
        """Tells of each question as it is answered; how many there were."""
        try:
            order = Warm.model_validate(request)
        except ValidationError as error:
            raise SoftswitchError(f"these are no questions: {error.errors()[0]['msg']}") from None
        loaded, thinker = self._find(order.plan)
        language = order.language or loaded.plan.languages[0]
        _check(loaded.plan, language, order.questions)
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def tell_of(ahead: Ahead) -> None:
            async with gate:
                now = datetime.fromtimestamp(time.time(), UTC)
                question = of_nobody(loaded.plan, thinker, ahead, language, now)
                tell(await ask(loaded.plan, thinker, question))

        async with asyncio.TaskGroup() as tasks:
            for ahead in order.questions:
                tasks.create_task(tell_of(ahead))
        return len(order.questions)

    def _find(self, name: str) -> tuple[Loaded, PlanThinker]:
        for loaded in self._dialplans.active:
            if loaded.plan.name == name:
                if isinstance(loaded.parts.thinker, PlanThinker):
                    return loaded, loaded.parts.thinker
                raise SoftswitchError(
                    f"the dialplan {name} has no model: write `answers` into its plan.yaml, and `llm` into "
                    "the configuration"
                )
        known = ", ".join(loaded.plan.name for loaded in self._dialplans.active)
        raise SoftswitchError(f"no dialplan {name} runs here; those that run: {known}")


def wire(desk: Desk, dialplans: Dialplans) -> None:
    desk.register("answer.warm", Warming(dialplans).warm)


def _check(plan: Plan, language: str, questions: Sequence[Ahead]) -> None:
    if language not in plan.languages:
        raise SoftswitchError(
            f"the dialplan {plan.name} speaks {', '.join(plan.languages)}, but not {language}"
        )
    for ahead in questions:
        if ahead.intent and ahead.intent not in plan.files.intents:
            raise SoftswitchError(f"the dialplan {plan.name} has no intent {ahead.intent}")


def of_nobody(plan: Plan, thinker: PlanThinker, ahead: Ahead, language: str, at: datetime) -> Question:
    """The question, as it would be asked at that moment by a caller of whom nothing is known."""
    facts = CallFacts("", "", "", at)
    known = plan.beginning(plan.facts(facts, plan.route(facts)) | {"language": language})
    known = {name: value for name, value in known.items() if name not in plan.sensitive}
    return thinker.question(Think("", ahead.question, ahead.intent, (), language), known)


async def ask(plan: Plan, thinker: PlanThinker, question: Question) -> dict[str, str]:
    """The question, its answer, and what came of it: remembered, known before, not kept, failed, ..."""
    answer = thinker.answerer.answer(question)
    spoken = " ".join([sentence async for sentence in answer.sentences])
    outcome = answer.outcome
    came: str = outcome.kind if outcome else "failed"
    if outcome and came == "answered":
        keeps = may_keep(outcome.reply, question.asked, plan.sensitive)
        came = "known" if answer.how == "remembered" else "remembered" if keeps else "not kept"
    return {"question": question.asked.text, "came": came, "answer": spoken}
