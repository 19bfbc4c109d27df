"""How well the bundled dialplans understand callers: corpora of sentences written apart from the templates.

Each is said at the plan's main question, as an ear that made no mistake would write it. What belongs to no
intent must be taken for none, or for one that is not in the corpus: the plan's own for what it does not do.
Who is asked whether he meant something counts neither as right nor as wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import yaml

from figures.figure import Estimate, Measurement, Spec, Workshop
from figures.speech_score import share
from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.events import Heard

TESTS = Path(__file__).parents[2] / "tests/dialplans"
PLANS: Mapping[str, Mapping[str, str]] = {
    "reception": {},
    "order_desk": {},
    "appointment_reminder": {"answered_by": "person"},
}
"""With what is known of the call."""
BEFORE: Mapping[str, Sequence[str]] = {"appointment_reminder": ["speaking"]}
"""What brings a caller to the main question, where that is not the first one."""
FRESH: Mapping[str, str] = {"order_desk": "fresh6"}
"""The corpus that a plan's target is held on, where `fresh` was looked at since.

Once it is looked at itself, its successor is named here, and tests/dialplans/test_paraphrases.py holds it.
"""
SURE = 0.9
NONE = "none"


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of utterances. `wrong`: taken for another intent; `missed`: taken for none of them; `asked`: the
    caller is asked whether he meant an intent, of these `asked_right` about the one that he did.
    """

    right: int
    wrong: int
    missed: int
    asked: int
    asked_right: int

    @property
    def of(self) -> int:
        return self.right + self.wrong + self.missed + self.asked


def corpus(plan: str, name: str) -> Mapping[str, Sequence[str]]:
    """Utterances by intent; templates may be fitted to all but the one that `unread` names."""
    found: Mapping[str, Sequence[str]] = yaml.safe_load(
        (TESTS / plan / f"paraphrases/{name}.yaml").read_text()
    )
    return found


def unread(plan: str) -> str:
    """The corpus that nobody who writes the plan's templates has read."""
    return FRESH.get(plan, "fresh")


def load(plan: str) -> Plan:
    """A bundled dialplan, with somebody to transfer to."""
    return loader.load(loader.resolve(plan), "sip:human@example.invalid")


def taken_for(plan: Plan, text: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """The intent that the main question takes an utterance for, and that that it asks about; "" for none."""
    conversation = Conversation(plan, facts)
    conversation.start()
    for words in BEFORE.get(plan.name, ()):
        conversation.take(Heard(words, SURE))
    conversation.take(Heard(text, SURE))
    return conversation.intent, conversation.doubted


def quality(plan: Plan, said: Mapping[str, Sequence[str]], facts: Mapping[str, str]) -> Quality:
    known = said.keys() - {NONE}
    all_ = [(intent, *taken_for(plan, text, facts)) for intent, texts in said.items() for text in texts]
    asked = [(meant, about) for meant, _, about in all_ if about]
    got = [(meant, found if found in known else NONE) for meant, found, about in all_ if not about]
    right = sum(meant == found for meant, found in got)
    missed = sum(meant != found == NONE for meant, found in got)
    asked_right = sum(meant == about for meant, about in asked)
    return Quality(right, len(got) - right - missed, missed, len(asked), asked_right)


def measure(name: str, workshop: Workshop) -> Sequence[float | Estimate]:
    plan = load(name)
    found: list[float | Estimate] = []
    for each in ("dev", "dev_more", unread(name)):
        counted = quality(plan, corpus(name, each), PLANS[name])
        found += [share(count, counted.of) for count in astuple(counted)]
    return found


def _specs(name: str) -> tuple[Spec, ...]:
    found: list[Spec] = []
    for of in ("developed with", "developed with later", unread(name)):
        held = of == unread(name)
        found += (
            Spec(f"{name}, {of}: right", "%", at_least=95 if held else None),
            Spec(f"{name}, {of}: wrong intent", "%", at_most=1 if held else None),
            Spec(f"{name}, {of}: missed", "%"),
            Spec(f"{name}, {of}: asked whether", "%"),
            Spec(f"{name}, {of}: asked about what was meant", "%"),
        )
    return tuple(found)


QUALITY = tuple(
    Measurement(f"what 900 callers of {name} say", _specs(name), partial(measure, name)) for name in PLANS
)
