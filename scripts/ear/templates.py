"""Sentences as rules: `[could you] (tell|give) me {thing}`, sampled at random and listed for their words.

A rule file has `name:` lines; each line below is one alternative of that rule, `3 * text` counts three times.
A word file is the rule of its name: each word in it is an alternative, `ice_cream` is said as two words.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OPTIONAL = 0.4  # how often an optional part is said
_CLOSING = {"(": ")", "[": "]"}
_TOKEN = re.compile(r"\{[a-z0-9_]+\}|[()\[\]|]|[a-z][a-z']*")


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands for one sentence of the rule named."""

    rule: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `branches`, or nothing where it is optional."""

    branches: tuple["Sequence", ...]
    optional: bool


Sequence = tuple["str | Slot | Choice", ...]


class Rules:
    """Named rules that refer to each other. Raises ValueError on a slot without a rule or a rule within
    itself.
    """

    def __init__(self, rules: Mapping[str, Iterable[Sequence]]) -> None:
        self._rules = {name: tuple(alternatives) for name, alternatives in rules.items()}
        self._check()

    def sample(self, rule: str, chance: random.Random) -> list[str]:
        """One sentence of the rule, as words."""
        return list(self._said(chance.choice(self._rules[rule]), chance))

    def words(self, rule: str) -> frozenset[str]:
        """Every word that the rule can say."""
        found: set[str] = set()
        for name in self._reached(rule):
            for alternative in self._rules[name]:
                found.update(item for item in _leaves(alternative) if isinstance(item, str))
        return frozenset(found)

    def __contains__(self, rule: str) -> bool:
        return rule in self._rules

    def _said(self, sequence: Sequence, chance: random.Random) -> Iterator[str]:
        for item in sequence:
            if isinstance(item, str):
                yield item
            elif isinstance(item, Slot):
                yield from self._said(chance.choice(self._rules[item.rule]), chance)
            elif not item.optional or chance.random() < OPTIONAL:
                yield from self._said(chance.choice(item.branches), chance)

    def _reached(self, rule: str) -> set[str]:
        reached: set[str] = set()
        waiting = [rule]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += self._slots(name)
        return reached

    def _slots(self, name: str) -> list[str]:
        leaves = (leaf for alternative in self._rules[name] for leaf in _leaves(alternative))
        return [leaf.rule for leaf in leaves if isinstance(leaf, Slot)]

    def _check(self) -> None:
        for name, alternatives in self._rules.items():
            if not alternatives:
                raise ValueError(f"the rule {name} is empty")
            for slot in self._slots(name):
                if slot not in self._rules:
                    raise ValueError(f"the rule {name} refers to {{{slot}}}, which is no rule")
        for name in self._rules:
            if any(name in self._reached(slot) for slot in self._slots(name)):
                raise ValueError(f"the rule {name} contains itself")


def parse(template: str) -> Sequence:
    """The template as a tree. Raises ValueError where brackets do not match or a character is unknown."""
    tokens = _TOKEN.findall(template)
    if "".join(tokens) != re.sub(r"\s+", "", template):
        raise ValueError(f"'{template}' has other characters than a-z ' [ ] ( ) | {{ }}")
    choice, end = _branches(tokens, 0, False)
    if end < len(tokens) or len(choice.branches) > 1:
        raise ValueError(f"'{template}' has a bracket or | out of place")
    return choice.branches[0]


def read_words(path: Path) -> list[Sequence]:
    """The alternatives of a word file, in its order, each once."""
    lines = path.read_text(encoding="utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    return [tuple(word.split("_")) for word in dict.fromkeys(words)]


def read_rules(path: Path) -> dict[str, list[Sequence]]:
    """The rules of a sentence file. Raises ValueError naming the line that cannot be read."""
    rules: dict[str, list[Sequence]] = {}
    name = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if heading := re.fullmatch(r"([a-z0-9_]+):", text):
            name = heading[1]
            rules[name] = []
            continue
        weight, _, rest = text.rpartition(" * ")
        try:
            rules[name] += [parse(rest)] * int(weight or 1)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
    return rules


def _branches(tokens: list[str], at: int, optional: bool) -> tuple[Choice, int]:
    """What stands up to the bracket that closes this choice (or the end), and that bracket's position."""
    branches: list[list[str | Slot | Choice]] = [[]]
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        if token == "|":
            branches.append([])
        elif token in _CLOSING:
            inner, at = _branches(tokens, at + 1, token == "[")
            if at >= len(tokens) or tokens[at] != _CLOSING[token]:
                raise ValueError(f"'{token}' is not closed")
            branches[-1].append(inner)
        else:
            branches[-1].append(Slot(token[1:-1]) if token[0] == "{" else token)
        at += 1
    return Choice(tuple(map(tuple, branches)), optional), at


def _leaves(sequence: Sequence) -> Iterator[str | Slot]:
    for item in sequence:
        if isinstance(item, Choice):
            for branch in item.branches:
                yield from _leaves(branch)
        else:
            yield item
