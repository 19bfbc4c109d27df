"""An expression cut into tokens, each with its place."""

import re
from dataclasses import dataclass

MAX_LENGTH = 500
"""Characters; a longer condition is better split into steps."""

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "yes", "no"})
"""Words that no variable can have as its name."""

# A date and a time come before numbers, and `<=` before `<`.
TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![\w.:]))
    | (?P<time>[0-9]{1,2}:[0-9]{2}(?![\w.:]))
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.:]))
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|!=|==|=(?!=)|<(?![>=])|>|[-+*/(),])
    """,
    re.VERBOSE,
)
# What people bring along from other languages.
FOREIGN = {
    "&&": "write 'and'",
    "&": "write 'and'",
    "||": "write 'or'",
    "|": "write 'or'",
    "<>": "write '!=' for 'is not equal to'",
    "!": "write 'not'",
    "{": "a variable stands without braces here",
    "}": "a variable stands without braces here",
    "‘": "text stands in straight quotes, 'like this'",
    "’": "text stands in straight quotes, 'like this'",
    "“": 'text stands in straight quotes, "like this"',
    "”": 'text stands in straight quotes, "like this"',
    "'": "the closing quote is missing",
    '"': "the closing quote is missing",
}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    """date, time, number, text, word, sign or end."""
    text: str
    at: int
    """Its first character, counted from 1."""

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"'{self.text}'"


def wrong(at: int, message: str) -> ValueError:
    return ValueError(f"at character {at}: {message}")


def tokens(text: str) -> list[Token]:
    """All tokens, `end` as the last. Raises ValueError at the first character that begins none."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"expected at most {MAX_LENGTH} characters, got {len(text)}")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _no_token(text, at)
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, match[0], at + 1))
        at = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _no_token(text: str, at: int) -> ValueError:
    for length in (2, 1):
        if hint := FOREIGN.get(text[at : at + length]):
            return wrong(at + 1, f"{text[at : at + length]!r} is unknown: {hint}")
    if begun := re.match(r"[0-9.][\w.:]*", text[at:]):
        expected = (
            "a number such as 5 or 2.5, a time such as 9:30, a date such as 2026-12-24, or text in quotes"
        )
        return wrong(at + 1, f"expected {expected}, got '{begun[0]}'")
    return wrong(at + 1, f"unknown character {text[at]!r}")
