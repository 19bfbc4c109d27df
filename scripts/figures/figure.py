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
class Estimate:
    """A rate found on a sample of `of` items, and the interval in which it lies with a confidence of 95 %."""

    value: float
    of: int
    low: float
    high: float

    def __str__(self) -> str:
        return f"n = {self.of}, {self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table. `value` and `met` are None when it could not be measured.

    `sample` tells how far a value that was found on a sample can be trusted; "" for all others.
    """

    group: str
    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every measurement of a run may use: a folder for the run, somebody to tell of progress, and the
    ear to be measured, as `speech.model` of the settings names it.
    """

    folder: Path
    tell: Callable[[str], None]
    ear: str = "embedded"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run that yields one or more figures: `run` gives the values in the order of `specs`.

    `run` raises SoftswitchError when it cannot measure; nothing is made up then.
    """

    what: str
    specs: tuple[Spec, ...]
    run: Callable[[Workshop], Sequence[float | Estimate]]


def figures_of(
    group: str, measurement: Measurement, values: Sequence[float | Estimate] | None
) -> list[Figure]:
    """The rows of a measurement; `values` is None when it could not be made."""
    if values is None:
        return [Figure(group, spec.name, None, spec.unit, spec.target, None) for spec in measurement.specs]
    return [_figure(group, spec, value) for spec, value in zip(measurement.specs, values, strict=True)]


def _figure(group: str, spec: Spec, measured: float | Estimate) -> Figure:
    value = _rounded(measured.value if isinstance(measured, Estimate) else measured)
    sample = str(measured) if isinstance(measured, Estimate) else ""
    return Figure(group, spec.name, value, spec.unit, spec.target, spec.met(value), sample)


def _rounded(value: float) -> float:
    """Two decimals, or three digits of a number below one: a real-time factor is 0.00874, and not 0.01."""
    return float(round(value, 2)) if abs(value) >= 1 else float(f"{value:.3g}")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """Aligned columns, numbers to the right."""
    rows = [("group", "name", "value", "unit", "target", "met", "sample and 95 %"), *map(_cells, figures)]
    if not any(figure.sample for figure in figures):
        rows = [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    value = "not measured" if figure.value is None else f"{figure.value:g}"
    met = "" if figure.met is None else "yes" if figure.met else "NO"
    return (figure.group, figure.name, value, figure.unit, figure.target, met, figure.sample)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if index == 2 else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
