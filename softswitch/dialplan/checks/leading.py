"""Where one step leads: the targets, and where in the step each is written."""

from collections.abc import Iterator, Mapping

from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.flow import RESERVED_TARGETS, Step
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.questions import DEFAULTS
from softswitch.marked_yaml import Place

FAILURES = ("no_input", "no_match", "low_confidence", "shouting", "silent")
SILENT = {
    "lookup": ("found", "not_found", "late"),
    "do": ("next", "done", "noted", "refused"),
    "answer": ("next", "unknown", "failed"),
    "transfer": ("failed",),
    "queue": ("over",),
    "leave": ("next",),
}
"""The keys under which a part of a step says where it goes on without the caller. A transfer may fail at
once, when there is no human, and a queue be closed.
"""


def own_choices(step: Step) -> Choices:
    return step.choices or Choices()


def listened(plan: PlanFile, step: Step) -> frozenset[str]:
    """The intents, and the variables, that are listened for at a step; none where only keys are."""
    if not step.choices:
        return frozenset()
    own, everywhere = own_choices(step), plan.universal
    variables = step.collect.fields if step.collect else {}
    return frozenset().union(own.on, own.digress, everywhere.on, everywhere.digress, DEFAULTS, variables)


def silent(step: Step) -> Iterator[tuple[str, Place]]:
    """Where it goes on without the caller."""
    if step.next and not step.call:
        yield step.next, ("next",)
    for number, branch in enumerate(step.if_ or ()):
        yield branch.then, ("if", number, "then")
    if step.else_:
        yield step.else_, ("else",)
    for part, keys in SILENT.items():
        for key in keys:
            if target := getattr(getattr(step, part), key, None):
                yield target, (part, key)
    if step.answer:
        yield from ((target, ("answer", "do", action)) for action, target in step.answer.do.items())


def filled(step: Step, known: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
    """Where it goes on by the caller, but for the intents and keys of its choices; `known` are intents that
    are listened for everywhere.
    """
    if step.collect:
        yield step.collect.next, ("collect", "next")
    if step.listen and step.listen.otherwise and step.listen.otherwise not in RESERVED_TARGETS:
        yield step.listen.otherwise, ("listen", "otherwise")
    if step.queue:
        yield step.queue.served, ("queue", "served")
    if step.dtmf:
        if step.dtmf.next:
            yield step.dtmf.next, ("dtmf", "next")
        for key, target in step.dtmf.menu.items():
            if target not in RESERVED_TARGETS and target not in known:
                yield target, ("dtmf", "menu", key)


def targets(step: Step) -> set[str]:
    """Steps and reserved words to which words and keys lead here."""
    own = own_choices(step)
    menu = step.dtmf.menu.values() if step.dtmf else ()
    otherwise = {step.listen.otherwise} if step.listen and step.listen.otherwise else set()
    return {*own.on.values(), *own.dtmf.values(), *menu, *otherwise}
