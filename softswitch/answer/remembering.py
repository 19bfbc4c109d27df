"""Which remembered answer may be given to a question, and to whom. Pure.

An answer that the model said depends on nothing, or on the plan's own data, is shared between callers; one
that depends on the caller is given to that caller only; one that depends on the call is never kept. Context
fields that an answer depends on must hold the same values again, and nothing else may be known that was not
known when it was given: with it the answer might be another one. What a model says of that is not believed:
"Yes, it has left" names no order, and holds for one alone. So an answer depends on all that was known of its
caller, and on every other field whose value it says.

That a model knows no answer is remembered too, as an empty one: it knows none to the same question either,
and people find there what they may answer themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from softswitch.answer.replying import Reply, Scope
from softswitch.dialplan.spoken import normalise

State = Literal["new", "approved", "forgotten"]
UNKNOWN_S = 7 * 86_400.0
"""What nobody knew is asked anew after so long at the latest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked. `version` is that of plan and knowledge together; `caller` is E.164, "" for
    one without a number; `intent` is what it was taken for, "" for nothing; `context` what was known, and
    `private` the names of all in it that is about this caller or call. `own`: it asks about what is the
    caller's, after he has said something.
    """

    plan: str
    version: str
    language: str
    key: str
    text: str = ""
    intent: str = ""
    caller: str = ""
    context: Mapping[str, str] | None = None
    private: frozenset[str] = frozenset()
    own: bool = False

    def values(self, names: tuple[str, ...]) -> dict[str, str]:
        known = self.context or {}
        return {name: known.get(name, "") for name in sorted(names)}


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that was given before, "" where there was none. Times are Unix seconds; `caller` only where
    `scope` is caller.
    """

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


def bound(reply: Reply, asked: Asked) -> Reply:
    """The reply with every field that it may depend on, whether or not the model told so. One that does not
    know is empty.
    """
    if not reply.knows:
        reply = replace(reply, text="", scope="plan", fields=())
    said = f" {normalise(reply.text)} "
    spoken = (name for name, value in (asked.context or {}).items() if f" {normalise(value)} " in said)
    return replace(reply, fields=tuple(sorted({*reply.fields, *spoken, *asked.private})))


def may_keep(reply: Reply, asked: Asked, sensitive: frozenset[str]) -> bool:
    """Whether an answer may be remembered at all.

    Not when it was cut; not what depends on this call, or on a field that nobody knows or that is secret; not
    what is about a caller without a number, who cannot be told from others; not for all what answers a
    question about something of the caller's own that he may have told about before.
    """
    if not reply.whole or not asked.key or reply.scope == "call" or reply.knows == (not reply.text):
        return False
    if reply.scope == "caller" and not asked.caller:
        return False
    if asked.own and reply.scope != "caller":
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
