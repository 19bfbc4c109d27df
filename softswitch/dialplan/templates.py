"""Sentence templates: `[could you] (tell|give) me your hours`, with `{slots}`, shared `<rules>` and `...` for
any words between.

Parsed into a tree that is never written out in full: one template may stand for thousands of phrases.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from softswitch.dialplan.spoken import normalise

MAX_WORDS = 1000
"""Words and slots of one template with its rules put in; a rule of rules could double them without end."""
MAX_REMEMBERED = 16_384
"""Trees of templates that were read already."""
MAX_DEPTH = 50
"""Brackets in brackets, rules in rules: deeper is a mistake, and would end in Python's own limit."""

CLOSING = {"(": ")", "[": "]"}
GAP = "…"
"""Any words, or none, but no negation. Authors may write three dots."""
TOKEN = re.compile(r"\{[^{}]*\}|<[^<>]*>|[()\[\]|…]|[^()\[\]|{}<>…]+|[{}<>]")
SLOT = re.compile(r"\{[a-z][a-z0-9_]*\}")
RULE = re.compile(r"<[a-z][a-z0-9_]*>")


Branch = tuple["str | Choice", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Alternatives; each is a sequence of words, `{slots}` and further choices. An empty one may be left out.

    `words` counts the words and slots of all alternatives, `depth` the choices inside each other, `turns` how
    many phrases it takes to show each alternative at least once.
    """

    branches: tuple[Branch, ...]
    words: int
    depth: int
    turns: int


Rules = Mapping[str, Choice]


def parse(template: str, rules: Rules | None = None) -> Choice:
    """The tree of a sentence, rules put in. Raises ValueError that says what is wrong with the template."""
    choice = _parse(template, rules or {}) if "<" in template else _parse_alone(template)
    if _may_be_empty(choice):
        raise ValueError("may stand for no words at all; at least one word must not be optional")
    return choice


def parse_rules(rules: Mapping[str, str]) -> Rules:
    """The trees of shared rules, which may use each other in any order, but not in a circle.

    Raises ValueError that names the rule and what is wrong with it.
    """
    parsed: dict[str, Choice] = {}
    for name in rules:
        _parse_rule(name, rules, parsed, ())
    return parsed


def _parse_rule(
    name: str, rules: Mapping[str, str], parsed: dict[str, Choice], users: tuple[str, ...]
) -> None:
    if name in users:
        circle = " uses ".join(f"<{user}>" for user in (*users[users.index(name) :], name))
        raise ValueError(f"rules may not go in a circle: {circle}")
    if len(users) > MAX_DEPTH:
        raise ValueError(
            f"rule <{users[0]}> uses rules that use rules, more than {MAX_DEPTH} deep; flatten them"
        )
    if name in parsed:
        return
    for used in rules_of(rules[name]):
        if used in rules:
            _parse_rule(used, rules, parsed, (*users, name))
    try:
        parsed[name] = _parse(rules[name], parsed)
    except ValueError as error:
        raise ValueError(f"rule <{name}>: {error}") from None


def slots_of(template: str) -> tuple[str, ...]:
    """The names of the slots that the text itself has; those of its rules are in `names_in`."""
    return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", template)))


def rules_of(template: str) -> tuple[str, ...]:
    """The names of the rules that the text uses, in order, each once."""
    return tuple(dict.fromkeys(re.findall(r"<(\w+)>", template)))


def words_in(choice: Choice) -> Iterator[str]:
    """Every word, `{slot}` and gap of the tree, in order; the same one may come again."""
    for branch in choice.branches:
        for part in branch:
            if isinstance(part, Choice):
                yield from words_in(part)
            else:
                yield part


def names_in(choice: Choice) -> tuple[str, ...]:
    """The names of the slots, rules included, in order, each once."""
    return tuple(dict.fromkeys(word[1:-1] for word in words_in(choice) if word[0] == "{"))


@lru_cache(MAX_REMEMBERED)
def _parse_alone(template: str) -> Choice:
    """Of a sentence without rules, which is read when a plan is checked, built and reloaded."""
    return _parse(template, {})


def _parse(template: str, rules: Rules) -> Choice:
    tokens = _tokens(template)
    choice, end = _alternatives(tokens, 0, "", rules, 0)
    if end < len(tokens):
        raise ValueError(f"'{tokens[end]}' has no opening bracket")
    return choice


def _tokens(template: str) -> list[str]:
    tokens: list[str] = []
    for token in TOKEN.findall(template.replace("...", GAP)):
        if token[0] == "{" and not SLOT.fullmatch(token):
            raise ValueError(f"'{token}' is not a slot; expected for instance {{order_number}}")
        if token[0] == "<" and not RULE.fullmatch(token):
            raise ValueError(f"'{token}' is not a rule; expected for instance <polite>")
        if token in "}>":
            raise ValueError(f"'{token}' has no opening bracket")
        tokens += [token] if token[0] in "{<()[]|…" else normalise(token).split()
    return tokens


def _alternatives(tokens: list[str], at: int, opened: str, rules: Rules, depth: int) -> tuple[Choice, int]:
    """Read up to the bracket that closes `opened` (or the end); the position of that bracket."""
    if depth > MAX_DEPTH:
        raise ValueError(f"has brackets in brackets, more than {MAX_DEPTH} deep; split it")
    branches: list[Branch] = []
    branch: list[str | Choice] = []
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        if token == "|":
            branches.append(tuple(branch))
            branch = []
        elif token in CLOSING:
            inner, end = _alternatives(tokens, at + 1, token, rules, depth + 1)
            if end >= len(tokens) or tokens[end] != CLOSING[token]:
                raise ValueError(f"'{token}' is not closed by '{CLOSING[token]}'")
            branch.append(inner)
            at = end
        else:
            branch.append(_rule(token, rules) if token[0] == "<" else token)
        at += 1
    branches.append(tuple(branch))
    if opened and not all(branches):
        raise ValueError(f"'{opened}{CLOSING[opened]}' has an empty alternative; make it optional with [ ]")
    return _choice(((), *branches) if opened == "[" else tuple(branches)), at


def _rule(token: str, rules: Rules) -> Choice:
    if token[1:-1] not in rules:
        known = ", ".join(f"<{name}>" for name in rules)
        raise ValueError(
            f"there is no rule {token}; " + (f"known are {known}" if known else "none is declared")
        )
    return rules[token[1:-1]]


def _choice(branches: tuple[Branch, ...]) -> Choice:
    inner = [part for branch in branches for part in branch if isinstance(part, Choice)]
    words = sum(map(len, branches)) - len(inner) + sum(part.words for part in inner)
    depth = 1 + max((part.depth for part in inner), default=0)
    if words > MAX_WORDS or depth > MAX_DEPTH:
        raise ValueError(
            f"has {words} words with its rules, {depth} brackets deep; at most {MAX_WORDS} and {MAX_DEPTH} "
            "are allowed; split it"
        )
    return Choice(branches, words, depth, sum(map(turns_of, branches)))


def _may_be_empty(choice: Choice) -> bool:
    return any(
        all(_may_be_empty(part) if isinstance(part, Choice) else part == GAP for part in branch)
        for branch in choice.branches
    )


def turns_of(branch: Branch) -> int:
    """How many phrases it takes to show each alternative of one branch."""
    return max((part.turns for part in branch if isinstance(part, Choice)), default=1)
