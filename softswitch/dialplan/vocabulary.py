"""The words of a plan's templates, and which of them a said word may stand for.

A caller inflects ("ordered", "closing") and a recogniser mishears ("ours", "a dress"): such words count,
for less.
"""

from collections.abc import Callable, Collection, Iterable

from rapidfuzz import fuzz, process

from softswitch.dialplan.templates import GAP

INFLECTED = 0.9
"""How alike two forms of one word are."""
LEAST_RATIO = 80.0
"""Of letters in common, in percent, from which one word may be a mishearing of another."""
SHORTEST = 4
"""Shorter words are too often near each other."""
MAX_REMEMBERED = 10_000
NEAREST = 3

Near = tuple[tuple[str, float], ...]


class Vocabulary:
    """Words of meaning are also found by what is like them, words of little meaning only as they are."""

    def __init__(self, words: Iterable[str], function_words: Collection[str]) -> None:
        self._words = frozenset(word for word in words if word[0] != "{" and word != GAP)
        self._function = function_words
        self._by_start: dict[str, list[str]] = {}
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._words):
            if len(word) >= SHORTEST and word not in function_words and not word.isdecimal():
                self._by_start.setdefault(word[:SHORTEST], []).append(word)
                self._by_length.setdefault(len(word), []).append(word)
        self._remembered: dict[str, Near] = {}
        self._remembered_joined: dict[str, Near] = {}

    def near(self, word: str) -> Near:
        """Words of the templates that the said word may stand for, with how alike (0 to 1), best first."""
        return _remember(self._remembered, word, self._near)

    def joined(self, first: str, second: str) -> Near:
        """The words that two said words may be one of."""
        if len(first) + len(second) < SHORTEST or (first in self._words and second in self._words):
            return ()
        return _remember(self._remembered_joined, first + second, self._near_joined)

    def _near(self, word: str) -> Near:
        known = ((word, 1.0),) if word in self._words else ()
        if word in self._function or len(word) < SHORTEST or word.isdecimal():
            return known
        forms = [
            (form, INFLECTED) for form in self._by_start.get(word[:SHORTEST], ()) if _inflected(word, form)
        ]
        return (*known, *(forms if known or forms else self._misheard(word)))[: 2 * NEAREST]

    def _near_joined(self, word: str) -> Near:
        if word in self._words:
            return ((word, INFLECTED),)
        return tuple(self._misheard(word)[:1])

    def _misheard(self, word: str) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        for length in range(len(word) - 2, len(word) + 3):
            words = self._by_length.get(length, ())
            near = process.extract(word, words, scorer=fuzz.ratio, score_cutoff=LEAST_RATIO, limit=NEAREST)
            found += [(other, (ratio / 100) ** 2) for other, ratio, _ in near]
        return sorted(found, key=lambda near: (-near[1], near[0]))[:NEAREST]


def _remember(memory: dict[str, Near], word: str, find: Callable[[str], Near]) -> Near:
    if (near := memory.get(word)) is None:
        if len(memory) >= MAX_REMEMBERED:
            memory.clear()
        near = memory[word] = find(word)
    return near


def _inflected(word: str, other: str) -> bool:
    """Whether they differ in their endings only: "close" and "closing", "deliver" and "delivery"."""
    shorter = min(len(word), len(other))
    if word == other or abs(len(word) - len(other)) > 3:
        return False
    return word[: max(SHORTEST, shorter - 1)] == other[: max(SHORTEST, shorter - 1)]
