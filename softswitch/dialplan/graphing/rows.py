"""Places in rows, and their order within each row, so that few ways cross."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

SWEEPS = 12

Place = tuple[int, int, str]
"""A place in a row: the row, the way that passes there (-1 for none), the box ("" for none)."""


@dataclass
class Rows:
    """`chains` are the places of each way, from the upper row to the lower one."""

    places: list[list[Place]] = field(default_factory=list)
    widths: dict[Place, float] = field(default_factory=dict)
    chains: dict[int, list[Place]] = field(default_factory=dict)
    up: dict[Place, list[Place]] = field(default_factory=lambda: defaultdict(list))
    down: dict[Place, list[Place]] = field(default_factory=lambda: defaultdict(list))

    def put(self, place: Place, width: float) -> None:
        self.places[place[0]].append(place)
        self.widths[place] = width

    def sweeps(self, number: int) -> list[list[Place]]:
        """The rows from the top in every other sweep, from the bottom in those between."""
        return self.places if number % 2 == 0 else self.places[::-1]


def order(rows: Rows) -> None:
    """Each row by the middle of its neighbours, down and up again; the order with fewest crossings stays."""
    best, fewest = [list(row) for row in rows.places], _crossings(rows)
    for sweep in range(SWEEPS):
        near = rows.up if sweep % 2 == 0 else rows.down
        at = {place: number for row in rows.places for number, place in enumerate(row)}
        for row in rows.sweeps(sweep):
            middle = {place: mean([at[other] for other in near[place]], at[place]) for place in row}
            row.sort(key=middle.__getitem__)
            at.update({place: number for number, place in enumerate(row)})
        if (count := _crossings(rows)) < fewest:
            best, fewest = [list(row) for row in rows.places], count
    rows.places[:] = best


def mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: Rows) -> int:
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
