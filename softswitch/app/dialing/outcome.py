"""What becomes of a call that we make, and which failures another way could mend. Pure."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from softswitch.events import CallEnded, Cause, EndedBy


class Outcome(StrEnum):
    PERSON = "person"  # these three: answered, by whom
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"  # the number is none, or nobody's
    FAILED = "failed"  # the network, or no trunk that works
    HELD = "held"  # a cap has tripped: nothing was sent
    REFUSED = "refused"  # the guard forbids the number: nothing was sent

    @property
    def answered(self) -> bool:
        return self in (Outcome.PERSON, Outcome.VOICEMAIL, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Report:
    """`cause` is Q.850's; `status` SIP's, 0 where no answer came, or nothing was sent."""

    outcome: Outcome
    call_id: str
    number: str
    trunk: str = ""
    cause: int = Cause.NORMAL_CLEARING
    status: int = 0
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"cause": int(self.cause), "answered": self.outcome.answered}


_OF_STATUS = {
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    480: Outcome.NO_ANSWER,
    487: Outcome.NO_ANSWER,
    404: Outcome.UNREACHABLE,
    410: Outcome.UNREACHABLE,
    484: Outcome.UNREACHABLE,
    485: Outcome.UNREACHABLE,
    604: Outcome.UNREACHABLE,
    403: Outcome.REJECTED,
    433: Outcome.REJECTED,
    603: Outcome.REJECTED,
    607: Outcome.REJECTED,
    608: Outcome.REJECTED,
}
_OF_CAUSE = {
    Cause.UNALLOCATED_NUMBER: Outcome.UNREACHABLE,
    Cause.USER_BUSY: Outcome.BUSY,
    Cause.NO_ANSWER: Outcome.NO_ANSWER,
}
_OURS = frozenset({501, 505, 513, 555, 580})
"""5xx statuses that say what is wrong with the request itself: it would be so anywhere."""
_CREDENTIALS = frozenset({401, 407})
"""Still asked for after our answer: they are wrong for this trunk, and another has its own."""


def of(ended: CallEnded) -> Outcome:
    """What the end of a call that was not answered means (RFC 3261 section 21, RFC 3398 section 8.2.6.1).

    A Q.850 cause that says more than its status counts: networks state "busy" behind a 480 or a 503.
    """
    stated = _OF_CAUSE.get(Cause(ended.cause)) if ended.cause in set(Cause) else None
    return _OF_STATUS.get(ended.sip_status) or stated or Outcome.FAILED


def mendable(ended: CallEnded) -> bool:
    """Whether another target or trunk may do better: no answer in time, or a server that fails.

    Not where the callee has decided, and not where this node has: it drains, or was told to stop.
    """
    status = ended.sip_status
    if status == 408 or status in _CREDENTIALS:
        return True
    if ended.ended_by is EndedBy.NODE:
        return False
    return 500 <= status < 600 and status not in _OURS and of(ended) is Outcome.FAILED
