"""Sentence templates: `[could you] (tell|give) me your hours`, with slots such as `{order}`."""

import re
from dataclasses import dataclass
from itertools import product

from softswitch.dialplan.spoken import normalise

MAX_PHRASES = 1000
"""One sentence that stands for more is a mistake; it would only fill the memory."""

CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives; each is a sequence of words, `{slots}` and further choices."""

    branches: tuple[tuple["str | Choice", ...], ...]


def expand(template: str) -> tuple[str, ...]:
    """Every phrase that the template stands for, normalised, slots kept as `{name}`.

    Raises ValueError that says what is wrong with the template.
    """
    tokens = _tokens(template)
    choice, end = _alternatives(tokens, 0, "")
    if end < len(tokens):
        raise ValueError(f"'{tokens[end]}' has no opening bracket")
    if (count := _count(choice)) > MAX_PHRASES:
        raise ValueError(f"stands for {count} phrases, at most {MAX_PHRASES} are allowed; split it")
    phrases = tuple(dict.fromkeys(" ".join(" ".join(words).split()) for words in _phrases(choice)))
    if "" in phrases:
        raise ValueError("may stand for no words at all; at least one word must not be optional")
    return phrases


def slots_of(template: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", template)))


def _tokens(template: str) -> list[str]:
    tokens: list[str] = []
    for token in re.findall(r"\{[^{}]*\}|[()\[\]|]|[^()\[\]|{}]+|[{}]", template):
        if token[0] == "{" and not re.fullmatch(r"\{[a-z][a-z0-9_]*\}", token):
            raise ValueError(f"'{token}' is not a slot; expected for instance {{order_number}}")
        if token == "}":
            raise ValueError("'}' has no opening bracket")
        tokens += [token] if token[0] in "{()[]|" else normalise(token).split()
    return tokens


def _alternatives(tokens: list[str], at: int, opened: str) -> tuple[Choice, int]:
    """Read up to the bracket that closes `opened` (or the end); the position of that bracket."""
    branches: list[tuple[str | Choice, ...]] = []
    branch: list[str | Choice] = []
    while at < len(tokens) and tokens[at] not in ")]":
        if tokens[at] == "|":
            branches.append(tuple(branch))
            branch = []
        elif tokens[at] in CLOSING:
            inner, end = _alternatives(tokens, at + 1, tokens[at])
            if end >= len(tokens) or tokens[end] != CLOSING[tokens[at]]:
                raise ValueError(f"'{tokens[at]}' is not closed by '{CLOSING[tokens[at]]}'")
            branch.append(inner)
            at = end
        else:
            branch.append(tokens[at])
        at += 1
    branches.append(tuple(branch))
    if opened and not all(branches):
        raise ValueError(f"'{opened}{CLOSING[opened]}' has an empty alternative; make it optional with [ ]")
    return Choice(((), *branches) if opened == "[" else tuple(branches)), at


def _count(choice: Choice) -> int:
    total = 0
    for branch in choice.branches:
        ways = 1
        for part in branch:
            ways *= _count(part) if isinstance(part, Choice) else 1
        total += ways
    return total


def _phrases(choice: Choice) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for branch in choice.branches:
        ways = [_phrases(part) if isinstance(part, Choice) else [(part,)] for part in branch]
        found += [sum(way, ()) for way in product(*ways)]
    return found
