"""A drawing as a Mermaid flowchart, which many editors and code hosts show."""

from collections.abc import Iterator

from softswitch.dialplan.graphing.drawing import Arrow, Box, Drawing
from softswitch.dialplan.graphing.words import first_words

SHAPES = {"asks": ("[/", "/]"), "speaks": ("[", "]"), "ends": ("([", "])"), "elsewhere": ("(", ")")}
WORDS = 60


def text(drawing: Drawing) -> str:
    return "\n".join([f"%% {drawing.name}", "flowchart TD", *_lines(drawing)]) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    steps = {box.name for panel in drawing.panels for box in panel.boxes if box.kind != "elsewhere"}
    for panel in drawing.panels:
        yield f'  subgraph flow_{panel.flow}["flow {panel.flow}"]'
        for box in panel.boxes:
            if box.kind != "elsewhere":
                yield f"    {_box(box)}"
        yield "  end"
    others = {box.name: box for panel in drawing.panels for box in panel.boxes if box.name not in steps}
    yield from (f"  {_box(box)}" for box in others.values())
    arrows = [arrow for panel in drawing.panels for arrow in panel.arrows]
    yield from (f"  {_arrow(arrow)}" for arrow in arrows)
    yield from (f"  {_loop(box)}" for panel in drawing.panels for box in panel.boxes if box.repeats)
    for number, arrow in enumerate(arrows):
        if arrow.calls:
            yield f"  linkStyle {number} stroke-width:{width(arrow.calls):g}px"
    if drawing.everywhere:
        lines = "<br/>".join(_escaped(line) for line in drawing.everywhere)
        yield f'  everywhere["everywhere<br/>{lines}"]'
        yield "  style everywhere stroke-dasharray: 4 4,text-align:left"


def _box(box: Box) -> str:
    before, after = SHAPES[box.kind]
    words = _escaped(first_words(box.text, WORDS))
    return f'step_{box.name}{before}"<b>{box.name}</b>{"<br/>" if words else ""}{words}"{after}'


def _loop(box: Box) -> str:
    return f'step_{box.name} -->|"{_escaped(box.repeats)}"| step_{box.name}'


def _arrow(arrow: Arrow) -> str:
    line = "-.->" if arrow.returns else "-->"
    label = labelled(arrow)
    return (
        f"step_{arrow.source} {line}" + (f'|"{_escaped(label)}"|' if label else "") + f" step_{arrow.target}"
    )


def labelled(arrow: Arrow) -> str:
    """With the number of callers, where it is known."""
    return arrow.label if arrow.calls is None else f"{arrow.label} ({arrow.calls})".strip()


def width(calls: int) -> float:
    """Of a line that so many callers took: one more for each doubling of ten."""
    return 1.5 + min(6.0, len(bin(calls)) / 2 - 1)


def _escaped(words: str) -> str:
    """Mermaid's entity codes for what it, or HTML in it, would take for its own."""
    for sign, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;")):
        words = words.replace(sign, code)
    return words.replace("\n", " ")
