"""Which variables are certainly filled where.

What is known at a step is what every way to it has filled: a set that only shrinks while ways are followed,
so that this comes to an end. Sets are kept as bits.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from softswitch.dialplan.checks.declared import columns, known_variables
from softswitch.dialplan.checks.texts import HEARD, TOLD
from softswitch.dialplan.checks.values import Expressions
from softswitch.dialplan.checks.ways import Ways
from softswitch.dialplan.files.doing import Lookup
from softswitch.dialplan.files.flow import Step
from softswitch.dialplan.files.plan import PlanFile
from softswitch.marked_yaml import Place

ALWAYS = frozenset({"today", "now", "holiday", "language"})
"""Facts that every call has."""


@dataclass
class Known:
    """`at` is what is known as a step is entered, in bits; `bits` those of each variable."""

    ways: Ways
    expressions: Expressions
    bits: dict[str, int] = field(default_factory=dict)
    base: int = 0
    at: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    gained: dict[str, int] = field(default_factory=dict)
    """By flow: what a call of it has filled when it returns."""
    lost: dict[str, int] = field(default_factory=dict)
    """By flow: what it may have emptied by then, because it asked for it anew and did not get it."""

    def mask(self, names: Iterable[str]) -> int:
        found = 0
        for name in names:
            found |= self.bits.get(name, 0)
        return found

    def missing(self, names: Iterable[str], known: int) -> list[str]:
        return sorted(name for name in names if not self.bits.get(name, 0) & known)


def known(ways: Ways, expressions: Expressions) -> Known:
    """Of a plan whose ways are sound."""
    names = [*known_variables(ways.draft), HEARD, *TOLD]
    found = Known(ways, expressions, {name: 1 << number for number, name in enumerate(names)})
    plan = ways.plan
    found.base = found.mask(ALWAYS) | found.mask(f"hours_{name}" for name in plan.hours)
    found.base |= found.mask(name for name, variable in plan.variables.items() if variable.value is not None)
    tables = ways.draft.documents["tables"]
    found.columns = {name: found.mask(columns(document)) for name, document in tables.items()}
    for flow in ways.order:
        _summarise(found, flow)
    starts: dict[str, int] = {plan.start: found.base}
    for route in plan.routes:
        start, filled = route.start or plan.start, found.base | found.mask(route.set)
        starts[start] = starts.get(start, filled) & filled
    found.at = _flow(found, starts, None)
    return found


def _summarise(known: Known, flow: str) -> None:
    """Walks the flow alone: what was known before a call is none of its business."""
    ways, steps = known.ways, known.ways.draft.flows[flow].steps
    emptied = known.mask(name for step in steps.values() for name in asked(step))
    emptied |= known.mask(name for step in steps.values() for name in looked_up(ways.plan, step))
    for step in steps:
        if step in ways.calls:
            emptied |= known.lost.get(ways.calls[step], 0) | known.gained.get(ways.calls[step], 0)
    at = _flow(known, {ways.entries[flow]: 0}, flow)
    returning = [_leaving(known, step, at[step]) for step in ways.returning & at.keys()]
    gained = ~0
    for each in returning:
        gained &= each
    known.gained[flow] = gained if returning else 0
    known.lost[flow] = emptied & ~known.gained[flow]


def _flow(known: Known, starts: Mapping[str, int], only: str | None) -> dict[str, int]:
    """What is known at each step that is reached; within one flow `only`, or everywhere."""
    at = dict(starts)
    waiting = list(starts)
    while waiting:
        step = waiting.pop()
        for target, after in _following(known, step, at[step], only):
            merged = at[target] & after if target in at else after
            if at.get(target) != merged:
                at[target] = merged
                waiting.append(target)
    return at


def _following(known: Known, name: str, before: int, only: str | None) -> Iterator[tuple[str, int]]:
    ways = known.ways
    after = _leaving(known, name, before)
    if name in ways.calls:
        flow = ways.calls[name]
        for way in ways.through(name):
            yield way.target, (after & ~known.lost.get(flow, 0)) | known.gained.get(flow, 0)
        if only is None:
            yield from ((way.target, after) for way in ways.into(name))
    for way in (*ways.silent[name], *ways.heard[name]):
        if only is not None and (way.digress or ways.flow_of(way.target) != only):
            continue
        yield way.target, after | _on_the_way(known, name, way.place)


def _leaving(known: Known, name: str, before: int) -> int:
    """What is known as the step is left: what it sets is filled, what it asks for is not before it was said,
    and a digression may have emptied something.
    """
    step = known.ways.steps[name]
    after = before | known.mask(step.set)
    after &= ~known.mask(asked(step))
    after &= ~known.mask(looked_up(known.ways.plan, step))
    return after & ~lost_by_digressing(known, name)


def looked_up(plan: PlanFile, step: Step) -> set[str]:
    """What a step that waits for an action forgets, to have it filled by the answer."""
    waits = step.lookup.action if step.lookup else step.do.action if step.do and step.do.ways else None
    return set(plan.actions[waits].result).difference(plan.actions[waits].arguments) if waits else set()


def lost_by_digressing(known: Known, name: str) -> int:
    """What flows that are digressed into from that step may have emptied when they return to it."""
    found = 0
    for way in known.ways.heard[name]:
        if way.digress:
            found |= known.lost.get(known.ways.flow_of(way.target), 0)
    return found


def _found(known: Known, lookup: Lookup) -> int:
    """What a look-up that found something has filled."""
    if lookup.action:
        return known.mask(known.ways.plan.actions[lookup.action].result)
    return known.columns[str(lookup.table)] | known.mask([str(lookup.key)])


def _on_the_way(known: Known, name: str, place: Place) -> int:
    """What one way fills: an answer, a row that was found, what a condition proves."""
    step, at = known.ways.steps[name], place[2:]
    if at in (("collect", "next"), ("dtmf", "next")):
        return known.mask(asked(step))
    if at == ("lookup", "found") and step.lookup:
        return _found(known, step.lookup)
    if at == ("queue", "served"):
        return known.mask(["agent", "agent_left"])
    if at == ("queue", "over"):
        return known.mask(["queue_over"])
    if at[:1] in (("if",), ("else",)):
        number = len(step.if_ or ()) if at == ("else",) else int(at[1])
        return _proven(known, name, number)
    return 0


def _proven(known: Known, name: str, number: int) -> int:
    """By a branch that was taken and those before it that were not."""
    found = 0
    for index in range(number + 1):
        expression = known.expressions.get((name, ("if", index, "when")))
        if expression:
            found |= known.mask(expression.node.proves(index == number))
    return found


def asked(step: Step) -> tuple[str, ...]:
    """The variables that a step asks for."""
    if step.collect:
        return tuple(step.collect.fields)
    return (step.dtmf.slot,) if step.dtmf and step.dtmf.slot else ()
