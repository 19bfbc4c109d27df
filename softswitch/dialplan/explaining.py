"""Why a plan takes words for which intent: what its author asks when it surprises him."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from softswitch.dialplan import interpreter
from softswitch.dialplan.candidates import Candidate
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.steps import Question
from softswitch.events import Heard

LIMIT = 5
SOME_DAY = datetime(2026, 1, 7, 10, 0)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the words led to at a step: `intent` is "" for none; `candidates` came near, best first."""

    step: str
    language: str
    intent: str
    slots: Mapping[str, str]
    path: tuple[str, ...]
    why: tuple[str, ...]
    candidates: tuple[Candidate, ...]


def understanding(
    plan: Plan, step: str, text: str, facts: Mapping[str, str], language: str, now: datetime = SOME_DAY
) -> Understanding:
    """As the interpreter understands it in a call that has come to this step, which hears."""
    question = plan.steps[step].question
    assert question is not None
    state = interpreter.initial(plan, facts, language)
    asking = question.fields[0].name if question.fields else ""
    outcome = interpreter.take(plan, replace(state, step=step, asking=asking), Heard(text, 1.0))
    found = candidates(plan, step, language, text, now)
    return Understanding(step, language, outcome.intent, outcome.slots, outcome.path, outcome.why, found)


def candidates(
    plan: Plan, step: str, language: str, text: str, now: datetime = SOME_DAY, limit: int = LIMIT
) -> tuple[Candidate, ...]:
    """The intents that come into question at a step, best first; none where it does not hear."""
    question = plan.steps[step].question
    if question is None:
        return ()
    names = frozenset().union(*question.names.values())
    found = plan.sentences[language].candidates(text, names, now, limit)
    return tuple(replace(candidate, intent=_shown(candidate.intent)) for candidate in found)


def _shown(name: str) -> str:
    """The interpreter keeps values, and steps' own sentences, under names that no intent has."""
    return name[1:-1] if name.startswith("{") else name


def _is_heard(question: Question, intent: str) -> bool:
    """Whether an intent, or a variable, may come of words; a yes or no where one may be waited for."""
    if intent in ("yes", "no") and question.fields:
        return True
    return intent in question.ways or intent in question.by_name


def score(plan: Plan, step: str, language: str, text: str, intent: str) -> str:
    """'hours came to 0.62 with "what time do you close"', or that nobody listens for it there; "" when it did
    not come into question.
    """
    question = plan.steps[step].question
    if text and question and not _is_heard(question, intent):
        return f"step {step} does not listen for {intent}"
    for candidate in candidates(plan, step, language, text, limit=1000) if text else ():
        if candidate.intent == intent:
            return f'{intent} came to {candidate.score:.2f} with "{candidate.template}"'
    return ""
