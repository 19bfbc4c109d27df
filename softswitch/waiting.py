"""Callers who want a person: what crosses rooms about them, as frozen dataclasses.

Times of day are Unix seconds, durations seconds. The names of queues are free; skills are words.
"""

from dataclasses import dataclass
from typing import Literal

# --- out of the interpreter -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enqueue:
    """The caller wants a person, and waits from here on; the plan's Listen after it is how.

    Higher `priority` is served first, then who waits longer. `since` is the place of one who waited before
    (Unix seconds), 0 for now. `reason` is what the person is told in short. Without an answer within
    `max_wait` seconds, QueueOver follows; 0: no bound. Where `most_waiting` wait already, it is full; 0:
    never.
    """

    queue: str
    priority: int = 0
    skills: tuple[str, ...] = ()
    reason: str = ""
    since: float = 0.0
    max_wait: float = 0.0
    most_waiting: int = 0


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """The caller waits no longer; with `call_back` he keeps his place, and is called when it is his turn."""

    how: Literal["call_back", "message", "changed_mind"] = "changed_mind"
    number: str = ""  # E.164, where he is called back


# --- into the interpreter ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QueueTold:
    """From time to time: who is before him is `position` - 1; `expected_wait` None where nothing is known."""

    position: int
    expected_wait: float | None = None


@dataclass(frozen=True, slots=True)
class QueueOver:
    """Nobody will come: the queue is closed, has nobody in it, is full, or he has waited for too long."""

    why: Literal["closed", "empty", "full", "waited"]


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """The talk with a person is over, and the caller is still there.

    `how`: the person hung up, gave him back to the plan by a key, or the line to the person broke.
    """

    agent: str
    how: Literal["hung_up", "given_back", "lost"]


# --- what is told of callers and agents, once -------------------------------------------------------------

AgentState = Literal["available", "ringing", "busy", "wrap_up", "away"]
CallerState = Literal[
    "waiting",
    "offered",
    "talking",
    "served",
    "abandoned",
    "call_back",
    "message",
    "changed_mind",
    "over",
    "lost",
]


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent has another state than before; `call_id` is the caller whom he is rung for, or speaks with."""

    agent: str
    state: AgentState
    before: str
    reason: str
    at: float
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class CallerMoved:
    """A caller's place in a queue is another one; `agent` is who he was offered to, or speaks with."""

    call_id: str
    queue: str
    state: CallerState
    at: float
    agent: str = ""
    waited: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallerOffered:
    """A screen-pop: an agent's phone is rung for this caller. `transcript` holds the turns so far, each with
    `via`, `heard` and `said`; `slots` what the dialplan has gathered, without what is sensitive; `link` is
    the address of the call's page, where the queue has one.
    """

    agent: str
    call_id: str
    queue: str
    reason: str
    number: str
    waited: float
    transcript: tuple[dict[str, str], ...]
    slots: dict[str, str]
    at: float
    link: str = ""
