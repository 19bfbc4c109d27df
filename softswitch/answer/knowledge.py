"""A plan's knowledge: Markdown files in its folder, cut into passages that can be quoted. Pure.

A passage is a paragraph or list under its headings; short ones under one heading stay together, long ones
are cut at sentences.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from softswitch.answer.prompting import Passage

LONGEST = 800
"""Letters of a passage."""
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_COMMENT = re.compile(r"<!--.*?-->", re.S)


def passages(texts: Mapping[str, str]) -> list[Passage]:
    """Each under its headings: "prices.md, Bouquets, Roses"."""
    return [passage for name, text in sorted(texts.items()) for passage in _of_file(name, text)]


def _of_file(name: str, text: str) -> Iterator[Passage]:
    headings: list[str] = []
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n", _COMMENT.sub("", text)):
        lines = block.strip().splitlines()
        while lines and (heading := _HEADING.match(lines[0])):
            yield from _together(_title(name, headings), paragraphs)
            paragraphs.clear()
            headings[len(heading[1]) - 1 :] = [heading[2]]
            lines.pop(0)
        if lines:
            paragraphs.append("\n".join(line.strip() for line in lines))
    yield from _together(_title(name, headings), paragraphs)


def _title(name: str, headings: Iterable[str]) -> str:
    return ", ".join([name, *headings])


def _together(title: str, paragraphs: Iterable[str]) -> Iterator[Passage]:
    """As few passages as their length allows."""
    held = ""
    for paragraph in (part for each in paragraphs for part in _cut(each)):
        if held and len(held) + len(paragraph) > LONGEST:
            yield Passage(title, held)
            held = ""
        held = f"{held}\n{paragraph}" if held else paragraph
    if held:
        yield Passage(title, held)


def _cut(paragraph: str) -> Iterator[str]:
    """At lines, then at sentences, then wherever."""
    if len(paragraph) <= LONGEST:
        yield paragraph
        return
    held = ""
    for part in re.split(r"(?<=\n)|(?<=[.!?])\s+", paragraph):
        for piece in (part[at : at + LONGEST] for at in range(0, len(part), LONGEST)):
            if held and len(held) + len(piece) > LONGEST:
                yield held
                held = ""
            held = f"{held} {piece}".strip()
    if held:
        yield held
