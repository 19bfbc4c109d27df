"""Where every step of a plan leads, with and without the caller. What the proofs of the other modules walk.

Flows are called and return, so a way through a call is a way to its `next` only when the flow can return:
within itself, because leading on into another flow forgets where it was called from.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from softswitch.dialplan.checks import leading
from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.flow import RESERVED_TARGETS, FlowFile, Step
from softswitch.dialplan.files.ladder import Away, Engine
from softswitch.dialplan.files.plan import PlanFile, Repairs, Universal
from softswitch.dialplan.questions import DEFAULTS
from softswitch.dialplan.reading import Draft
from softswitch.marked_yaml import Document, Place


class Way(NamedTuple):
    """`target` is a step; `place` is where it is written. `digress` comes back, `repair` follows failures."""

    target: str
    document: Document
    place: Place
    digress: bool = False
    repair: bool = False


@dataclass
class Ways:
    """Of a draft that is sound. `silent` without the caller's turn, `heard` with it; `returning` are steps
    that return, by a way on or by an answer. `calls` gives each calling step's flow.
    """

    draft: Draft
    plan: PlanFile
    entries: dict[str, str] = field(default_factory=dict)
    silent: dict[str, list[Way]] = field(default_factory=dict)
    heard: dict[str, list[Way]] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    returning: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    returns: dict[str, bool] = field(default_factory=dict)

    @property
    def steps(self) -> Mapping[str, Step]:
        return self.draft.steps

    def flow_of(self, step: str) -> str:
        return self.draft.homes[step]

    def starts(self) -> Iterator[Way]:
        document = self.draft.plan_document
        yield Way(self.plan.start, document, ("start",))
        for number, route in enumerate(self.plan.routes):
            if route.start:
                yield Way(route.start, document, ("routes", number, "start"))
        for name, rung in self.plan.ladder:
            if isinstance(rung, Away | Engine) and rung.then:
                yield Way(rung.then, document, ("ladder", name, "then"))

    def all_ways(self, step: str) -> list[Way]:
        """Silent and heard ones, into a called flow, and to what follows a call that returns."""
        return [*self.silent[step], *self.heard[step], *self.through(step), *self.into(step)]

    def into(self, step: str) -> list[Way]:
        if step not in self.calls:
            return []
        place = ("steps", step, "call")
        return [Way(self.entries[self.calls[step]], self.draft.home(step), place)]

    def through(self, step: str) -> list[Way]:
        """To what follows a call, when the flow can return."""
        if step not in self.calls or not self.returns[self.calls[step]]:
            return []
        following = self.steps[step].next
        assert following
        return [Way(following, self.draft.home(step), ("steps", step, "next"))]


def ways(draft: Draft) -> Ways:
    assert draft.plan
    found = Ways(draft, draft.plan)
    found.entries = {name: next(iter(flow.steps)) for name, flow in draft.flows.items()}
    everywhere, universal_returns = _universal(found)
    for name, flow in draft.flows.items():
        for step_name, step in flow.steps.items():
            _step(found, name, flow, step_name, step)
            if step.hears:
                found.heard[step_name] += [way for way in everywhere if _holds(found, way, step)]
            if universal_returns and step.choices:
                found.returning.add(step_name)
    found.order = _callees_first(found)
    _find_returns(found)
    return found


def _holds(ways: Ways, way: Way, step: Step) -> bool:
    """A universal way is none where the step leads the same intent or key elsewhere. Where only keys are
    heard, an intent needs a key.
    """
    _, kind, name = way.place
    own = leading.own_choices(step)
    if step.dtmf:
        meanings = {**ways.plan.universal.dtmf, **step.dtmf.menu}
        return name not in step.dtmf.menu if kind == "dtmf" else name in meanings.values()
    return name not in (own.dtmf if kind == "dtmf" else {**own.on, **own.digress})


def _universal(ways: Ways) -> tuple[list[Way], bool]:
    document, universal = ways.draft.plan_document, ways.plan.universal
    found = list(_choices(ways, document, ("universal",), universal, {}))
    return found, "return" in {*universal.on.values(), *universal.dtmf.values()}


def _choices(
    ways: Ways, document: Document, place: Place, choices: Choices | Universal, known: Mapping[str, str]
) -> Iterator[Way]:
    """Of intents and keys. A key that means an intent leads nowhere by itself; `known` are universal ones."""
    for intent, target in choices.on.items():
        if target not in RESERVED_TARGETS:
            yield Way(target, document, (*place, "on", intent))
    for intent, flow in choices.digress.items():
        yield Way(ways.entries[flow], document, (*place, "digress", intent), digress=True)
    for key, meaning in choices.dtmf.items():
        if meaning in ways.draft.homes and meaning not in {*choices.on, *choices.digress, *known}:
            yield Way(meaning, document, (*place, "dtmf", key))


def _step(ways: Ways, flow_name: str, flow: FlowFile, name: str, step: Step) -> None:
    document, place = ways.draft.documents["flows"][flow_name], ("steps", name)
    ways.silent[name] = [Way(target, document, (*place, *at)) for target, at in leading.silent(step)]
    if step.call:
        ways.calls[name] = step.call
    if step.return_ or "return" in leading.targets(step):
        ways.returning.add(name)
    ways.heard[name] = []
    if not step.hears:
        return
    known = {**ways.plan.universal.on, **ways.plan.universal.digress, **DEFAULTS}
    if step.choices:
        ways.heard[name] += _choices(ways, document, (*place, step.choosing), step.choices, known)
    ways.heard[name] += [Way(target, document, (*place, *at)) for target, at in leading.filled(step, known)]
    if not step.queue:  # who waits cannot fail
        ways.heard[name] += _repairs(ways, flow_name, flow, name, step)


def _repairs(ways: Ways, flow_name: str, flow: FlowFile, name: str, step: Step) -> Iterator[Way]:
    """Where the nearest declaration of each kind of failure ends, and where the last strike does."""
    plan_document, document = ways.draft.plan_document, ways.draft.documents["flows"][flow_name]
    declared: tuple[tuple[Document, Place, Repairs], ...] = (
        (document, ("steps", name), step),
        (document, ("repair",), flow.repair),
        (plan_document, ("repair",), ways.plan.repair),
    )
    for kind in leading.FAILURES:
        for at, place, repairs in declared:
            failure = getattr(repairs, kind, None)
            if failure:
                if failure.then:
                    yield Way(failure.then, at, (*place, kind, "then"), repair=True)
                break
    yield Way(ways.plan.repair.then, plan_document, ("repair", "then"), repair=True)


def _callees_first(ways: Ways) -> list[str]:
    """The flows, those that are called before those that call them; in a circle somehow."""
    called: dict[str, set[str]] = defaultdict(set)
    for step, flow in ways.calls.items():
        called[ways.flow_of(step)].add(flow)
    order: dict[str, None] = {}
    seen: set[str] = set()
    for root in ways.entries:
        waiting = [(root, False)]
        while waiting:
            flow, done = waiting.pop()
            if done:
                order[flow] = None
            elif flow not in seen:
                seen.add(flow)
                waiting += [(flow, True), *((each, False) for each in sorted(called[flow]))]
    return list(order)


def _find_returns(ways: Ways) -> None:
    ways.returns = dict.fromkeys(ways.entries, False)
    for flow in ways.order:
        ways.returns[flow] = not ways.returning.isdisjoint(within(ways, [ways.entries[flow]]))


def within(ways: Ways, starts: Iterable[str]) -> set[str]:
    """The steps that are reached without leaving the flow, calls and digressions passed over."""
    found, waiting = set(starts), list(starts)
    while waiting:
        step = waiting.pop()
        flow = ways.flow_of(step)
        for way in (*ways.silent[step], *ways.heard[step], *ways.through(step)):
            if not way.digress and ways.flow_of(way.target) == flow and way.target not in found:
                found.add(way.target)
                waiting.append(way.target)
    return found
