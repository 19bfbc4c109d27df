"""What a drawing of a plan shows, in whichever format: boxes and arrows, and what holds everywhere."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from softswitch.dialplan.files.flow import RESERVED_TARGETS, FlowFile, Step
from softswitch.dialplan.graphing import edges
from softswitch.dialplan.parts import Parts

Calls = Mapping[tuple[str, str], int]
"""How many callers went from step to step."""
MOST_LABELS = 3
MAX_LABEL = 40

BoxKind = Literal["asks", "speaks", "ends", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Box:
    """A step; or one of another flow (`elsewhere`) that something leads to. `text` is what it says."""

    name: str
    kind: BoxKind
    text: str = ""
    first: bool = False
    repeats: str = ""
    """What leads from the step to itself."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """All that leads from one step to another. `returns`: it comes back, from another flow."""

    source: str
    target: str
    label: str
    returns: bool
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    flow: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`everywhere`: lines about what leads away from every question."""

    name: str
    panels: tuple[Panel, ...]
    everywhere: tuple[str, ...]


def draw(parts: Parts, flow: str | None = None, calls: Calls | None = None) -> Drawing:
    """All flows, or one."""
    begins = parts.flow_of[parts.plan.start]
    shown = [flow] if flow else sorted(parts.flows, key=lambda name: name != begins)
    panels = tuple(_panel(parts, name, parts.flows[name], calls) for name in shown)
    return Drawing(parts.plan.name, panels, tuple(_everywhere(parts, calls)))


def _panel(parts: Parts, name: str, flow: FlowFile, calls: Calls | None) -> Panel:
    found = [edge for step, file in flow.steps.items() for edge in edges.of_step(parts, step, file)]
    arrows = tuple(_arrows(found, calls))
    loops = {arrow.source: arrow.label for arrow in arrows if arrow.source == arrow.target}
    first = parts.first_steps[name]
    boxes = [_box(step, file, step == first, loops.get(step, "")) for step, file in flow.steps.items()]
    others = dict.fromkeys(arrow.target for arrow in arrows if arrow.target not in flow.steps)
    boxes += [Box(step, "elsewhere", f"in {parts.flow_of[step]}") for step in others]
    return Panel(name, tuple(boxes), tuple(arrow for arrow in arrows if arrow.source != arrow.target))


def _box(name: str, step: Step, first: bool, repeats: str) -> Box:
    kind: BoxKind = "asks" if step.hears else "ends" if step.transfer or step.hangup else "speaks"
    lines = next(iter(step.say.given.values()), ())
    text = " ".join(line.text for line in lines) or next(
        (f"{way}…" for way in ("lookup", "do", "call") if getattr(step, way)), ""
    )
    return Box(name, kind, text, first, repeats)


def _arrows(found: Sequence[edges.Edge], calls: Calls | None) -> Iterator[Arrow]:
    together: dict[tuple[str, str], list[edges.Edge]] = {}
    for edge in found:
        together.setdefault((edge.source, edge.target), []).append(edge)
    for (source, target), ways in together.items():
        direct = any(way.kind != "returned" for way in ways)
        count = calls.get((source, target), 0) if calls is not None and direct else None
        returns = all(way.kind in ("call", "digress") for way in ways)
        yield Arrow(source, target, _label([way.label for way in ways]), returns, count)


def _label(labels: Sequence[str]) -> str:
    """`returned` and `else` say something only beside others."""
    given = [label for label in dict.fromkeys(labels) if label]
    shown = ", ".join(given[:MOST_LABELS]) + (
        f", {len(given) - MOST_LABELS} more" if given[MOST_LABELS:] else ""
    )
    return shown if len(shown) <= MAX_LABEL else f"{shown[: MAX_LABEL - 1]}…"


def _everywhere(parts: Parts, calls: Calls | None) -> Iterator[str]:
    """By target: `to person: human, key 0, 3 failures in a row (12)`."""
    by_target: dict[str, list[str]] = {}
    for each in edges.everywhere(parts):
        label = f"{each.label} ({each.where})" if each.where else each.label
        by_target.setdefault(each.target, []).append(label)
    drawn = {(edge.source, edge.target) for edge in edges.own(parts)}
    walked: Counter[str] = Counter()
    for (source, target), count in (calls or {}).items():
        if source and (source, target) not in drawn:
            walked[target] += count
    for target, labels in by_target.items():
        told = f" [{walked[target]} callers]" if calls is not None and target in parts.flow_of else ""
        where = target if target in RESERVED_TARGETS else f"to {target}"
        yield f"{where}: {', '.join(labels)}{told}"
