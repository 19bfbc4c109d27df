"""Words as callers say them: normalising, whole numbers, and digits such as "double oh seven".

Everything is driven by the numbers of a language, and reads at most what a text of some sixty words holds.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from softswitch.dialplan.language import Language
from softswitch.dialplan.languages.parts import Kind, Numbers

Span = tuple[int, int, str]
"""First token, token after the last, and the digits that they say."""

SIGN = r"(?:(?<![\w+-])[+-])?"
WORD = re.compile(rf"{SIGN}[0-9]+(?:[.,:/-][0-9]+)+(?=[ap]m\b|[\W_]|$)|{SIGN}[^\W_]+(?:'[^\W_]+)*")
NORMAL = re.compile(r"[a-z]+(?:[ '][a-z]+)*")
"""What an ear writes is as it should be."""
PUNCTUATION = re.compile(r"[.,:/+-]")
TYPED = re.compile(r"[0-9+-]")
LONGEST_TYPED = 40
"""Digits of one token; a longer one says nothing."""


def normalise(text: str) -> str:
    """Lower case, words only, one space between them.

    Apostrophes inside words stay, and so does what stands between digits: "9:30", "2026-11-23", "42.50".
    """
    if NORMAL.fullmatch(text):
        return text
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).replace("’", "'")
    words = WORD.findall(plain.lower())
    return " ".join(map(_apart, words) if TYPED.search(plain) else words)


def _apart(word: str) -> str:
    """ "9am" as "9 am", and a sign that stands before no digit away."""
    if word[0] in "+-" and word[1] not in "0123456789":
        word = word[1:]
    return re.sub(r"(?<=[0-9])(?=[ap]m$)", " ", word)


def digit_spans(tokens: Sequence[str], language: Language, *, heard: bool = True) -> list[Span]:
    """Every longest run of tokens that says digits; in what was `heard`, words that sound like one too."""
    meant = as_meant(tokens, language.numbers) if heard else tokens
    spans: list[Span] = []
    at = 0
    while at < len(meant):
        groups = digit_groups(meant, at, language.numbers)
        if not groups:
            at += 1
            continue
        end, digits = groups[0]
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], end, spans[-1][2] + digits)
        else:
            spans.append((at, end, digits))
        at = end
    return spans


def as_meant(tokens: Sequence[str], numbers: Numbers) -> list[str]:
    """ "seven six oh to" as "seven six oh two": beside a digit, and not after another word."""
    alike, known = numbers.sound_alikes, numbers.lookup
    meant: list[str] = []
    for at, token in enumerate(tokens):
        if token in alike and (
            _says_digits(meant[-1], known)
            if meant
            else at + 1 < len(tokens) and _says_digits(tokens[at + 1], known)
        ):
            token = alike[token]
        meant.append(token)
    return meant


def _says_digits(word: str, known: Mapping[str, tuple[Kind, int]]) -> bool:
    return word in known and known[word][0] is not Kind.SCALE


def digit_groups(tokens: Sequence[str], at: int, numbers: Numbers) -> list[tuple[int, str]]:
    """Ways to read one group: "1234", "double oh", "twenty three", "two thousand and ten"; longest first."""
    if (typed := typed_digits(tokens[at])) is not None:
        return [(at + 1, typed)]
    kind, value = numbers.lookup.get(tokens[at], (None, 0))
    if kind is Kind.TIMES:
        of, digit = numbers.lookup.get(tokens[at + 1], (None, 0)) if at + 1 < len(tokens) else (None, 0)
        return [(at + 2, str(digit) * value)] if of is Kind.UNIT else []
    return [(end, str(number)) for end, number in reversed(cardinals(tokens, at, numbers))]


def typed_digits(token: str) -> str | None:
    """The digits of a token such as "1002" or "10-02"."""
    if token.isascii() and token.isdigit():
        return token if len(token) <= LONGEST_TYPED else None
    if token[:1] not in "+0123456789" or len(token) > LONGEST_TYPED:
        return None
    bare = PUNCTUATION.sub("", token)
    return bare if bare.isascii() and bare.isdigit() else None


def cardinals(tokens: Sequence[str], at: int, numbers: Numbers) -> list[tuple[int, int]]:
    """Every whole number that begins at token `at`, shortest first: twenty, twenty three, 23,000."""
    stops: list[tuple[int, int]] = []
    total, below = 0, 0
    while groups := _thousandth(tokens, at, numbers):
        for end, value in groups:
            if end > at and (not below or 0 < value < below):
                stops.append((end, total + value))
        at, value = groups[-1]
        scale = _value(tokens, at, Kind.SCALE, numbers)
        if scale < 1000 or not value or (below and scale >= below):
            break
        total, below, at = total + value * scale, scale, at + 1
        stops.append((at, total))
        at = _after(tokens, at, numbers.joiner)
    return stops


def _thousandth(tokens: Sequence[str], at: int, numbers: Numbers) -> list[tuple[int, int]]:
    """What may stand before "thousand", shortest first; a last one of no words is the one of "a thousand"."""
    if at >= len(tokens):
        return []
    if tokens[at] in numbers.bare_scales:
        return [(at, 1)]
    scale = _value(tokens, at + 1, Kind.SCALE, numbers) if tokens[at] in numbers.one else 0
    if scale >= 1000:
        return [(at + 1, 1)]
    hundreds = _value(tokens, at, Kind.HUNDREDS, numbers)
    if scale == 100 or hundreds:
        end = at + 2 if scale else at + 1
        return [(end, scale or hundreds), *_rest(tokens, end, scale or hundreds, numbers)]
    stops = _below_hundred(tokens, at, numbers)
    if stops and stops[-1][1] and _value(tokens, stops[-1][0], Kind.SCALE, numbers) == 100:
        end, value = stops[-1][0] + 1, stops[-1][1] * 100
        stops += [(end, value), *_rest(tokens, end, value, numbers)]
    return stops


def _rest(tokens: Sequence[str], at: int, hundreds: int, numbers: Numbers) -> list[tuple[int, int]]:
    rest = _below_hundred(tokens, _after(tokens, at, numbers.joiner), numbers)
    return [(end, hundreds + value) for end, value in rest if value]


def _below_hundred(tokens: Sequence[str], at: int, numbers: Numbers) -> list[tuple[int, int]]:
    kind, value = numbers.lookup.get(tokens[at], (None, 0)) if at < len(tokens) else (None, 0)
    if kind is None:
        typed = at < len(tokens) and len(tokens[at]) < 10 and tokens[at].isascii() and tokens[at].isdigit()
        return [(at + 1, int(tokens[at]))] if typed else []
    if kind is Kind.TENS:
        unit_at = _after(tokens, at + 1, numbers.tens_joiner)
        unit = _value(tokens, unit_at, Kind.UNIT, numbers)
        return [(at + 1, value), (unit_at + 1, value + unit)] if unit else [(at + 1, value)]
    return [(at + 1, value)] if kind in (Kind.UNIT, Kind.TEEN) else []


def _value(tokens: Sequence[str], at: int, kind: Kind, numbers: Numbers) -> int:
    """The word's value when it is of that kind, else 0."""
    found, value = numbers.lookup.get(tokens[at], (None, 0)) if at < len(tokens) else (None, 0)
    return value if found is kind else 0


def _after(tokens: Sequence[str], at: int, joiner: str) -> int:
    return at + 1 if joiner and at < len(tokens) and tokens[at] == joiner else at
