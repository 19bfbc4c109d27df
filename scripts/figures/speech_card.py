"""The ear's measured figures as a section of its card, in Markdown."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from figures.figure import Figure
from figures.speech_accuracy import HELD_OUT
from figures.speech_calls import BACKLOG
from figures.speech_line import CONDITIONS
from figures.speech_speed import FACTORS, FOOTPRINT
from softswitch.errors import SoftswitchError

HEADING = "## Measured figures"
BEFORE = "## What it is not for"
OF_THE_EAR = {spec.name for each in (*HELD_OUT, FACTORS, FOOTPRINT, BACKLOG) for spec in each.specs}

_SECTION = """{heading}

By `scripts/bench speech`, on sentences and a voice that neither training nor tuning has seen: festival's
kdlpc, 8 kHz, PCMU. In percent, with the interval of 95 % confidence and the target in brackets; `of` counts
words or utterances. Noise is pink or white and a babble of four, in equal parts.

{accuracy}

{others}
"""


def put(path: Path, figures: Sequence[Figure]) -> None:
    """Write the section into a card, in the place of an earlier one or before what the ear is not for."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SoftswitchError(f"{path}: {error.strerror}; expected the card of an ear") from None
    path.write_text(with_section(text, section(figures)), encoding="utf-8")


def with_section(card: str, section: str) -> str:
    without = re.sub(rf"^{HEADING}\n.*?(?=^## |\Z)", "", card, flags=re.M | re.S)
    before, heading, after = without.partition(BEFORE)
    return f"{before.rstrip()}\n\n{section}" + (f"\n{heading}{after}" if heading else "")


def section(figures: Sequence[Figure]) -> str:
    """Accuracy as a table with a column for each kind of line, below it what else was measured of the ear."""
    lines = [condition.name for condition in CONDITIONS]
    rates: dict[str, dict[str, Figure]] = {}
    others = []
    for figure in (each for each in figures if each.name in OF_THE_EAR):
        what, _, line = figure.name.rpartition(", ")
        if line in lines and figure.unit == "%":
            rates.setdefault(what, {})[line] = figure
        else:
            others.append(figure)
    return _SECTION.format(
        heading=HEADING,
        accuracy=_table(["", *lines, "of"], [_rate(what, found, lines) for what, found in rates.items()]),
        others=_table(["figure", "value", "target"], [_other(figure) for figure in others]),
    ).replace("\n\n\n", "\n")


def _rate(what: str, found: Mapping[str, Figure], lines: Sequence[str]) -> list[str]:
    sample = next(iter(found.values())).sample
    of = sample.partition(",")[0].removeprefix("n = ")
    return [what, *(_cell(found.get(line)) for line in lines), of]


def _cell(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "not measured"
    interval = figure.sample.partition(", ")[2]
    notes = "; ".join(filter(None, [interval, _target(figure)]))
    return f"{figure.value:.1f} ({notes})" if notes else f"{figure.value:.1f}"


def _other(figure: Figure) -> list[str]:
    value = "not measured" if figure.value is None else f"{figure.value:g} {figure.unit}".rstrip()
    return [figure.name, value, _target(figure)]


def _target(figure: Figure) -> str:
    return f"{figure.target}{'' if figure.met else ', missed'}" if figure.target else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
