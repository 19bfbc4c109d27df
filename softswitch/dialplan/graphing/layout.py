"""Places boxes in rows and the ways between them, so that few ways cross (Sugiyama, Tagawa and Toda, 1981).

Rows are those of the longest way from a beginning. Between two rows of boxes lies one for labels: each way
has a place of its own in every row that it passes, as wide as its label in the first.
"""

import itertools
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SWEEPS = 12
GAP = 26.0
"""Between neighbours of a row."""
ROW_GAP = 16.0
WAY_WIDTH = 8.0
LABEL_HEIGHT = 16.0


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    target: str
    label_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """From the source's edge to the target's; `label` is the centre of the label."""

    points: tuple[Point, ...]
    label: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """`boxes` by their centres; `routes` in the order of the links. A link to its own box has no points."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    routes: tuple[Route, ...]


Place = tuple[int, int, str]
"""A place in a row: the row, the way that passes there (-1 for none), the box ("" for none)."""


@dataclass
class _Rows:
    """`chains` are the places of each way, from the upper row to the lower one."""

    places: list[list[Place]] = field(default_factory=list)
    widths: dict[Place, float] = field(default_factory=dict)
    chains: dict[int, list[Place]] = field(default_factory=dict)
    up: dict[Place, list[Place]] = field(default_factory=lambda: defaultdict(list))
    down: dict[Place, list[Place]] = field(default_factory=lambda: defaultdict(list))


def layout(boxes: Mapping[str, tuple[float, float]], links: Sequence[Link]) -> Layout:
    """`boxes`: width and height by name, the first ones on top where it is open."""
    backward = _backward(boxes, links)
    rows = _rows(boxes, links, _ranks(boxes, links, backward), backward)
    _order(rows)
    xs = _across(rows)
    ys, heights, height = _down(rows, boxes)
    left = min((x - rows.widths[place] / 2 for place, x in xs.items()), default=0.0)
    right = max((x + rows.widths[place] / 2 for place, x in xs.items()), default=0.0)
    at = {place: Point(x - left, ys[place[0]]) for place, x in xs.items()}
    routes = _routes(rows, links, backward, at, heights, boxes)
    centres = {name: point for (_, way, name), point in at.items() if way < 0}
    return Layout(right - left, height, centres, routes)


def _backward(boxes: Mapping[str, object], links: Sequence[Link]) -> set[int]:
    """The links that close a circle: without them, or turned round, there is none."""
    ahead: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, link in enumerate(links):
        ahead[link.source].append((number, link.target))
    found: set[int] = set()
    state: dict[str, int] = {}
    for root in boxes:
        waiting: list[tuple[str, Iterator[tuple[int, str]]]] = []
        if root not in state:
            state[root] = 1
            waiting.append((root, iter(ahead[root])))
        while waiting:
            name, rest = waiting[-1]
            number, target = next(rest, (-1, ""))
            if number < 0:
                state[name] = 2
                waiting.pop()
            elif state.get(target) == 1:
                found.add(number)
            elif target not in state:
                state[target] = 1
                waiting.append((target, iter(ahead[target])))
    return found


def _ranks(boxes: Mapping[str, object], links: Sequence[Link], backward: set[int]) -> dict[str, int]:
    """How many ways the longest way from the top has."""
    into: dict[str, int] = dict.fromkeys(boxes, 0)
    ahead: dict[str, list[str]] = defaultdict(list)
    for number, link in enumerate(links):
        if link.source != link.target:
            upper, lower = (link.target, link.source) if number in backward else (link.source, link.target)
            ahead[upper].append(lower)
            into[lower] += 1
    ranks = dict.fromkeys(boxes, 0)
    ready = [name for name, count in into.items() if not count]
    for name in ready:
        for lower in ahead[name]:
            ranks[lower] = max(ranks[lower], ranks[name] + 1)
            into[lower] -= 1
            if not into[lower]:
                ready.append(lower)
    return ranks


def _rows(
    boxes: Mapping[str, tuple[float, float]],
    links: Sequence[Link],
    ranks: Mapping[str, int],
    backward: set[int],
) -> _Rows:
    """Boxes in even rows, ways in all that they pass."""
    rows = _Rows([[] for _ in range(2 * max(ranks.values(), default=0) + 1)])
    for name, (width, _) in boxes.items():
        _put(rows, (2 * ranks[name], -1, name), width)
    for number, link in enumerate(links):
        if link.source == link.target:
            continue
        upper, lower = (link.target, link.source) if number in backward else (link.source, link.target)
        first, last = 2 * ranks[upper], 2 * ranks[lower]
        labelled = last - 1 if number in backward else first + 1
        chain: list[Place] = [(first, -1, upper)]
        for row in range(first + 1, last):
            place = (row, number, "")
            _put(rows, place, link.label_width + WAY_WIDTH if row == labelled else WAY_WIDTH)
            chain.append(place)
        chain.append((last, -1, lower))
        rows.chains[number] = chain
        for above, below in itertools.pairwise(chain):
            rows.down[above].append(below)
            rows.up[below].append(above)
    return rows


def _put(rows: _Rows, place: Place, width: float) -> None:
    rows.places[place[0]].append(place)
    rows.widths[place] = width


def _order(rows: _Rows) -> None:
    """Each row by the middle of its neighbours, down and up again; the order with fewest crossings stays."""
    best, fewest = [list(row) for row in rows.places], _crossings(rows)
    for sweep in range(SWEEPS):
        near = rows.up if sweep % 2 == 0 else rows.down
        walk = rows.places if sweep % 2 == 0 else rows.places[::-1]
        at = {place: number for row in rows.places for number, place in enumerate(row)}
        for row in walk:
            middle = {place: _mean([at[other] for other in near[place]], at[place]) for place in row}
            row.sort(key=middle.__getitem__)
            at.update({place: number for number, place in enumerate(row)})
        if (count := _crossings(rows)) < fewest:
            best, fewest = [list(row) for row in rows.places], count
    rows.places[:] = best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: _Rows) -> int:
    """Of ways between neighbouring rows: the pairs that are in another order above than below."""
    count = 0
    for upper, lower in zip(rows.places, rows.places[1:], strict=False):
        at = {place: number for number, place in enumerate(lower)}
        passed: list[int] = []
        for place in upper:
            ends = sorted(at[below] for below in rows.down[place])
            count += sum(len(passed) - bisect_left(passed, end + 1) for end in ends)
            for end in ends:
                insort(passed, end)
    return count


def _across(rows: _Rows) -> dict[Place, float]:
    """Centres: under and over the neighbours, as far as there is room."""
    xs: dict[Place, float] = {}
    for row in rows.places:
        xs.update(_apart(row, [0.0] * len(row), rows.widths))
    for sweep in range(SWEEPS):
        for row in rows.places if sweep % 2 == 0 else rows.places[::-1]:
            wanted = [_mean([xs[other] for other in (*rows.up[p], *rows.down[p])], xs[p]) for p in row]
            xs.update(_apart(row, wanted, rows.widths))
    return xs


def _apart(
    row: Sequence[Place], wanted: Sequence[float], widths: Mapping[Place, float]
) -> dict[Place, float]:
    """As near to where they want to be as can be without touching: between pushed right and pushed left."""
    steps = [(widths[a] + widths[b]) / 2 + GAP for a, b in itertools.pairwise(row)]
    right, left = list(wanted), list(wanted)
    for n, step in enumerate(steps):
        right[n + 1] = max(right[n + 1], right[n] + step)
    for n, step in reversed(list(enumerate(steps))):
        left[n] = min(left[n], left[n + 1] - step)
    return {place: (a + b) / 2 for place, a, b in zip(row, right, left, strict=True)}


def _down(rows: _Rows, boxes: Mapping[str, tuple[float, float]]) -> tuple[list[float], list[float], float]:
    """The middle and the height of each row, and how high all are together."""
    ys, heights, top = [], [], 0.0
    for row in rows.places:
        height = max((boxes[name][1] if name else LABEL_HEIGHT for _, _, name in row), default=LABEL_HEIGHT)
        ys.append(top + height / 2)
        heights.append(height)
        top += height + ROW_GAP
    return ys, heights, top - ROW_GAP


def _routes(
    rows: _Rows,
    links: Sequence[Link],
    backward: set[int],
    at: Mapping[Place, Point],
    heights: Sequence[float],
    boxes: Mapping[str, tuple[float, float]],
) -> tuple[Route, ...]:
    leaving = {place: sorted(lower, key=lambda p: at[p].x) for place, lower in rows.down.items()}
    arriving = {place: sorted(upper, key=lambda p: at[p].x) for place, upper in rows.up.items()}
    routes = []
    for number, link in enumerate(links):
        if link.source == link.target:
            routes.append(Route((), at[next(place for place in at if place[2] == link.source)]))
            continue
        chain = rows.chains[number]
        points = [_port(chain[0], chain[1], leaving, at, boxes, 0.5)]
        for place in chain[1:-1]:
            x, y = at[place]
            half = heights[place[0]] / 2
            points += [Point(x, y - half), Point(x, y + half)]
        points.append(_port(chain[-1], chain[-2], arriving, at, boxes, -0.5))
        turned = number in backward
        label = at[chain[-2] if turned else chain[1]]
        routes.append(Route(tuple(points[::-1] if turned else points), label))
    return tuple(routes)


def _port(
    box: Place,
    towards: Place,
    sorted_ends: Mapping[Place, list[Place]],
    at: Mapping[Place, Point],
    boxes: Mapping[str, tuple[float, float]],
    side: float,
) -> Point:
    """Where a way meets its box: those of one box are spread over its edge."""
    width, height = boxes[box[2]]
    ends = sorted_ends[box]
    share = (ends.index(towards) + 1) / (len(ends) + 1) - 0.5
    return Point(at[box].x + share * width * 0.8, at[box].y + side * height)
