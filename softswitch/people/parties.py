"""The two sides as choosing sees them: agents, and callers who wait. Times of day are Unix seconds."""

import re
from dataclasses import dataclass
from typing import get_args

from softswitch.errors import SoftswitchError
from softswitch.waiting import AgentChanged, AgentState

AGENT_STATES: tuple[AgentState, ...] = get_args(AgentState)
BY_HAND: tuple[AgentState, ...] = ("available", "busy", "wrap_up", "away")
"""States that a person may set."""
KEYS = frozenset("0123456789*#")
MOST_SKILLS = 50


@dataclass(frozen=True, slots=True)
class Agent:
    """`ring_time`, `wrap_up` and `accept_key` are None where the queue's count. `until`: when `wrap_up`, or a
    pause, ends by itself; None where a person ends it. `call_id` is the caller whom he is rung for or speaks
    with, `leg` the call to himself, `holder` the process that has both.
    """

    name: str
    address: str
    skills: frozenset[str] = frozenset()
    state: AgentState = "available"
    state_at: float = 0.0
    reason: str = ""
    until: float | None = None
    last_free_at: float = 0.0
    ring_time: float | None = None
    wrap_up: float | None = None
    accept_key: str | None = None
    next_state: str = ""
    node: str = ""
    holder: str = ""
    call_id: str = ""
    leg: str = ""

    @property
    def logged_in(self) -> bool:
        """Whether he is at work, though perhaps not free just now."""
        return self.state != "away" or self.until is not None

    @property
    def free(self) -> bool:
        return self.state == "available"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who waits for a person, or is spoken with. `id` grows with each who comes; `due_at` is the earliest
    time for a call back, None for who is on the line.
    """

    id: int
    call_id: str
    queue: str
    state: str = "waiting"
    priority: int = 0
    skills: frozenset[str] = frozenset()
    since: float = 0.0
    reason: str = ""
    number: str = ""
    plan: str = ""
    node: str = ""
    holder: str = ""
    agent: str = ""
    tries: int = 0
    due_at: float | None = None
    back_since: float | None = None
    answered_at: float | None = None

    @property
    def place(self) -> tuple[int, float, int]:
        """Sorts callers: the highest priority first, then who waits longest."""
        return (-self.priority, self.since, self.id)


def changed(after: Agent, before: str) -> AgentChanged:
    """What is told of an agent whose state was another one before."""
    call_id = after.call_id if after.state in ("ringing", "busy") else ""
    return AgentChanged(after.name, after.state, before, after.reason, after.state_at, call_id)


def check_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
        raise SoftswitchError(f"'{name[:60]}' is no agent's name: 1 to 40 of A-Z, a-z, 0-9, '.', '_' and '-'")
    return name


def check_address(address: str) -> str:
    """A SIP address, or a number as E.164."""
    uri = re.fullmatch(r"sips?:[^@\s<>\"\r\n]+@[^@\s<>\"\r\n]+", address)
    if not uri and not re.fullmatch(r"\+[1-9]\d{2,14}", address):
        raise SoftswitchError(
            f"'{address[:80]}' cannot be called: give sip:ann@192.0.2.7, or a number such as +442079460000"
        )
    return address


def check_skills(skills: tuple[str, ...]) -> tuple[str, ...]:
    for skill in skills:
        if not re.fullmatch(r"[^\s,]{1,40}", skill):
            raise SoftswitchError(f"'{skill[:60]}' is no skill: one word of at most 40 letters")
    if len(skills) > MOST_SKILLS:
        raise SoftswitchError(f"{len(skills)} skills are too many: {MOST_SKILLS} at most")
    return tuple(dict.fromkeys(skills))


def check_key(key: str) -> str:
    if key and (len(key) != 1 or key not in KEYS):
        raise SoftswitchError(f"'{key[:20]}' is no key to accept with: one of 0-9, * and #, or none")
    return key
