"""What a caller does on one call, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from softswitch.events import EndedBy
from softswitch.gateway.caller.voicing import Samples


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech to send: 16-bit PCM at the caller's clock rate.

    Without `barge_in_after` it waits for the other side to finish; with it, it starts so many seconds
    after the other side's first voiced sample, whether that is still speaking or not.
    """

    pcm: bytes
    text: str
    kind: Literal["say", "wav"] = "say"
    barge_in_after: float | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """DTMF, sent as RFC 4733 telephone-events of 100 ms, 60 ms apart."""

    text: str
    barge_in_after: float | None = None
    kind: Literal["dtmf"] = "dtmf"


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence of the caller, counted from the end of what he did before."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence until the other side, having finished, speaks again; of so many seconds at the most."""

    seconds: float


Step = Utterance | Keys | Pause | Silence


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise under the whole call's outgoing audio, repeated as long as it lasts."""

    samples: Samples
    snr_db: float


@dataclass(frozen=True, slots=True)
class CallScript:
    """One call: whom to call, what to do in which order, and how long to bear what."""

    uri: str
    steps: tuple[Step, ...] = ()
    noise: Noise | None = None
    setup_wait: float = 15.0  # INVITE to 200 OK
    answer_wait: float = 10.0  # end of an utterance to the answer's first sound
    quiet: float = 0.6  # so long a silence is the end of what the other side says
    longest_answer: float = 60.0  # then the caller speaks although the other side has not ended
    longest_call: float = 180.0
    follow: bool = True
    """Whether a transfer (REFER) is followed; otherwise it is declined, and the call ends with it."""
    stay: bool = False
    """Whether the call goes on after a transfer that was declined: a node connects the two itself then."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance and its answer. Times in seconds of the call's audio; None where it did not happen.

    `response_ms`: last voiced sample sent to first voiced sample heard. `barge_in_ms`: first voiced
    sample sent to the last voiced one heard of the prompt that was interrupted.
    """

    kind: Literal["say", "wav", "dtmf"]
    text: str
    sent_at_s: float
    speech_end_s: float
    response_ms: float | None
    heard_s: float
    barge_in_ms: float | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The call was answered: what is known by then."""

    setup_ms: float
    codec: str


@dataclass(frozen=True, slots=True)
class Greeted:
    greeting_ms: float


@dataclass(frozen=True, slots=True)
class Sending:
    """An utterance begins; its Turn follows when it was answered or given up."""

    kind: str
    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Transferred:
    """The other side sent a REFER and the caller follows it."""

    uri: str


Progress = Answered | Greeted | Sending | Turn | Transferred
Observer = Callable[[Progress], None]


@dataclass(slots=True)
class CallReport:
    """What came of one call. `sent` and `received` are PCM, sample for sample at the same time."""

    uri: str
    status: Literal["failed", "refused", "no answer", "answered"] = "failed"
    sip_code: int = 0
    setup_ms: float | None = None
    greeting_ms: float | None = None
    codec: str = ""
    ended_by: EndedBy = EndedBy.FAILURE
    transferred_to: str = ""
    call_id: str = ""  # the Call-ID header's
    turns: list[Turn] = field(default_factory=list)
    problem: str = ""
    sent: bytes = b""
    received: bytes = b""

    @property
    def ok(self) -> bool:
        return not self.problem
