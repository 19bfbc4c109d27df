"""Which remembered answer may be given to a question, and to whom. Pure.

An answer that the model said depends on nothing, or on the plan's own data, is shared between callers; one
that depends on the caller is given to that caller only; one that depends on the call is never kept. Context
fields that an answer depends on must hold the same values again, and nothing else may be known that was not
known when it was given: with it the answer might be another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from softswitch.answer.replying import Reply, Scope
from softswitch.dialplan.spoken import normalise

State = Literal["new", "approved", "forgotten"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked. `version` is that of plan and knowledge together; `caller` is E.164, "" for
    one without a number; `intent` is what it was taken for, "" for nothing; `context` what was known.
    """

    plan: str
    version: str
    language: str
    key: str
    text: str = ""
    intent: str = ""
    caller: str = ""
    context: Mapping[str, str] | None = None

    def values(self, names: tuple[str, ...]) -> dict[str, str]:
        known = self.context or {}
        return {name: known.get(name, "") for name in sorted(names)}


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that was given before. Times are Unix seconds; `caller` only where `scope` is caller."""

    id: int
    plan: str
    version: str
    language: str
    key: str
    answer: str
    scope: Scope
    fields: Mapping[str, str]
    known: frozenset[str]
    """Names of the fields that had a value."""
    caller: str
    state: State
    made_at: float
    expires_at: float
    intent: str = ""
    question: str = ""
    uses: int = 0


def with_spoken(reply: Reply, asked: Asked) -> Reply:
    """The reply with every field whose value it says, whether or not the model told that it depends on it:
    an answer that names an order holds for no other one.
    """
    said = f" {normalise(reply.text)} "
    spoken = (name for name, value in (asked.context or {}).items() if f" {normalise(value)} " in said)
    return replace(reply, fields=tuple(sorted({*reply.fields, *spoken})))


def may_keep(reply: Reply, asked: Asked, sensitive: frozenset[str]) -> bool:
    """Whether an answer may be remembered at all.

    Not when the model did not know, or was cut; not what depends on this call, or on a field that nobody
    knows or that is secret; not what is about a caller without a number, who cannot be told from others.
    """
    if not reply.whole or not reply.knows or not reply.text or not asked.key or reply.scope == "call":
        return False
    if reply.scope == "caller" and not asked.caller:
        return False
    known = asked.context or {}
    return all(name in known and name not in sensitive for name in reply.fields)


def suits(remembered: Remembered, asked: Asked, now: float, *, approved_only: bool) -> bool:
    """Whether it answers this question of this caller now."""
    if (remembered.plan, remembered.version) != (asked.plan, asked.version):
        return False
    if (remembered.language, remembered.key, remembered.intent) != (asked.language, asked.key, asked.intent):
        return False
    if remembered.state == "forgotten" or (approved_only and remembered.state != "approved"):
        return False
    if now >= remembered.expires_at or remembered.scope == "call":
        return False
    if remembered.scope == "caller" and (not asked.caller or remembered.caller != asked.caller):
        return False
    if not set(asked.context or ()) <= remembered.known:
        return False
    return asked.values(tuple(remembered.fields)) == dict(remembered.fields)
