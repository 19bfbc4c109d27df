"""All that crosses rooms, as frozen dataclasses: calls, what callers do, what sessions do, what is recorded.

Times of day are Unix seconds (float); durations are seconds unless the name says `_ms`. Audio is 16-bit
signed little-endian mono PCM. Causes are Q.850 numbers; terms are those of RFC 3261, 4733 and 6787.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal

from softswitch.thinking import Think, Unanswered, Wanted
from softswitch.waiting import (
    Enqueue,
    LeaveQueue,
    PersonLeft,
    QueueOver,
    QueueTold,
)


class Cause(IntEnum):
    """Q.850 causes that this product gives or meets."""

    UNALLOCATED_NUMBER = 1
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_ANSWER = 19
    CALL_REJECTED = 21
    DESTINATION_OUT_OF_ORDER = 27
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT = 34
    NETWORK_OUT_OF_ORDER = 38
    TEMPORARY_FAILURE = 41
    INCOMPATIBLE_DESTINATION = 88
    RECOVERY_ON_TIMER_EXPIRY = 102
    INTERWORKING = 127


class EndedBy(StrEnum):
    CALLER = "caller"
    NODE = "node"
    TRANSFER = "transfer"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CallInfo:
    """One call as it arrived. `call_id` is ours (32 hex digits) and never changes, whatever restarts."""

    call_id: str
    sip_call_id: str
    from_uri: str
    to_uri: str
    source: str  # where the INVITE came from: "ip:port"
    started_at: float
    trunk: str = ""  # the name of the trunk that it came by, or goes by
    direction: Literal["in", "out"] = "in"
    signalled: "Signalled | None" = None


@dataclass(frozen=True, slots=True)
class Signalled:
    """What an INVITE says about its caller beyond From; "" where it says nothing, or is not believed."""

    asserted: str = ""  # URI of P-Asserted-Identity (RFC 3325)
    private: bool = False  # Privacy: id, user or header (RFC 3323)
    diverted_from: str = ""  # URI of the first Diversion (RFC 5806), or of History-Info (RFC 7044)
    identity: tuple[str, ...] = ()  # Identity header fields (RFC 8224), 4 and 8 KB each at most
    user_agent: str = ""


# --- what the far end does to a session ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallConfirmed:
    """The dialog is confirmed (ACK received). Without `telephone_event` keys are heard, or come by INFO."""

    codec: str
    telephone_event: bool = True


@dataclass(frozen=True, slots=True)
class DtmfReceived:
    digit: str  # one of 0-9 * # A-D


@dataclass(frozen=True, slots=True)
class HoldChanged:
    held: bool


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """A NOTIFY of our REFER (RFC 3515): the status of the call that the far end makes."""

    status: int
    final: bool


@dataclass(frozen=True, slots=True)
class MediaQuality:
    """RTCP's view of a call (RFC 3550): packets, loss and jitter as received here."""

    packets_received: int = 0
    packets_lost: int = 0
    packets_sent: int = 0
    jitter_ms: float = 0.0
    underruns: int = 0
    round_trip_ms: float = 0.0
    mos: float = 0.0  # estimated by the E-model (ITU-T G.107), 1 to 4.5; 0 when there was no audio


