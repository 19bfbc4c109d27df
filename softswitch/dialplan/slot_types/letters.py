"""Spelled letters: "a b c", "alpha bravo", "b as in bravo", "double l", "capital x", and digits."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from softswitch.dialplan.language import Language
from softswitch.dialplan.languages.parts import Kind, plain
from softswitch.dialplan.slot_types.base import Base, Readings, strings
from softswitch.dialplan.slot_types.patterns import DIGITS, Phrases
from softswitch.dialplan.spoken import digit_groups

LONGEST = 40


class LettersSlot(Base):
    type = "letters"

    def __init__(self, language: Language, length: tuple[int, int] | None) -> None:
        letters = language.letters
        self._length = length or (1, LONGEST)
        self._numbers = language.numbers
        self._capitals, self._zero = letters.capitals, letters.zero
        self._names = Phrases({**letters.names, **letters.spellings, **letters.alphabet})
        self._as_in = Phrases(dict.fromkeys(letters.as_in, True))
        self._written = frozenset(letters.names.values()) | DIGITS
        self.first = (
            self._names.first | letters.capitals | frozenset(self._numbers.lookup) | self._numbers.one
        )
        self.phrases = tuple(
            dict.fromkeys((*letters.names, *letters.alphabet, *letters.as_in[:1], *language.digit_phrases))
        )

    def begins(self, token: str) -> bool:
        return token in self.first or self._is_typed(token)

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        if at >= len(tokens) or not self.begins(tokens[at]):
            return []
        return strings(partial(self._pieces, tokens), at, min(LONGEST, 2 * self._length[1]))

    def fits(self, value: str) -> bool:
        least, most = self._length
        return least <= len(value) <= most and self._written.issuperset(value)

    def keyed(self, digits: str, now: datetime) -> str | None:
        return None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        said = ""
        for before, character in zip(" " + value, value, strict=False):
            pause = " " if before in DIGITS and character in DIGITS else ", "
            said += pause + character
        return said[2:]

    def _is_typed(self, token: str) -> bool:
        """Letters and digits as an author types them: "ab12"; what has no digit is a word."""
        return (
            not DIGITS.isdisjoint(token) and len(token) <= LONGEST and self._written.issuperset(token.upper())
        )

    def _pieces(self, tokens: Sequence[str], at: int) -> list[tuple[int, str]]:
        if at < len(tokens) and tokens[at] in self._capitals:
            at += 1
        if at >= len(tokens):
            return []
        token = tokens[at]
        if self._is_typed(token):
            return [(at + 1, token.upper())]
        names = [
            piece
            for end, letter in self._names.read(tokens, at)
            for piece in self._named(tokens, end, letter)
        ]
        digits = digit_groups(tokens, at, self._numbers)
        kind, times = self._numbers.lookup.get(token, (None, 0))
        if kind is Kind.TIMES:
            names += [(end, letter * times) for end, letter in self._names.read(tokens, at + 1)]
        zero = token in self._zero or (
            kind is Kind.TIMES and at + 1 < len(tokens) and tokens[at + 1] in self._zero
        )
        # "Oh" is a zero beside a digit, and a letter elsewhere; either way the other reading comes second.
        return [*digits, *names] if zero and self._beside_digit(tokens, at) else [*names, *digits]

    def _named(self, tokens: Sequence[str], at: int, letter: str) -> list[tuple[int, str]]:
        """A letter's name, with "as in bravo" first: the word tells what a letter alone leaves open."""
        said = [(at, letter)]
        for end, _ in self._as_in.read(tokens, at):
            word = tokens[end] if end < len(tokens) else ""
            initial = word[:1].upper() if word[:1].upper() in self._written else plain(word[:1]).upper()
            explicit = end - at > 1
            if len(word) > 1 and initial in self._written and (explicit or initial == letter):
                said.insert(0, (end + 1, initial))
                break
        return said

    def _beside_digit(self, tokens: Sequence[str], at: int) -> bool:
        return any(
            0 <= near < len(tokens)
            and tokens[near] not in self._zero
            and self._numbers.lookup.get(tokens[near], (Kind.TIMES,))[0] is not Kind.TIMES
            for near in (at - 1, at + 1, at + 2)
        )
