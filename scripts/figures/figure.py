"""What a figure is: its name, unit and target before it is measured, its value and verdict afterwards."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spec:
    """A figure to be measured. One without a limit is for information."""

    name: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    def met(self, value: float) -> bool | None:
        """None where there is no target."""
        if self.at_most is not None:
            return value <= self.at_most
        return value >= self.at_least if self.at_least is not None else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table. `value` and `met` are None when it could not be measured."""

    group: str
    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every measurement of a run may use: a folder for the run, and somebody to tell of progress."""

    folder: Path
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run that yields one or more figures: `run` gives the values in the order of `specs`.

    `run` raises SoftswitchError when it cannot measure; nothing is made up then.
    """

    what: str
    specs: tuple[Spec, ...]
    run: Callable[[Workshop], Sequence[float]]


def figures_of(group: str, measurement: Measurement, values: Sequence[float] | None) -> list[Figure]:
    """The rows of a measurement; `values` is None when it could not be made."""
    rows = []
    for index, spec in enumerate(measurement.specs):
        value = None if values is None else round(values[index], 2)
        met = None if value is None else spec.met(value)
        rows.append(Figure(group, spec.name, value, spec.unit, spec.target, met))
    return rows


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """Aligned columns, numbers to the right."""
    rows = [("group", "name", "value", "unit", "target", "met"), *map(_cells, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    value = "not measured" if figure.value is None else f"{figure.value:g}"
    met = "" if figure.met is None else "yes" if figure.met else "NO"
    return (figure.group, figure.name, value, figure.unit, figure.target, met)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if index == 2 else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
