"""Prompts that nobody would listen to until their end."""

import re

from softswitch.dialplan.checks.places import Given, all_given
from softswitch.dialplan.files.texts import Line, Prompts
from softswitch.dialplan.markup import parse
from softswitch.dialplan.pieces import Piece
from softswitch.dialplan.reading import Draft
from softswitch.marked_yaml import Place

LONGEST_S = 12.0
CHARACTERS_PER_SECOND = 17.0
PAUSE_S = 0.25
"""After a comma or a sentence. Both are the embedded voice's over the 37 prompts of the bundled reception, by
least squares: on average 0.2 s off.
"""
PUNCTUATION = re.compile(r"[,.;:?!](?=\s)")
VARIABLE_S = 1.2
"""About what a number or a date takes."""


def check(draft: Draft) -> None:
    for each in all_given(draft):
        if isinstance(each.texts, Prompts):
            _check(draft, each)


def _check(draft: Draft, each: Given) -> None:
    """What is said at once: all texts of a step, but one failure's or filler's at a time."""
    seconds: dict[Place, float] = {}
    for language, place, line in each.each():
        group = (
            (language,)
            if each.place[-1] == "say" and each.place[0] == "steps" and len(each.place) == 3
            else place
        )
        seconds[group] = seconds.get(group, 0.0) + length(draft, line)
    for group, taken in seconds.items():
        if taken > LONGEST_S:
            place = group if group[:1] == each.place[:1] else each.place
            message = f"takes about {taken:.0f} s to say; nobody listens longer than {LONGEST_S:.0f} s"
            draft.report("long-prompt", each.document, place, message)


def length(draft: Draft, line: Line) -> float:
    """Seconds. Of a recording what it lasts, of a text what the voice is likely to take."""
    if line.audio:
        return draft.recordings[line.audio].seconds
    return sum(map(_piece, parse(line.text)))


def _piece(piece: Piece) -> float:
    texts = [part.text for part in piece.parts if not part.variable]
    variables = len(piece.parts) - len(texts)
    pauses = sum(len(PUNCTUATION.findall(text)) for text in texts)
    spoken = sum(map(len, texts)) / CHARACTERS_PER_SECOND + variables * VARIABLE_S
    return spoken / piece.rate + pauses * PAUSE_S + (PAUSE_S if piece.pause is None else piece.pause)
