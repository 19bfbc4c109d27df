"""What sessions, trunks, actions and queues tell the world, once: recorded, published and counted.

Frozen dataclasses; times of day are Unix seconds.
"""

from dataclasses import dataclass, field

from softswitch.events import CallEnded, CallInfo, Do, Hypothesis
from softswitch.waiting import AgentChanged, CallerMoved, CallerOffered, Enqueue, LeaveQueue


@dataclass(frozen=True, slots=True)
class CallStarted:
    info: CallInfo
    plan: str
    plan_version: str
    at: float
    route: str = ""  # the plan's route that let it in
    attestation: str = ""  # A, B, C, none, or "failed: why" (RFC 8588); "" where nobody looked


@dataclass(frozen=True, slots=True)
class CallAnswered:
    call_id: str
    codec: str
    at: float
    answered_by: str = ""  # of calls that we made: person, voicemail or unknown


@dataclass(frozen=True, slots=True)
class StateSaved:
    """The interpreter's state after a turn: enough to go on from after a crash (JSON text).

    `promised` are the actions of that turn; they are kept with the state, or not at all. `remembered` are
    values to keep of `caller` (a number) beyond the call, by variable.
    """

    call_id: str
    step: str
    state: str
    at: float
    promised: tuple[Do, ...] = ()
    remembered: tuple[tuple[str, str], ...] = ()
    caller: str = ""
    waits: Enqueue | None = None
    """With this turn the caller began to wait for a person."""
    leaves: LeaveQueue | None = None
    """With this turn he chose to wait no longer; after `waits`, where both are given."""


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """One turn: what the caller did and what was answered. Prompts before any input have `via` "start", or
    "ladder" where the call begins elsewhere because of what is down, which is `heard` then.
    """

    call_id: str
    number: int  # from 1
    step: str  # where the caller was
    via: str  # start | speech | dtmf | silence | transfer | queue | person | action | thought | resume, or
    # unspoken: the voice failed
    heard: str
    confidence: float
    intent: str  # "" when none matched
    said: str  # the answer's text
    said_s: float  # the answer's length
    said_heard_s: float  # how much of it the caller really heard
    said_heard: str  # that part as text, cut at a word
    at: float  # when the input was complete
    stages_ms: dict[str, float] = field(default_factory=dict)  # endpoint, recognize, interpret, answer, total
    path: tuple[str, ...] = ()  # the steps that the answer went through, the one it ended in last
    language: str = ""
    rung: str = ""  # how the answer came about, see thinking.Rung
    alternatives: tuple[Hypothesis, ...] = ()  # what the ear may have heard instead, best first


@dataclass(frozen=True, slots=True)
class CallFinished:
    call_id: str
    ended: CallEnded
    step: str
    at: float


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """A call's recording: begun, or ended. `note` says why it is not whole, "" while it is."""

    call_id: str
    file: str  # below the folder of recordings, such as 2026/11/22/1f0c….wav
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class DiallingHeld:
    """A cap tripped at this call, which was not made: `scope` is held until a person releases it."""

    call_id: str
    number: str
    scope: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class DiallingStopped:
    """A hold stands that did not before, whoever's cap tripped: nothing is dialled, or not the number that
    `scope` is, until a person releases it.
    """

    scope: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class TrunkChanged:
    """A trunk's state is another one: up, degraded, down, unknown or disabled; `reason` why it is not up."""

    trunk: str
    state: str
    before: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """An action is done, or dead; `call_id` is "" for one without a call."""

    action_id: int
    name: str
    plan: str
    call_id: str
    state: str  # done | dead
    attempts: int
    error: str
    at: float


Announced = DiallingStopped | TrunkChanged | ActionEnded | AgentChanged | CallerMoved | CallerOffered
"""What a node tells others beside what its sessions do."""

SessionEvent = (
    CallStarted | CallAnswered | StateSaved | TurnFinished | CallFinished | RecordingChanged | DiallingHeld
)
