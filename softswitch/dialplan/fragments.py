"""Sentences with variables, as fragments: what is fixed is rendered at load, the rest while the call waits.

A fragment is rendered between its neighbours and cut out, so that it has the melody and the pace of its place
in the sentence. Fixed ones stand beside stand-ins for the variables, variable ones beside the words that are
really said.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from softswitch.events import Fragment

LEAST_WORDS = 3
"""Fewer fixed words are said with the variables beside them: one joint less, and hardly more to say."""
BESIDE = 2
"""Words on either side of a variable that it is rendered between."""
STAND_IN = "Anna"


class Part(NamedTuple):
    """Fixed text, or the name of a variable."""

    text: str
    variable: bool
    how: str  # "", "digits" or "spell"


Spoken = Callable[[str, str], str]
"""The spoken form of a variable, "" when it is not set; by name, and by how: "" or "digits" or "spell"."""


class Template:
    """One sentence, cut. Where nothing fixed is long enough there are no fragments."""

    __slots__ = ("_fixed", "_groups")

    def __init__(self, parts: Iterable[Part]) -> None:
        self._groups = _groups(parts)
        texts = [said(group, lambda name, how: STAND_IN) for group in self._groups]
        self._fixed = {
            at: Fragment(text, " ".join(texts[:at]), " ".join(texts[at + 1 :]))
            for at, text in enumerate(texts)
            if not _varies(self._groups[at])
        }

    @property
    def fixed(self) -> Iterable[Fragment]:
        return self._fixed.values()

    def fragments(self, text: str, spoken: Spoken) -> tuple[Fragment, ...]:
        """Of the sentence as it is said now, `text`; none where it is not cut."""
        texts = [said(group, spoken) for group in self._groups] if self._fixed else []
        if " ".join(texts) != text or not all(texts):
            return ()
        return tuple(self._fixed.get(at) or _between(texts, at) for at in range(len(texts)))


def said(parts: Iterable[Part], spoken: Spoken) -> str:
    """With single spaces."""
    text = "".join(spoken(part.text, part.how) if part.variable else part.text for part in parts)
    return " ".join(text.split())


def _between(texts: Sequence[str], at: int) -> Fragment:
    before, after = " ".join(texts[:at]).split(), " ".join(texts[at + 1 :]).split()
    return Fragment(texts[at], " ".join(before[-BESIDE:]), " ".join(after[:BESIDE]))


def _varies(parts: Iterable[Part]) -> bool:
    return any(part.variable for part in parts)


def _groups(parts: Iterable[Part]) -> list[list[Part]]:
    """Fixed words that stand alone, and what is said in one go around the variables."""
    groups: list[list[Part]] = []
    joins = False  # whether the last group takes what follows
    for varies, found in groupby(_words(parts), _varies):
        words = list(found)
        alone = not varies and len(words) >= LEAST_WORDS
        if alone or not joins:
            groups.append([])
        groups[-1] += [part for word in words for part in (*word, Part(" ", False, ""))]
        joins = not alone
    return groups


def _words(parts: Iterable[Part]) -> list[list[Part]]:
    """Each with what touches it: a comma after a variable is spoken with it."""
    words: list[list[Part]] = [[]]
    for part in parts:
        if part.variable:
            words[-1].append(part)
            continue
        first, *others = part.text.replace("\n", " ").split(" ")
        words[-1].append(Part(first, False, ""))
        words += [[Part(text, False, "")] for text in others]
    return [word for word in words if any(part.text for part in word)]
