"""A replay as SVG: when first audio is there, for which share of turns, with and without remembering."""

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from softswitch.replay.talking import Run

WIDE, HIGH, LEFT, BOTTOM = 640, 360, 60, 48
TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
STYLE = (
    "text{font:12px sans-serif;fill:#1d2733}.title{font-size:15px;font-weight:bold}"
    "path{fill:none;stroke-width:2}.grid{stroke:#d5dce3;stroke-width:1}"
    ".without{stroke:#c2571a}.remembering{stroke:#1a6fc2}"
)


def text(without: Run, remembering: Run, title: str) -> str:
    parts = [*_grid(), *_curve("without", without, 0), *_curve("remembering", remembering, 1)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}"'
    )
    name = f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>'
    return "\n".join([f'{head} role="img"><style>{STYLE}</style>', name, *parts, "</svg>"]) + "\n"


def _grid() -> Iterator[str]:
    bottom = HIGH - BOTTOM
    for seconds in TICKS:
        x = _x(seconds)
        told = f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"
        yield f'<path class="grid" d="M{x:.1f} 36V{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{told}</text>'
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDE - 20}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    yield f'<text x="{(LEFT + WIDE) / 2}" y="{HIGH - 8}" text-anchor="middle">time to first audio</text>'


def _curve(name: str, run: Run, number: int) -> Iterator[str]:
    """Turns whose first audio was there by then."""
    times = sorted(took.first_audio for took in run.took)
    points = " ".join(f"L{_x(seconds):.1f} {_y(share):.1f}" for seconds, share in _steps(times))
    yield f'<path class="{name}" d="M{LEFT} {_y(0):.1f} {points}"/>'
    y = 56 + 18 * number
    yield f'<path class="{name}" d="M{LEFT + 12} {y - 4}h24"/><text x="{LEFT + 42}" y="{y}">{name}</text>'


def _steps(times: Sequence[float], most: int = 200) -> Iterator[tuple[float, float]]:
    for step in range(1, most + 1):
        if times:
            yield times[max(0, math.ceil(step * len(times) / most) - 1)], step / most


def _x(seconds: float) -> float:
    """Logarithmic."""
    first, last = math.log(TICKS[0]), math.log(TICKS[-1])
    share = (math.log(min(max(seconds, TICKS[0]), TICKS[-1])) - first) / (last - first)
    return LEFT + share * (WIDE - 20 - LEFT)


def _y(share: float) -> float:
    return HIGH - BOTTOM - share * (HIGH - BOTTOM - 36)
