"""SIP answers in words, and what to change: one table for all who explain a trunk to people. Pure.

What a status means depends on what was asked: a 404 to REGISTER is about the user name, one to INVITE about
the number, and one to OPTIONS about nothing.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

Request = Literal["REGISTER", "OPTIONS", "INVITE"]


@dataclass(frozen=True, slots=True)
class Words:
    """`meaning` completes "the far end says that ..."; `remedy` is a sentence, "" where all is well."""

    meaning: str
    remedy: str = ""


_SILENCE = Words(
    "nothing, in all the time it had",
    "check the host, the port and the transport; whether a firewall lets SIP out and answers in; and whether "
    "the far end answers this node's address at all",
)
_CREDENTIALS = "check username, auth_username and the password: softswitch trunk edit NAME --password-stdin"
_ADDRESS = "have the provider allow this node's public address, or check username and password"

_ANY: dict[int, Words] = {
    400: Words(
        "the request is malformed", "run softswitch with --set log.level=debug and report what was sent"
    ),
    403: Words("it is forbidden", _ADDRESS),
    405: Words("it does not know this kind of request"),
    406: Words("it has nothing acceptable to offer"),
    407: Words("it wants a password", _CREDENTIALS),
    408: Words("it did not get an answer behind it in time", "ask the provider; the next host may do better"),
    416: Words("it cannot handle this kind of address", "set `transport` to what the provider names"),
    420: Words("it does not know an extension that was required", "set session_timers and prack to optional"),
    421: Words("it requires an extension", "set prack or session_timers to required"),
    422: Words("the session would expire too soon", "set session_expires to a larger value"),
    423: Words("the registration would expire too soon", "set expires to a larger value"),
    429: Words("it wants to know who refers", ""),
    481: Words("it does not know this call"),
    482: Words(
        "the request came back to itself", "the host is this node itself, or routes back to it: check hosts"
    ),
    483: Words("the request went through too many hops", "the far end routes in a circle: ask the provider"),
    494: Words("it requires security that was not negotiated", "set transport to tls and srtp to mandatory"),
    500: Words("it failed inside", "ask the provider; the next host may do better"),
    501: Words("it does not know this kind of request"),
    502: Words("a gateway behind it gave no valid answer", "ask the provider; the next host may do better"),
    503: Words("it is out of service or overloaded", "wait, or give it fewer calls: limits.calls_per_second"),
    504: Words("a server behind it did not answer", "ask the provider; the next host may do better"),
    505: Words("it speaks another version of SIP", "check that the host and port are those of a SIP server"),
    606: Words(
        "it takes nothing of what was offered", "check codecs and srtp against what the provider wants"
    ),
}
_OF: dict[Request, dict[int, Words]] = {
    "REGISTER": {
        200: Words("the registration is accepted"),
        401: Words("user name or password are wrong", _CREDENTIALS),
        403: Words("this user may not register from here, or the password is wrong", _CREDENTIALS),
        404: Words("it knows no such user", "check username and domain"),
        405: Words("nobody registers here", "use kind ip, without a registration"),
        407: Words("user name or password are wrong", _CREDENTIALS),
        501: Words("nobody registers here", "use kind ip, without a registration"),
    },
    "OPTIONS": {
        200: Words("all is well"),
        401: Words("it wants a password for OPTIONS; it is there, which is all that was asked"),
        403: Words("OPTIONS are forbidden; it is there, which is all that was asked"),
        404: Words("it knows nobody of that name; it is there, which is all that was asked"),
        407: Words("it wants a password for OPTIONS; it is there, which is all that was asked"),
        480: Words("nobody is available; it is there, which is all that was asked"),
        483: Words("it forwards no OPTIONS; it is there, which is all that was asked"),
    },
    "INVITE": {
        180: Words("it rings"),
        183: Words("the call proceeds"),
        200: Words("the call is answered"),
        401: Words("user name or password are wrong", _CREDENTIALS),
        402: Words("it must be paid for first", "look at the account's balance"),
        403: Words(
            "this call is forbidden",
            "check that the number is allowed there, that caller_id.number is one of yours, and that the "
            "provider knows this node's address",
        ),
        404: Words("the number does not exist there", "check numbers.send and numbers.rewrite_out"),
        407: Words("user name or password are wrong", _CREDENTIALS),
        410: Words("the number is gone", "give another number"),
        415: Words("it does not understand what was offered", "check codecs and srtp"),
        480: Words("nobody answers there now", "give a number that answers at once"),
        484: Words("the number is incomplete", "check numbers.send and numbers.rewrite_out"),
        486: Words("the number is busy", "give a number that answers at once"),
        487: Words("nobody answered, and the call was given up", "give a number that answers at once"),
        488: Words(
            "it takes nothing of what was offered", "check codecs and srtp against what the provider wants"
        ),
        600: Words("the number is busy everywhere", "give a number that answers at once"),
        603: Words("the callee declines", "give another number"),
        604: Words("the number exists nowhere", "check numbers.send and numbers.rewrite_out"),
        607: Words("the callee does not want this call", "check the caller's number and its reputation"),
        608: Words("an analytics service rejected the call", "check the caller's number and its reputation"),
    },
}


def words(request: Request, status: int, reason: str = "") -> Words:
    """What a final status (0: none came) to such a request means. `reason` is the answer's own phrase."""
    if status == 0:
        return _SILENCE
    known = _OF[request].get(status) or _ANY.get(status)
    if known:
        return known
    phrase = reason or _phrase(status)
    if status < 300:
        return Words(phrase)
    if status < 400:
        return Words(f"it is elsewhere ({phrase})", "name the place that it moved to in hosts")
    return Words(phrase, "ask the provider what this answer means")


def told(request: Request, status: int, reason: str = "") -> str:
    """'404 Not Found: the number does not exist there', in one line."""
    if status == 0:
        return reason or "no answer"
    return f"{status} {reason or _phrase(status)}: {words(request, status, reason).meaning}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"
