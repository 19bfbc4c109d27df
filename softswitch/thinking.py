"""Answers that are thought up during a call: what crosses rooms about them, as frozen dataclasses."""

from dataclasses import dataclass
from typing import Literal

How = Literal["remembered", "shared", "thought"]
"""Given before; thought for another caller at this moment; thought for this one."""

Rung = Literal["static", "composed", "remembered", "shared", "thought", "unanswered"]
"""How an answer came about: the dialplan's own text, rendered before or made up with what is known of this
call; or one of How; or there was none.
"""


@dataclass(frozen=True, slots=True)
class Think:
    """Answer what the caller asked, by remembering or by thinking, and say that where this stands among the
    actions: what comes after it is said after it.

    Once it is clear that there is no answer, Unanswered follows as an input; else nothing does.
    """

    key: str
    question: str
    intent: str = ""
    slots: tuple[tuple[str, str], ...] = ()
    """What the intent was given with."""
    language: str = "en"
    rate: float = 1.0
    actions: tuple[str, ...] = ()
    """Of the plan, any of which the caller may want instead of an answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of the Think of this key: the caller wants this action of the plan, as far as is known with these
    arguments. Nothing is promised by that.
    """

    key: str
    action: str
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Of the Think of this key: nobody knows, or the answer failed, or broke off after some words."""

    key: str
    why: Literal["unknown", "failed", "broken"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn that was: what the caller said, and as much of the answer as he heard of it."""

    heard: str
    answered: str
    interrupted: bool = False
