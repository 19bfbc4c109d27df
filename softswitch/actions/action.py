"""An action as a worker gets it, what may come of an attempt, and the key that makes it one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Action:
    """Something promised. `attempts` counts the present one; `promised_at` is Unix seconds.

    `idempotency_key` is the same at every attempt: the other side is given it, so that an attempt whose
    answer was lost and the next one are one effect.
    """

    id: int
    name: str
    arguments: Mapping[str, str]
    idempotency_key: str
    promised_at: float
    attempts: int = 1
    call_id: str = ""
    plan: str = ""
    order_key: str = ""
    run_at: float = 0.0
    """Not to be done before (Unix seconds); 0 for at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """It is done; `result` is what came back, which must fit in JSON."""

    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Later:
    """It is not done, or nobody knows: to be tried again, after `after_s` at least."""

    error: str
    after_s: float = 0.0
    counts: bool = True
    """Whether it was an attempt; where it was none, the next one is `after_s` away and none is lost."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It can never be done: another attempt would fail in the same way. `result` is as in Done."""

    error: str
    result: Mapping[str, Any] = field(default_factory=dict)


Result = Done | Later | Refused


def idempotency_key(call_id: str, key: str) -> str:
    """32 hex digits, the same for the same promise whatever restarts; `call_id` is "" without a call."""
    return hashlib.sha256(f"{call_id}\n{key}".encode("utf-8", "replace")).hexdigest()[:32]
