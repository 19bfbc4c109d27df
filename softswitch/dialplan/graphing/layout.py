"""Places boxes in rows and the ways between them, so that few ways cross (Sugiyama, Tagawa and Toda, 1981).

Rows are those of the longest way from a beginning. Between two rows of boxes lies one for labels: each way
has a place of its own in every row that it passes, as wide as its label in the first.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from softswitch.dialplan.graphing.ranks import Link, backward, ranks
from softswitch.dialplan.graphing.rows import SWEEPS, Place, Rows, mean, order

GAP = 26.0
"""Between neighbours of a row."""
ROW_GAP = 16.0
WAY_WIDTH = 8.0
LABEL_HEIGHT = 16.0


class Point(NamedTuple):
    x: float
    y: float


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


def layout(boxes: Mapping[str, tuple[float, float]], links: Sequence[Link]) -> Layout:
    """`boxes`: width and height by name, the first ones on top where it is open."""
    turned = backward(boxes, links)
    rows = _rows(boxes, links, turned)
    order(rows)
    xs = _across(rows)
    ys, heights, height = _down(rows, boxes)
    left = min((x - rows.widths[place] / 2 for place, x in xs.items()), default=0.0)
    right = max((x + rows.widths[place] / 2 for place, x in xs.items()), default=0.0)
    at = {place: Point(x - left, ys[place[0]]) for place, x in xs.items()}
    routes = tuple(_routes(rows, links, turned, at, heights, boxes))
    centres = {name: point for (_, way, name), point in at.items() if way < 0}
    return Layout(right - left, height, centres, routes)


def _rows(boxes: Mapping[str, tuple[float, float]], links: Sequence[Link], turned: set[int]) -> Rows:
    """Boxes in even rows, ways in all that they pass."""
    rank = ranks(boxes, links, turned)
    rows = Rows([[] for _ in range(2 * max(rank.values(), default=0) + 1)])
    for name, (width, _) in boxes.items():
        rows.put((2 * rank[name], -1, name), width)
    for number, link in enumerate(links):
        if link.source != link.target:
            upper, lower = link.ends(turned=number in turned)
            first, last = (2 * rank[upper], -1, upper), (2 * rank[lower], -1, lower)
            rows.chains[number] = [first, *_passed(rows, number, link, first, last, number in turned), last]
    for chain in rows.chains.values():
        for above, below in itertools.pairwise(chain):
            rows.down[above].append(below)
            rows.up[below].append(above)
    return rows


def _passed(rows: Rows, number: int, link: Link, first: Place, last: Place, turned: bool) -> Iterator[Place]:
    """The places of a way between its boxes; the label is beside the one that it comes from."""
    labelled = last[0] - 1 if turned else first[0] + 1
    for row in range(first[0] + 1, last[0]):
        place = (row, number, "")
        rows.put(place, link.label_width + WAY_WIDTH if row == labelled else WAY_WIDTH)
        yield place


def _across(rows: Rows) -> dict[Place, float]:
    """Centres: under and over the neighbours, as far as there is room."""
    xs: dict[Place, float] = {}
    for row in rows.places:
        xs.update(_apart(row, [0.0] * len(row), rows.widths))
    for sweep in range(SWEEPS):
        for row in rows.sweeps(sweep):
            wanted = [mean([xs[other] for other in (*rows.up[p], *rows.down[p])], xs[p]) for p in row]
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


def _down(rows: Rows, boxes: Mapping[str, tuple[float, float]]) -> tuple[list[float], list[float], float]:
    """The middle and the height of each row, and how high all are together."""
    ys, heights, top = [], [], 0.0
    for row in rows.places:
        height = max((boxes[name][1] if name else LABEL_HEIGHT for _, _, name in row), default=LABEL_HEIGHT)
        ys.append(top + height / 2)
        heights.append(height)
        top += height + ROW_GAP
    return ys, heights, top - ROW_GAP


def _routes(
    rows: Rows,
    links: Sequence[Link],
    turned: set[int],
    at: Mapping[Place, Point],
    heights: Sequence[float],
    boxes: Mapping[str, tuple[float, float]],
) -> Iterator[Route]:
    leaving = {place: sorted(lower, key=lambda p: at[p].x) for place, lower in rows.down.items()}
    arriving = {place: sorted(upper, key=lambda p: at[p].x) for place, upper in rows.up.items()}
    for number, link in enumerate(links):
        if link.source == link.target:
            yield Route((), at[next(place for place in at if place[2] == link.source)])
            continue
        chain = rows.chains[number]
        begin = _port(chain[0], chain[1], leaving, at, boxes, 0.5)
        end = _port(chain[-1], chain[-2], arriving, at, boxes, -0.5)
        points = (begin, *_through(chain[1:-1], at, heights), end)
        if number in turned:
            yield Route(points[::-1], at[chain[-2]])
        else:
            yield Route(points, at[chain[1]])


def _through(passed: Sequence[Place], at: Mapping[Place, Point], heights: Sequence[float]) -> Iterator[Point]:
    """Straight down through each row."""
    for place in passed:
        (x, y), half = at[place], heights[place[0]] / 2
        yield Point(x, y - half)
        yield Point(x, y + half)


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
