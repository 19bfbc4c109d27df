"""From text to nodes, by recursive descent. Loosest first: or, and, not, comparison, + and -, * and /."""

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal

from softswitch.complaints import suggest
from softswitch.dialplan.expressions import rules
from softswitch.dialplan.expressions.lexer import KEYWORDS, Token, tokens, wrong
from softswitch.dialplan.expressions.nodes import COMPARISONS, IsSet, Literal, Logic, Node, Not, Variable
from softswitch.dialplan.expressions.values import DIGITS

GIVEN: Mapping[str, str] = {"today": "date", "now": "time"}
"""Variables that every call has, unless a plan declares its own of that name."""

MAX_DEPTH = 20
"""Operations one inside another."""

# What is nearly a word of the language, and no variable.
WORDS = {word: f"write '{word}', in small letters" for word in KEYWORDS} | {
    "true": "write yes",
    "false": "write no",
    "null": "write 'is not set'",
    "none": "write 'is not set'",
}


class Parser:
    """One expression. `types` holds the type of every declared variable."""

    def __init__(self, text: str, types: Mapping[str, str]) -> None:
        self._tokens = tokens(text)
        self._types = types
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._next.text in COMPARISONS or self._next.text in ("in", "is"):
            raise wrong(self._next.at, "compare two things at a time, and join comparisons with 'and'")
        if self._next.kind != "end":
            raise self._expected("an operator such as 'and', '=' or '+', or the end")
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _taken(self, *texts: str) -> Token | None:
        """The next token if it is one of these, and past it."""
        return self._take() if self._next.text in texts else None

    def _must(self, text: str) -> Token:
        if taken := self._taken(text):
            return taken
        raise self._expected(f"'{text}'")

    def _expected(self, what: str) -> ValueError:
        hint = WORDS.get(self._next.text.lower()) if self._next.text not in KEYWORDS else None
        return wrong(self._next.at, f"expected {what}, got {self._next}{f': {hint}' if hint else ''}")

    def _bounded(self, at: Token, node: Node) -> Node:
        if node.depth() > MAX_DEPTH:
            raise _too_deep(at)
        return node

    def _inside(self, at: Token, rule: Callable[[], Node]) -> Node:
        """A rule that the text may nest."""
        if self._depth == MAX_DEPTH:
            raise _too_deep(at)
        self._depth += 1
        node = rule()
        self._depth -= 1
        return node

    def _or(self) -> Node:
        return self._logic("or", self._and, decided_by=True)

    def _and(self) -> Node:
        return self._logic("and", self._not, decided_by=False)

    def _logic(self, word: str, rule: Callable[[], Node], *, decided_by: bool) -> Node:
        first = self._next
        parts = [rule()]
        while self._taken(word):
            rules.condition(first, parts[-1], f"what '{word}' joins")
            first = self._next
            parts.append(rules.condition(first, rule(), f"what '{word}' joins"))
        return self._bounded(first, Logic(tuple(parts), decided_by)) if len(parts) > 1 else parts[0]

    def _not(self) -> Node:
        if sign := self._taken("not"):
            inner = self._inside(sign, self._not)
            return self._bounded(sign, Not((rules.condition(sign, inner, "what follows 'not'"),)))
        return self._comparison()

    def _comparison(self) -> Node:
        left = self._sum()
        if sign := self._taken(*COMPARISONS):
            return self._bounded(sign, rules.comparison(sign, left, self._sum()))
        if sign := self._taken("is"):
            return self._is_set(sign, left)
        negated = self._taken("not")
        if negated and self._next.text != "in":
            raise self._expected("'in' after 'not'")
        if sign := self._taken("in"):
            items = self._items()
            return self._bounded(sign, rules.among(sign, left, items, wanted=negated is None))
        return left

    def _is_set(self, sign: Token, left: Node) -> Node:
        wanted = self._taken("not") is None
        if self._taken("set") is None:
            raise self._expected("'set' or 'not set' after 'is' (to compare, write '=')")
        if not isinstance(left, Variable):
            raise wrong(sign.at, "only a variable is set or not set")
        return IsSet(left, wanted)

    def _items(self) -> list[Node]:
        if self._next.text != "(":
            raise self._expected("a list in parentheses such as ('a', 'b')")
        self._take()
        items = [self._sum()]
        while self._taken(","):
            items.append(self._sum())
        if self._next.text != ")":
            raise self._expected("',' or ')'")
        self._take()
        return items

    def _sum(self) -> Node:
        return self._arithmetic(("+", "-"), lambda: self._arithmetic(("*", "/"), self._signed))

    def _arithmetic(self, signs: tuple[str, ...], rule: Callable[[], Node]) -> Node:
        left = rule()
        while sign := self._taken(*signs):
            left = self._bounded(sign, rules.arithmetic(sign, left, rule()))
        return left

    def _signed(self) -> Node:
        if sign := self._taken("-"):
            return self._bounded(sign, rules.negative(sign, self._inside(sign, self._signed)))
        return self._operand()

    def _operand(self) -> Node:
        token = self._take()
        if token.text == "(":
            node = self._inside(token, self._or)
            self._must(")")
            return node
        if token.text in ("yes", "no"):
            return Literal("yes_no", token.text == "yes", token.text)
        if token.kind == "word" and token.text not in KEYWORDS:
            return self._call(token) if self._next.text == "(" else self._variable(token)
        if token.kind in LITERALS:
            return LITERALS[token.kind](token)
        raise wrong(token.at, f"expected a value such as a variable, a number or 'text', got {token}")

    def _call(self, name: Token) -> Node:
        if name.text not in rules.FUNCTIONS:
            raise wrong(name.at, f"unknown function '{name.text}'{suggest(name.text, rules.FUNCTIONS)}")
        self._must("(")
        argument = self._inside(name, self._or)
        self._must(")")
        return self._bounded(name, rules.call(name, argument))

    def _variable(self, name: Token) -> Node:
        if name.text in self._types:
            return Variable(self._types[name.text], name.text, given=False)
        if name.text in GIVEN:
            return Variable(GIVEN[name.text], name.text, given=True)
        if hint := WORDS.get(name.text.lower()):
            raise wrong(name.at, f"'{name.text}' is unknown: {hint}")
        hint = suggest(name.text, {*self._types, *GIVEN})
        raise wrong(name.at, f"unknown variable '{name.text}'{hint} (text stands in quotes: '{name.text}')")


def _too_deep(at: Token) -> ValueError:
    return wrong(at.at, f"more than {MAX_DEPTH} operations one inside another; set a variable in between")


def _number(token: Token) -> Node:
    if len(token.text.replace(".", "")) > DIGITS:
        raise wrong(token.at, f"a number has at most {DIGITS} digits")
    return Literal("number", Decimal(token.text), token.text)


def _text(token: Token) -> Node:
    return Literal("text", token.text[1:-1], token.text)


def _date(token: Token) -> Node:
    try:
        year, month, day = map(int, token.text.split("-"))
        return Literal("date", date(year, month, day), token.text)
    except ValueError:
        raise wrong(token.at, f"no such date: {token.text}; expected year-month-day") from None


def _time(token: Token) -> Node:
    try:
        hour, minute = map(int, token.text.split(":"))
        return Literal("time", time(hour, minute), token.text)
    except ValueError:
        raise wrong(token.at, f"no such time: {token.text}; expected 0:00 to 23:59") from None


LITERALS: Mapping[str, Callable[[Token], Node]] = {
    "number": _number,
    "text": _text,
    "date": _date,
    "time": _time,
}
