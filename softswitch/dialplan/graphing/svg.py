"""A drawing as SVG: flows under each other, steps as boxes, no script in it."""

import itertools
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from softswitch.dialplan.graphing.drawing import Arrow, Box, Drawing, Panel
from softswitch.dialplan.graphing.layout import Point, Route, layout
from softswitch.dialplan.graphing.mermaid import labelled, width
from softswitch.dialplan.graphing.ranks import Link
from softswitch.dialplan.graphing.words import wrapped

COLUMNS, LINES = 28, 3
CHARACTER, BOLD, LINE = 6.6, 7.8, 15.0
"""Widths and height of a character of 12 px, wide ones included."""
PADDING = 10.0
MARGIN = 24.0
HEAD = 34.0
STYLE = """
text{font:12px sans-serif;fill:#1d2733}
.name{font-weight:bold}.flow{font-size:16px;font-weight:bold}.label{font-size:11px;fill:#44576b}
rect{stroke:#5b7083;stroke-width:1.2}
.asks{fill:#e3f1ff}.speaks{fill:#ffffff}.ends{fill:#ffe9df}.elsewhere{fill:#f1f1f1;stroke-dasharray:4 3}
.first{stroke-width:2.6}.everywhere{fill:#fcfcf4;stroke-dasharray:4 3}
path{fill:none;stroke:#5b7083;stroke-width:1.2}.returns{stroke-dasharray:5 3}
.head{fill:#5b7083;stroke:none}
.back{fill:#ffffff;fill-opacity:.85;stroke:none}
"""
ARROWHEAD = (
    '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" class="head"/></marker>'
)


def text(drawing: Drawing) -> str:
    parts: list[str] = []
    top, widest = MARGIN, 0.0
    for panel in drawing.panels:
        wide, high, body = _panel(panel)
        parts.append(f'<g transform="translate({MARGIN:g} {top:.1f})">{body}</g>')
        top += high + 2 * MARGIN
        widest = max(widest, wide)
    if drawing.everywhere:
        wide, high, body = _everywhere(drawing.everywhere)
        parts.append(f'<g transform="translate({MARGIN:g} {top:.1f})">{body}</g>')
        top += high + MARGIN
        widest = max(widest, wide)
    across, down = f"{widest + 2 * MARGIN:.0f}", f"{top:.0f}"
    size = f'viewBox="0 0 {across} {down}" width="{across}" height="{down}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = f"<title>{escape(drawing.name)}</title><style>{STYLE}</style><defs>{ARROWHEAD}</defs>"
    return "\n".join([head, title, *parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> tuple[float, float, str]:
    """Width, height and content."""
    sizes = {box.name: _size(box) for box in panel.boxes}
    links = [Link(arrow.source, arrow.target, len(labelled(arrow)) * CHARACTER) for arrow in panel.arrows]
    placed = layout(sizes, links)
    content = [
        f'<text class="flow" x="0" y="14">{escape(panel.flow)}</text>',
        f'<g transform="translate(0 {HEAD:g})">',
    ]
    for arrow, route in zip(panel.arrows, placed.routes, strict=True):
        content.append(_arrow(arrow, route))
    for box in panel.boxes:
        content.append(_box(box, placed.boxes[box.name], sizes[box.name]))
    content.append("</g>")
    return placed.width, placed.height + HEAD, "\n".join(content)


def _lines(box: Box) -> list[str]:
    repeats = [f"again: {box.repeats}"] if box.repeats else []
    return [*wrapped(box.text, COLUMNS, LINES), *repeats]


def _size(box: Box) -> tuple[float, float]:
    lines = _lines(box)
    across = max(len(box.name) * BOLD, *(len(line) * CHARACTER for line in lines), 60.0) + 2 * PADDING
    return across, (len(lines) + 1) * LINE + PADDING


def _box(box: Box, centre: Point, size: tuple[float, float]) -> str:
    across, down = size
    x, y = centre.x - across / 2, centre.y - down / 2
    first = " first" if box.first else ""
    where = f'x="{x:.1f}" y="{y:.1f}" width="{across:.1f}" height="{down:.1f}"'
    rect = f'<rect class="{box.kind}{first}" rx="6" {where}/>'
    lines = list(_texts([box.name, *_lines(box)], x + PADDING, y + LINE + PADDING / 4))
    return f"<g><title>{escape(box.text)}</title>{rect}{''.join(lines)}</g>"


def _texts(lines: Sequence[str], x: float, y: float) -> Iterator[str]:
    for number, line in enumerate(lines):
        name = ' class="name"' if not number else ""
        yield f'<text{name} x="{x:.1f}" y="{y + number * LINE:.1f}">{escape(line)}</text>'


def _arrow(arrow: Arrow, route: Route) -> str:
    style = f' style="stroke-width:{width(arrow.calls):g}"' if arrow.calls else ""
    kind = ' class="returns"' if arrow.returns else ""
    path = f'<path{kind}{style} marker-end="url(#head)" d="{_curve(route.points)}"/>'
    label = labelled(arrow)
    if not label:
        return path
    across = len(label) * CHARACTER * 0.92
    x, y = route.label
    back = f'<rect class="back" x="{x - across / 2:.1f}" y="{y - 7:.1f}" width="{across:.1f}" height="14"/>'
    words = f'<text class="label" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{escape(label)}</text>'
    return path + back + words


def _curve(points: Sequence[Point]) -> str:
    """From point to point, upright at each of them."""
    drawn = [f"M{points[0].x:.1f} {points[0].y:.1f}"]
    for before, after in itertools.pairwise(points):
        middle = (before.y + after.y) / 2
        drawn.append(f"C{before.x:.1f} {middle:.1f} {after.x:.1f} {middle:.1f} {after.x:.1f} {after.y:.1f}")
    return "".join(drawn)


def _everywhere(lines: Sequence[str]) -> tuple[float, float, str]:
    """What leads away from every question, as a list."""
    shown = ["everywhere", *lines]
    across, down = max(map(len, shown)) * CHARACTER + 2 * PADDING, len(shown) * LINE + PADDING
    rect = f'<rect class="everywhere" width="{across:.1f}" height="{down:.1f}"/>'
    return across, down, rect + "".join(_texts(shown, PADDING, LINE + PADDING / 4))
