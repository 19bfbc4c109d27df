"""Q.850 causes and SIP statuses, each way (RFC 3398 sections 7.2.4.1 and 8.2.6.1), and the Reason header."""

import re

from softswitch.events import Cause

_CAUSE_OF_STATUS: dict[int, int] = {
    400: Cause.TEMPORARY_FAILURE,
    401: Cause.CALL_REJECTED,
    402: Cause.CALL_REJECTED,
    403: Cause.CALL_REJECTED,
    404: Cause.UNALLOCATED_NUMBER,
    407: Cause.CALL_REJECTED,
    408: Cause.RECOVERY_ON_TIMER_EXPIRY,
    480: Cause.NO_ANSWER,
    486: Cause.USER_BUSY,
    487: Cause.NORMAL_CLEARING,
    488: Cause.INCOMPATIBLE_DESTINATION,
    503: Cause.TEMPORARY_FAILURE,
    600: Cause.USER_BUSY,
    603: Cause.CALL_REJECTED,
}
_KNOWN = {int(cause) for cause in Cause}
_STATUS_OF_CAUSE: dict[int, int] = {
    Cause.UNALLOCATED_NUMBER: 404,
    Cause.USER_BUSY: 486,
    Cause.NO_ANSWER: 480,
    Cause.CALL_REJECTED: 403,
    Cause.DESTINATION_OUT_OF_ORDER: 502,
    Cause.NO_CIRCUIT: 503,
    Cause.NETWORK_OUT_OF_ORDER: 503,
    Cause.TEMPORARY_FAILURE: 503,
    Cause.INCOMPATIBLE_DESTINATION: 488,
}


def cause_of(status: int) -> int:
    """The Q.850 cause for a final SIP status."""
    if status < 300:
        return Cause.NORMAL_CLEARING
    return _CAUSE_OF_STATUS.get(status, Cause.NORMAL_UNSPECIFIED if status < 500 else Cause.TEMPORARY_FAILURE)


def status_of(cause: int) -> int:
    """The final SIP status that refuses a call for this cause."""
    return _STATUS_OF_CAUSE.get(cause, 480)


def reason_header(cause: int) -> str:
    """RFC 3326."""
    text = Cause(cause).name.replace("_", " ").capitalize() if cause in _KNOWN else ""
    return f'Q.850;cause={cause};text="{text}"'


def stated_cause(message: str) -> int | None:
    """The Q.850 cause that a SIP message's Reason header states, if any."""
    found = re.search(r"^Reason\s*:.*?Q\.850\s*;\s*cause\s*=\s*(\d{1,3})\b", message, re.M | re.I)
    return int(found[1]) if found else None
