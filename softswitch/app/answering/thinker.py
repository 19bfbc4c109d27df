"""One dialplan's thinker: what a session asks, put to memory and model with all that the plan knows."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Literal

from softswitch.answer import knowledge, questions
from softswitch.answer.answerer import Answer, Answerer, Brief, Question
from softswitch.answer.apart import names_of
from softswitch.answer.guarding import Guards, known_figures
from softswitch.answer.prompting import Passage, messages, told_figures
from softswitch.answer.remembering import Asked
from softswitch.answer.thinking import Tools
from softswitch.app.answering.tools import Find, PlanTools
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.plan import Plan
from softswitch.store.knowledge import Knowledge
from softswitch.thinking import Exchange, How, Think, Wanted

FACTS = ("today", "holiday")
"""What may matter of what is known of every call; the time of day would be another one each minute."""
NAMES = {"en": "English", "es": "Spanish"}
MASKED = "****"


class Thought:
    """Implements ports.Thought."""

    def __init__(self, answer: Answer, key: str = "") -> None:
        """`key` is that of the Think."""
        self._answer, self._key = answer, key

    @property
    def sentences(self) -> AsyncGenerator[str, None]:
        return self._answer.sentences

    @property
    def how(self) -> How:
        return self._answer.how

    @property
    def missing(self) -> Literal["", "unknown", "failed", "broken"]:
        outcome = self._answer.outcome
        if outcome is None:
            return "failed"
        if outcome.kind == "unknown":
            return "unknown"
        if outcome.kind in ("answered", "wanted") or (outcome.spoken and outcome.too_long):
            return ""
        return "broken" if outcome.spoken else "failed"

    @property
    def wanted(self) -> Wanted | None:
        outcome = self._answer.outcome
        if outcome is None or outcome.wanted is None:
            return None
        action, arguments = outcome.wanted
        return Wanted(self._key, action, tuple(arguments.items()))


class PlanThinker:
    """Implements ports.Thinker for the sessions of one version of a plan."""

    def __init__(self, plan: Plan, answerer: Answerer, find: Find | None = None) -> None:
        """`find` looks up what the plan's tools ask for."""
        assert plan.settings.answers
        self.plan, self.answerer, self.find = plan, answerer, find
        self._settings = plan.settings.answers
        self._passages = knowledge.passages(plan.files.knowledge)
        texts = [(passage.title, passage.text) for passage in self._passages]
        self._index = {name: Knowledge(texts, name) for name in plan.languages}

    def think(self, order: Think, context: Mapping[str, str], history: Sequence[Exchange]) -> Thought:
        return Thought(self.answerer.answer(self.question(order, context, history)), order.key)

    def question(
        self, order: Think, context: Mapping[str, str], history: Sequence[Exchange] = ()
    ) -> Question:
        """With all that the plan knows about it, which is gathered once it is needed."""
        known = self._known(context)
        return Question(
            self._asked(order, context, known, history),
            partial(self._brief, order, dict(context), known, tuple(history)),
            self._tools(order),
            shareable=not self._private(known) and not _follows(history),
        )

    def _tools(self, order: Think) -> Tools | None:
        lookups = self._settings.tools if self.find else ()
        return PlanTools(self.plan, lookups, order.actions, self.find) if lookups or order.actions else None

    def _brief(
        self,
        order: Think,
        context: Mapping[str, str],
        known: Mapping[str, str],
        history: Sequence[Exchange],
    ) -> Brief:
        passages, language = self._found(order), LANGUAGES[order.language]
        instructions = self._settings.instructions
        told = messages(
            order.question,
            language=NAMES[order.language],
            instructions=instructions,
            knowledge=passages,
            context={**known, **{name: context[name] for name in FACTS if name in context}},
            history=history,
        )
        figures = told_figures(order.question, instructions, passages, known, history)
        may_say = known_figures([*figures, context.get("today", "")], language)
        settings = self._settings
        return Brief(told, Guards(language, may_say, settings.longest, settings.forbidden, instructions))

    def _asked(
        self,
        order: Think,
        context: Mapping[str, str],
        known: Mapping[str, str],
        history: Sequence[Exchange],
    ) -> Asked:
        follows = _follows(history)
        if order.intent:
            key = " ".join([order.intent, *(f"{name}={value}" for name, value in order.slots)])
        else:
            greeting = "" if follows else " ".join(exchange.answered for exchange in history)
            key = questions.key(order.question, order.language, follows, greeting)
        day = {name: context[name] for name in FACTS if name in context}
        return Asked(
            self.plan.name,
            self.plan.version,
            order.language,
            key,
            order.question,
            order.intent,
            context.get("caller_number", ""),
            {**known, **day},
            self._private(known),
            follows and questions.is_own(order.question, order.language),
        )

    def _known(self, context: Mapping[str, str]) -> dict[str, str]:
        """The plan's own variables as far as they are set, and no secret."""
        variables = self.plan.settings.variables
        declared = (name for name in variables if not variables[name].sensitive)
        return {name: context[name] for name in declared if context.get(name) not in (None, "", MASKED)}

    def _private(self, known: Mapping[str, str]) -> frozenset[str]:
        """The names of what is about this caller or call. What the plan itself knows is no secret."""
        variables = self.plan.settings.variables
        return frozenset(name for name in known if variables[name].scope != "plan")

    def _found(self, order: Think) -> list[Passage]:
        return [self._passages[at] for at in self._index[order.language].found(order.question)]


def names_in(plan: Plan) -> frozenset[str]:
    """What the plan's texts for its model name."""
    assert plan.settings.answers
    texts = [*plan.files.knowledge.values(), plan.settings.answers.instructions]
    return frozenset[str]().union(*(names_of(texts, language) for language in plan.languages))


def _follows(history: Sequence[Exchange]) -> bool:
    """Whether the caller has said something before."""
    return any(exchange.heard for exchange in history)
