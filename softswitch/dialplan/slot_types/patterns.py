"""Rows of a language's data, read word by word: "half past {hour}" gives {"hour": 9, "minute": 30}.

All rows of a subject share one tree of words, so that a row more costs a reading nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from softswitch.dialplan.expansion import expand
from softswitch.dialplan.languages.parts import Row, plain
from softswitch.dialplan.spoken import normalise

Value = TypeVar("Value")
Found = list[tuple[int, int]]
"""Each the token after the last, and the value."""
Meaning = dict[str, int]

MOST_MEANINGS = 64  # of one text at one token; no language has more, and none may take longer
DIGITS = frozenset("0123456789")


class Phrases(Generic[Value]):
    """Fixed phrases with their values, found at a token."""

    def __init__(self, values: Mapping[str, Value] | Iterable[tuple[str, Value]]) -> None:
        pairs = values.items() if isinstance(values, Mapping) else values
        by_first: dict[str, dict[tuple[str, ...], Value]] = defaultdict(dict)
        for phrase, value in pairs:
            for form in (normalise(phrase), plain(normalise(phrase))):
                if words := tuple(form.split()):
                    by_first[words[0]].setdefault(words, value)
        self._by_first = {
            first: sorted(phrases.items(), key=lambda item: -len(item[0]))
            for first, phrases in by_first.items()
        }
        self.first = frozenset(self._by_first)

    def read(self, tokens: Sequence[str], at: int) -> list[tuple[int, Value]]:
        """All phrases that begin at token `at`, longest first."""
        if at >= len(tokens):
            return []
        return [
            (at + len(words), value)
            for words, value in self._by_first.get(tokens[at], ())
            if len(words) == 1 or tuple(tokens[at : at + len(words)]) == words
        ]


class Reader(NamedTuple):
    """How a {name} is read, the words that it may begin with, and whether it may be typed in digits."""

    read: Callable[[Sequence[str], int], Found]
    first: frozenset[str]
    typed: bool = True


def phrase_reader(phrases: Phrases[int]) -> Reader:
    return Reader(phrases.read, phrases.first, typed=False)


@dataclass
class _Node:
    words: dict[str, "_Node"] = field(default_factory=dict)
    readers: dict[Reader, dict[str, "_Node"]] = field(default_factory=dict)
    """What follows a value, by the reader, which reads once for all its names."""
    ends: list[tuple[int, Mapping[str, int]]] = field(default_factory=list)  # the row, and what it means


class Patterns:
    """Rows compiled for reading. Rows that come first are preferred among readings of the same words."""

    def __init__(self, rows: Sequence[Row], readers: Mapping[str, Reader]) -> None:
        """Raises KeyError where a row reads what has no reader: the language's data are wrong."""
        self._readers = readers
        self._root = _Node()
        self.segments: dict[str, None] = {}  # the words between readers, in order, for a recogniser
        for rank, (pattern, meaning) in enumerate(rows):
            for phrase in expand(pattern):
                self._add(phrase.split(), rank, meaning)
        self.first = frozenset(self._root.words).union(*(reader.first for reader in self._root.readers))

    def _add(self, items: list[str], rank: int, meaning: Mapping[str, int]) -> None:
        node, run = self._root, ""
        for item in items:
            if item.startswith("{"):
                name = item[1:-1]
                node = node.readers.setdefault(self._readers[name], {}).setdefault(name, _Node())
                self._segment(run)
                run = ""
            else:
                fresh = node.words.get(item) or _Node()
                node.words[item] = fresh
                node.words.setdefault(plain(item), fresh)
                node, run = fresh, f"{run} {item}"
        self._segment(run)
        node.ends.append((rank, meaning))

    def _segment(self, run: str) -> None:
        if run:
            self.segments[run.strip()] = None

    def starts(self, token: str) -> bool:
        return token in self.first or token[:1] in DIGITS

    def read(self, tokens: Sequence[str], at: int) -> list[tuple[int, Meaning]]:
        """What rows say from token `at` on, longest first; values by the readers' names."""
        if at >= len(tokens) or not self.starts(tokens[at]):
            return []
        found: list[tuple[int, int, Meaning]] = []
        self._walk(self._root, tokens, at, {}, found)
        found.sort(key=lambda each: (-each[0], each[1]))
        return [(end, meaning) for end, _, meaning in found]

    def _walk(
        self,
        node: _Node,
        tokens: Sequence[str],
        at: int,
        values: Meaning,
        found: list[tuple[int, int, Meaning]],
    ) -> None:
        if len(found) >= MOST_MEANINGS:
            return
        for rank, meaning in node.ends:
            found.append((at, rank, {**values, **meaning}))
        if at >= len(tokens):
            return
        token = tokens[at]
        following = node.words.get(token)
        if following is not None:
            self._walk(following, tokens, at + 1, values, found)
        for reader, named in node.readers.items():
            if token in reader.first or (reader.typed and token[:1] in DIGITS):
                for end, value in reader.read(tokens, at):
                    for name, after in named.items():
                        self._walk(after, tokens, end, {**values, name: value}, found)
