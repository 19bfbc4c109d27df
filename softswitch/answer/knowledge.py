"""A plan's knowledge: Markdown files in its folder, cut into passages that can be quoted. Pure.

A passage is a paragraph or list under its headings; short ones under one heading stay together, long ones are
cut at sentences. The version changes with any letter of it: remembered answers hang on it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from softswitch.answer.prompting import Passage
from softswitch.errors import SoftswitchError

LONGEST = 800
"""Letters of a passage."""
MOST_FILES = 200
MOST_BYTES = 2_000_000

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_COMMENT = re.compile(r"<!--.*?-->", re.S)


def read(folder: Path) -> dict[str, str]:
    """The texts of all Markdown files below the folder, by their path in it.

    Raises SoftswitchError for a folder that is not there, is too big, or has what is no UTF-8 text.
    """
    if not folder.is_dir():
        raise SoftswitchError(f"{folder} is no folder: `knowledge` names one with Markdown files")
    files = sorted(path for path in folder.rglob("*.md") if path.is_file())
    if len(files) > MOST_FILES or sum(path.stat().st_size for path in files) > MOST_BYTES:
        raise SoftswitchError(
            f"{folder} has more than {MOST_FILES} Markdown files, or more than {MOST_BYTES / 1e6:g} MB: "
            "keep what callers ask about"
        )
    return {path.relative_to(folder).as_posix(): _text(path) for path in files}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SoftswitchError(f"{path} is no UTF-8 text: save it as UTF-8") from None


def version(texts: Mapping[str, str]) -> str:
    """12 hex digits of all of it, "" for none."""
    if not texts:
        return ""
    whole = hashlib.sha256()
    for name, text in sorted(texts.items()):
        whole.update(f"{name}\0{text}\0".encode())
    return whole.hexdigest()[:12]


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