@dataclass(frozen=True, slots=True)
class CallEnded:
    cause: int
    sip_status: int
    ended_by: EndedBy
    quality: MediaQuality = field(default_factory=MediaQuality)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A provisional answer to our INVITE: 180 rings, 183 with `early_media` is heard already."""

    status: int
    early_media: bool = False


@dataclass(frozen=True, slots=True)
class BridgeChanged:
    """This far end hears that of the call `other` from here on, and is heard by it; "" nobody any more."""

    other: str


LegEvent = (
    CallConfirmed | CallProgress | DtmfReceived | HoldChanged | TransferProgress | BridgeChanged | CallEnded
)


# --- what the recogniser says --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hypothesis:
    text: str
    confidence: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class Recognition:
    """A final result. `alternatives` holds the n-best beyond the first, best first."""

    text: str
    confidence: float
    alternatives: tuple[Hypothesis, ...] = ()


# --- into the interpreter --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """Speech. `barged_in`: it stopped a prompt. `answer_heard`: what the caller heard of the last answer."""

    text: str
    confidence: float
    alternatives: tuple[Hypothesis, ...] = ()
    barged_in: bool = False
    answer_heard: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """DTMF: one key, or the digits of a `collect`, terminator removed."""

    digits: str
    answer_heard: str = ""


@dataclass(frozen=True, slots=True)
class NoInput:
    """The caller said and pressed nothing within `no_input_timeout` after the prompt."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    status: int


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of what an Await waits for, by its `key`; `result` by name.

    Of a promise: it is done, it is noted and will be done, or it never can be. Of a look-up: something was
    found, nothing was, or it is not known in time.
    """

    key: str
    outcome: Literal["done", "noted", "refused", "found", "not_found", "late"]
    result: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unspoken:
    """Something of the latest answer could not be said: the voice fails, or takes too long."""


Input = (
    Heard
    | Pressed
    | NoInput
    | Unspoken
    | TransferFailed
    | Acted
    | Unanswered
    | Wanted
    | QueueTold
    | QueueOver
    | PersonLeft
)


# --- out of the interpreter ------------------------------------------------------------------------------


class BargeIn(StrEnum):
    """What stops a prompt. RFC 6787: kill-on-barge-in."""

    SPEECH = "speech"  # any speech
    WORDS = "words"  # words other than a backchannel
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Fragment:
    """Part of a sentence, and what it sounds like the beginning, the midst or the end of."""

    text: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak `text`. What is `static` was rendered when the dialplan was loaded.

    `rate` is the speed of speech, 1 as it is; `pause` seconds of silence before it (a speaker's breath when
    None); `audio` the path of a recording that says the text, "" where it is synthesised. `fragments`, where
    there are any, say the same one after the other, and may be kept apart.
    """

    text: str
    static: bool = True
    barge_in: BargeIn = BargeIn.SPEECH
    rate: float = 1.0
    pause: float | None = None
    audio: str = ""
    language: str = "en"
    fragments: tuple[Fragment, ...] = ()


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the caller. A `grammar` is a closed list of phrases, one that stands there twice being twice
    as likely; None means the whole vocabulary.

    `speech` False means keys alone. `filler` may be said when the answer takes longer than `filler_after`.
    """

    no_input_timeout: float = 6.0
    speech_complete_timeout: float = 0.2
    speech_incomplete_timeout: float = 0.7
    interdigit_timeout: float = 3.0
    grammar: tuple[str, ...] | None = None
    dtmf_length: int = 1  # this many keys end the input; a single key is a menu choice
    dtmf_terminator: str = "#"
    backchannel: frozenset[str] = frozenset()
    language: str = "en"
    speech: bool = True
    filler_after: float = 1.0
    filler: tuple[Say, ...] = ()
    sensitive: bool = False
    """Nothing is recorded from the first word of this question until the caller's answer is taken."""
    music: str | None = None
    """Plays while nothing else does: a WAV file, "" for the node's own, None for none."""
    waiting: bool = False
    """The caller waits for a person here: silence is no input, and he may be put through."""


@dataclass(frozen=True, slots=True)
class Do:
    """Promise an action of the dialplan's catalogue: written down with the turn's state, done by a worker.

    `key` makes it happen once: the same call, step and visit give the same key. Actions of one `order` are
    done in the order of their promises; "" means in any.
    """

    name: str
    arguments: tuple[tuple[str, str], ...]
    key: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class Await:
    """Hear nothing until Acted tells what came of it, `within` so many seconds at the most.

    With `look_up`, `name` is looked up now; else it is the action that a Do of the same `key` has promised,
    in this turn or before a crash. `filler` may be said after `filler_after` seconds without a word.
    """

    key: str
    name: str
    arguments: tuple[tuple[str, str], ...]
    within: float
    look_up: bool
    filler_after: float = 1.0
    filler: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What becomes of the call's recording once all that is said before has been heard.

    To `start` waits for that without fail: who speaks or keys meanwhile is heard out afterwards. To `pause`
    does not wait at all. While it pauses silence is recorded; while it is stopped, nothing.
    """

    what: Literal["start", "stop", "pause", "resume"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Blind transfer by REFER (RFC 3515) to a SIP URI, after everything said has been heard."""

    uri: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call, after everything said has been heard."""

    cause: Cause = Cause.NORMAL_CLEARING


Action = Say | Listen | Do | Await | Think | Record | Enqueue | LeaveQueue | Transfer | Hangup
