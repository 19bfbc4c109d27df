"""The ways from step to step that an author drew, each with what leads there."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.flow import RESERVED_TARGETS, Step
from softswitch.dialplan.files.plan import Repairs, Universal
from softswitch.dialplan.parts import Parts
from softswitch.dialplan.questions import DEFAULTS

Kind = Literal["", "call", "digress", "returned"]
ANYWAY = "else"
ONWARD: Mapping[str, Mapping[str, str]] = {
    "lookup": {"found": "found", "not_found": "not found", "late": "late"},
    "answer": {"next": "answered", "unknown": "unknown", "failed": "failed"},
    "listen": {"otherwise": "otherwise"},
    "transfer": {"failed": "failed"},
    "queue": {"served": "served", "over": "nobody comes"},
    "collect": {"next": "collected"},
    "dtmf": {"next": "collected"},
}
"""Labels, by the part of a step and the key in it that names the target."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`label` is what leads there: an intent, a key, a condition; "" where nothing else can happen. `kind`
    tells ways that come back, into a flow that is called or digressed into, and what follows a call: that way
    nobody goes directly.
    """

    source: str
    target: str
    label: str = ""
    kind: Kind = ""


@dataclass(frozen=True, slots=True)
class Everywhere:
    """What leads away from every question: a universal intent or key, or failures. `where` names a flow or
    step that has its own; targets may be reserved words.
    """

    label: str
    target: str
    where: str = ""


def own(parts: Parts) -> Iterator[Edge]:
    """Of every step of every flow, in the plan's order, without what holds everywhere."""
    for flow in parts.flows.values():
        for name, step in flow.steps.items():
            yield from of_step(parts, name, step)


def of_step(parts: Parts, name: str, step: Step) -> Iterator[Edge]:
    """Reserved targets are no steps, and left out."""
    if step.choices:
        yield from _choices(parts, name, step.choices)
    if step.dtmf:
        yield from _keys(parts, name, step.dtmf.menu, ())
    if step.call:
        yield Edge(name, parts.first_steps[step.call], f"flow {step.call}", "call")
        if step.next and step.next not in RESERVED_TARGETS:
            yield Edge(name, step.next, "returned", "returned")
    for label, target in _onward(step):
        yield from _edge(name, target, label)


def _edge(source: str, target: str, label: str) -> Iterator[Edge]:
    if target not in RESERVED_TARGETS:
        yield Edge(source, target, label)


def _choices(parts: Parts, name: str, choices: Choices) -> Iterator[Edge]:
    for intent, target in choices.on.items():
        yield from _edge(name, target, intent)
    for intent, flow in choices.digress.items():
        yield Edge(name, parts.first_steps[flow], intent, "digress")
    yield from _keys(parts, name, choices.dtmf, (*choices.on, *choices.digress))


def _keys(parts: Parts, name: str, keys: Mapping[str, str], own: Collection[str]) -> Iterator[Edge]:
    """Keys that mean an intent, one of the step's `own` or a universal one, lead nowhere by themselves."""
    universal = parts.plan.universal
    known = {*DEFAULTS, *universal.on, *universal.digress, *own}
    for key, meaning in keys.items():
        if meaning not in known:
            yield from _edge(name, meaning, f"key {key}")


def _onward(step: Step) -> Iterator[tuple[str, str]]:
    """Where a step goes on by itself, or when it has collected what it wants."""
    for branch in step.if_ or ():
        yield branch.when, branch.then
    if step.else_:
        yield ANYWAY, step.else_
    for part, labels in ONWARD.items():
        for key, label in labels.items():
            if target := getattr(getattr(step, part), key, None):
                yield label, target
    yield from _acting(step)
    if step.next and not step.call:
        yield "", step.next


def _acting(step: Step) -> Iterator[tuple[str, str]]:
    """By what is done, in the author's names."""
    if step.answer:
        yield from step.answer.do.items()
    if step.leave:
        yield f"leaves for {step.leave.for_.replace('_', ' ')}", step.leave.next
    if step.do and step.do.next:
        yield f"do {step.do.action}", step.do.next
    elif step.do:
        for outcome, target in step.do.ways.items():
            yield f"{step.do.action} {outcome}", target


def everywhere(parts: Parts) -> Iterator[Everywhere]:
    """Universal intents, then where failures end: of the plan, of flows, of steps."""
    yield from _universal(parts.plan.universal)
    yield from _failing(parts.plan.repair, "")
    yield Everywhere(f"{parts.plan.repair.strikes} failures in a row", parts.plan.repair.then)
    for name, flow in parts.flows.items():
        yield from _failing(flow.repair, f"flow {name}")
        for step_name, step in flow.steps.items():
            yield from _failing(step, f"step {step_name}")


def _universal(universal: Universal) -> Iterator[Everywhere]:
    for intent, target in universal.on.items():
        yield Everywhere(intent, target)
    digressing = {intent: f"flow {flow}, and back" for intent, flow in universal.digress.items()}
    for intent, target in digressing.items():
        yield Everywhere(intent, target)
    led = {**DEFAULTS, **universal.on, **digressing}
    for key, meaning in universal.dtmf.items():
        yield Everywhere(f"key {key}", led.get(meaning, meaning))


def _failing(repairs: Repairs, where: str) -> Iterator[Everywhere]:
    for kind in ("no_input", "silent", "no_match", "shouting", "low_confidence"):
        failing = getattr(repairs, kind, None)
        if failing and failing.then:
            yield Everywhere(f"{kind} {failing.times} times", failing.then, where)


def intents(parts: Parts) -> tuple[str, ...]:
    """Those that the author leads somewhere, in the plan's order."""
    steps = [step for flow in parts.flows.values() for step in flow.steps.values()]
    choices: list[Choices | Universal] = [parts.plan.universal]
    choices += [step.choices for step in steps if step.choices]
    return tuple(dict.fromkeys(name for each in choices for name in (*each.on, *each.digress)))
