"""What all types of slots share: reading is reading anything, less what does not fit."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

Readings = list[tuple[int, str]]
"""Each the token after the last and the canonical value; longest first, the likelier first among equals."""

TYPED_FIRST = frozenset("0123456789+-")
MOST_STEPS = 150  # taken through ways to read one text; callers leave no more ways open


class Base:
    """A slot that reads by `read_any`, whose values pass `fits`."""

    type = ""
    keys = (0, 0)
    phrases: tuple[str, ...] = ()
    first: frozenset[str] = frozenset()
    """The words that values begin with; those typed in digits begin with a digit or a sign."""

    def begins(self, token: str) -> bool:
        return token in self.first or token[:1] in TYPED_FIRST

    def read(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        """A value that only begins another one, which does not fit, is none: "nine hundred" is not 9."""
        if not (readings := self.read_any(tokens, at, now)):
            return []
        fitting = [reading for reading in readings if self.fits(reading[1])]
        return fitting if fitting and fitting[0][0] == readings[0][0] else []

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        raise NotImplementedError

    def fits(self, value: str) -> bool:
        raise NotImplementedError

    def keyed(self, digits: str, now: datetime) -> str | None:
        return digits if digits.isascii() and digits.isdigit() and self.fits(digits) else None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        return value


def ordered(readings: Iterable[tuple[int, str]]) -> Readings:
    """Each once, longest first, and otherwise in the order in which they come."""
    return sorted(dict.fromkeys(readings), key=lambda reading: -reading[0])


def strings(edges: Callable[[int], list[tuple[int, str]]], at: int, most: int) -> Readings:
    """Every text of at most `most` characters that `edges` spells from token `at` on.

    `edges` gives the next pieces at a token, the likelier first: (token after the piece, its characters).
    """
    found: Readings = []
    known: dict[int, list[tuple[int, str]]] = {}
    ahead = [(at, "")]
    for _ in range(MOST_STEPS):
        if not ahead:
            break
        here, text = ahead.pop()
        if text:
            found.append((here, text))
        if here not in known:
            known[here] = edges(here)
        pieces = [(end, text + piece) for end, piece in known[here] if len(text) + len(piece) <= most]
        ahead += reversed(pieces)
    return ordered(found)


def in_threes(pieces: Sequence[str]) -> str:
    """Pieces one by one, with a pause after each three when there are more than four."""
    if len(pieces) <= 4:
        return " ".join(pieces)
    groups = [pieces[at : at + 3] for at in range(0, len(pieces), 3)]
    if len(groups[-1]) == 1:
        groups[-2:] = [[*groups[-2], *groups[-1]]]
    return ", ".join(" ".join(group) for group in groups)
