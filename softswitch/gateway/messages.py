"""What the gateway and control say to each other: a handful of messages per call; see wire for how they go.

Audio never goes this way (see rings), nor heartbeats, which are in shared memory.
"""

from dataclasses import dataclass
from typing import Literal

from softswitch.events import CallInfo, LegEvent
from softswitch.trunks.targets import Connection, Target

# --- gateway to control -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """A call has arrived, or (`established`) was up already when control connected.

    Control owns the slot from here until it has sent Released.
    """

    info: CallInfo
    slot: int
    established: bool = False
    codec: str = ""
    telephone_event: bool = True
    bridged_to: str = ""
    """The call whose far end this one hears now."""
    kept: str = ""
    """What control has last given the gateway to keep of it."""
    type: Literal["offered"] = "offered"


@dataclass(frozen=True, slots=True)
class Happened:
    call_id: str
    event: LegEvent
    type: Literal["happened"] = "happened"


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that got no session: over capacity, unknown source. `trunk` is "" for unknown ones."""

    status: int
    reason: str = ""
    trunk: str = ""
    type: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Ready:
    """Sent once per connection, after every established call was offered."""

    version: str
    type: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a registration: 200 with the seconds until it expires, or why not (0: timeout).

    `retry_after`: seconds that a refusal asks to be left alone for (RFC 3261 section 20.33).
    """

    trunk: str
    target: Target
    status: int
    reason: str = ""
    expires: float = 0.0
    retry_after: float = 0.0
    type: Literal["registered"] = "registered"


@dataclass(frozen=True, slots=True)
class Probed:
    """The answer to an OPTIONS of ours; status 0 when none came in time."""

    trunk: str
    target: Target
    status: int
    reason: str
    latency: float
    type: Literal["probed"] = "probed"


@dataclass(frozen=True, slots=True)
class Banned:
    """A source is met with silence from here on, for `seconds`."""

    address: str
    reason: str
    seconds: float
    type: Literal["banned"] = "banned"


@dataclass(frozen=True, slots=True)
class Referred:
    """By REFER the far end of a call has this E.164 `number` called in its place, its `count`th of them. With
    "" the call is over, and with it so many calls to numbers.
    """

    call_id: str
    count: int
    number: str = ""
    trunk: str = ""
    type: Literal["referred"] = "referred"


# --- control to gateway -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """Control is ready for calls. `line_path` is a raw PCM file: what callers hear while control is away."""

    line_path: str
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Answer:
    call_id: str
    type: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Keep:
    """What to keep of a call for the control process after this one, and what is done in the calls of its
    dialplan while there is none: after how many seconds it is transferred, and to whom ("": nobody), and
    after how many it is ended.
    """

    call_id: str
    state: str
    human: str
    transfer_after: float
    give_up_after: float
    type: Literal["keep"] = "keep"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call with a Q.850 cause; before it was answered, refuse it with the matching status."""

    call_id: str
    cause: int
    type: Literal["hangup"] = "hangup"


@dataclass(frozen=True, slots=True)
class Refer:
    """Blind transfer (RFC 3515)."""

    call_id: str
    uri: str
    type: Literal["refer"] = "refer"


@dataclass(frozen=True, slots=True)
class SendDtmf:
    """Keys to the far end, by the means that the call's trunk says."""

    call_id: str
    digits: str
    type: Literal["send_dtmf"] = "send_dtmf"


@dataclass(frozen=True, slots=True)
class Hold:
    call_id: str
    on: bool
    type: Literal["hold"] = "hold"


@dataclass(frozen=True, slots=True)
class Released:
    """Control will not touch the slot of this ended call any more."""

    call_id: str
    type: Literal["released"] = "released"


@dataclass(frozen=True, slots=True)
class Ring:
    """180, or 183 with early media: what control plays is heard before the answer. Without it 180 is sent
    to a caller who has waited for 200 ms.
    """

    call_id: str
    early_media: bool = False
    type: Literal["ring"] = "ring"


@dataclass(frozen=True, slots=True)
class Replace:
    """Attended transfer (RFC 3891): the far end of `call_id` is to take the place of ours in `other`."""

    call_id: str
    other: str
    type: Literal["replace"] = "replace"


@dataclass(frozen=True, slots=True)
class Music:
    """Play this raw PCM file (the node's clock rate) in a circle whenever nothing else plays; "" ends it."""

    call_id: str
    path: str
    type: Literal["music"] = "music"


@dataclass(frozen=True, slots=True)
class Bridge:
    """Have the far ends of two confirmed calls hear each other, until Unbridge or the end of one of them;
    BridgeChanged follows for both, or for `call_id` alone with "" where one of them is not up. What control
    plays to either is heard by that one alone. While one holds, the other hears his Music.

    `call_id` is the caller, `other` who was fetched for him. Keys of both are told; those of the caller are
    passed on as well, those of `other` are control's alone. Without control the two talk on; when the caller
    has gone then, `other` is hung up, and when `other` has, the caller hears the holding line.
    """

    call_id: str
    other: str
    type: Literal["bridge"] = "bridge"


@dataclass(frozen=True, slots=True)
class Unbridge:
    call_id: str
    type: Literal["unbridge"] = "unbridge"


@dataclass(frozen=True, slots=True)
class Trunks:
    """All trunks as they are to be from now on. What is the same stays untouched, with its calls."""

    connections: tuple[Connection, ...]
    type: Literal["trunks"] = "trunks"


@dataclass(frozen=True, slots=True)
class Probe:
    """Send OPTIONS there; Probed follows, at the latest after `timeout`."""

    trunk: str
    target: Target
    timeout: float
    type: Literal["probe"] = "probe"


@dataclass(frozen=True, slots=True)
class Originate:
    """Call `uri` by way of a trunk's target. Offered (direction out) follows, then what happens to the call;
    or CallEnded alone, when there is no slot for it or the node drains.

    `ring_for`: seconds until it is given up (cause NO_ANSWER). `answer_within`: seconds for any answer at
    all, even a provisional one, or the call ends with 408. `longest`: seconds from the answer after which it
    is ended whatever control does; 0: never.
    """

    call_id: str
    trunk: str
    target: Target
    uri: str
    from_uri: str
    ring_for: float = 60.0
    answer_within: float = 4.0
    longest: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    type: Literal["originate"] = "originate"


@dataclass(frozen=True, slots=True)
class Bans:
    """All bans that hold, by address, with the seconds that are left of each."""

    addresses: dict[str, float]
    type: Literal["bans"] = "bans"


ToControl = Offered | Happened | Refused | Ready | Registered | Probed | Banned | Referred
ToGateway = (
    Hello
    | Answer
    | Ring
    | Keep
    | Hangup
    | Refer
    | Replace
    | SendDtmf
    | Hold
    | Music
    | Bridge
    | Unbridge
    | Released
    | Trunks
    | Probe
    | Originate
    | Bans
)
Message = ToControl | ToGateway
