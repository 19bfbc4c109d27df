"""Prompt texts: fixed sentences apart from those with variables, so that they can be rendered at load."""

import re
from collections.abc import Callable, Iterable

from softswitch.events import BargeIn, Say

VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def check(text: str) -> str:
    """The text itself. Raises ValueError when it is blank or a bracket is not a variable's."""
    if not text.strip():
        raise ValueError("expected a text to say")
    if re.search(r"[{}]", VARIABLE.sub("", text)):
        raise ValueError("'{' and '}' are for variables only, for instance {order_number}")
    return text


def variables(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(name for text in texts for name in VARIABLE.findall(text))


def pieces(text: str) -> list[str]:
    """The text cut between sentences, fixed neighbours left together: each piece is wholly fixed or not."""
    joined: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+", " ".join(text.split())):
        if joined and not variables([sentence, joined[-1]]):
            joined[-1] += f" {sentence}"
        else:
            joined.append(sentence)
    return joined


def static(texts: Iterable[str]) -> list[str]:
    return [piece for text in texts for piece in pieces(text) if not variables([piece])]


def render(texts: Iterable[str], value: Callable[[str], str], barge_in: BargeIn) -> list[Say]:
    """What to say. `value` gives a variable's spoken form."""
    says = []
    for piece in (piece for text in texts for piece in pieces(text)):
        fixed = not variables([piece])
        says.append(Say(VARIABLE.sub(lambda match: value(match[1]), piece), fixed, barge_in))
    return says
