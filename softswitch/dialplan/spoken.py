"""Words as callers say them: normalising, and digits such as "double oh seven" or "ten twenty three"."""

import re
import unicodedata
from collections.abc import Sequence

from softswitch.dialplan.language import Language

Span = tuple[int, int, str]
"""First token, token after the last, and the digits that they say."""


def normalise(text: str) -> str:
    """Lower case, words and digits only (apostrophes inside words stay), one space between words."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain))


def read_digits(tokens: Sequence[str], language: Language) -> str | None:
    """The digits that the tokens say, or None unless every token has its part in them."""
    spans = digit_spans(tokens, language)
    whole = len(spans) == 1 and spans[0][:2] == (0, len(tokens))
    return spans[0][2] if whole else None


def digit_spans(tokens: Sequence[str], language: Language) -> list[Span]:
    """Every longest run of tokens that says digits."""
    tokens = _as_meant(tokens, language)
    spans: list[Span] = []
    at = 0
    while at < len(tokens):
        end, digits = _group(tokens, at, language)
        if end == at:
            at += 1
        elif spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], end, spans[-1][2] + digits)
            at = end
        else:
            spans.append((at, end, digits))
            at = end
    return spans


def _as_meant(tokens: Sequence[str], language: Language) -> list[str]:
    """ "seven six oh to" as "seven six oh two": beside a digit, and not after another word."""
    meant: list[str] = []
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        among = meant[-1] in language.digit_words if meant else following in language.digit_words
        meant.append(language.sound_alikes.get(token, token) if among else token)
    return meant


def _group(tokens: Sequence[str], at: int, language: Language) -> tuple[int, str]:
    """One group: "1234", "double oh", "twenty three", "two thousand and ten". (at, "") when there is none."""
    if tokens[at].isascii() and tokens[at].isdigit():
        return at + 1, tokens[at]
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if tokens[at] in language.times:
        digit = language.units.get(following)
        return (at + 2, str(digit) * language.times[tokens[at]]) if digit is not None else (at, "")
    end, number = _scaled(tokens, at, max(language.scales.values()) + 1, language)
    return (at, "") if number is None else (end, str(number))


def _scaled(tokens: Sequence[str], at: int, below: int, language: Language) -> tuple[int, int | None]:
    """A number with scale words smaller than `below`: "two thousand", "one hundred", "five"."""
    end, number = _below_hundred(tokens, at, language)
    scale = language.scales.get(tokens[end]) if number is not None and end < len(tokens) else None
    if not number or scale is None or scale >= below:
        return end, number
    number, end = number * scale, end + 1
    skip = end + 1 if end < len(tokens) and tokens[end] == language.joiner else end
    rest_end, rest = _scaled(tokens, skip, scale, language)
    # "one hundred oh five" is digits after a number, and what does not fit below the scale is a new group.
    if rest and rest < scale:
        return rest_end, number + rest
    return end, number


def _below_hundred(tokens: Sequence[str], at: int, language: Language) -> tuple[int, int | None]:
    if at >= len(tokens):
        return at, None
    word = tokens[at]
    if word in language.tens:
        unit = language.units.get(tokens[at + 1]) if at + 1 < len(tokens) else None
        return (at + 2, language.tens[word] + unit) if unit else (at + 1, language.tens[word])
    number = language.units.get(word, language.teens.get(word))
    return (at, None) if number is None else (at + 1, number)
