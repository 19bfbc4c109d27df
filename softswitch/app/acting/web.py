"""HTTP as kinds may speak it: to hosts of the operator's list, at addresses that may be reached, in bounded
answers. The only importer of aiohttp.
"""

import asyncio
import re
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from softswitch.actions.action import Later, Refused
from softswitch.actions.addresses import Allowed

Session = aiohttp.ClientSession
Answer = aiohttp.ClientResponse
PASSING = frozenset({401, 403, 407, 408, 409, 421, 423, 425, 429})
"""What may be otherwise later, besides 5xx. 409 is for a request that is still under way (the draft on
Idempotency-Key); with 401, 403 and 407 credentials are to be mended and not the action."""
MOST_BYTES = 1 << 20
CONNECTIONS = 200


class NotAllowed(OSError):
    """A host or an address that may not be reached."""


def open_session(allowed: Allowed) -> Session:
    """To be made on the event loop, and closed."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, resolver=_Guarded(allowed), ttl_dns_cache=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "softswitch"},
        trust_env=False,  # a proxy would be reached instead of the host that was checked
    )


def within(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(seconds)


async def addresses(host: str, port: int, allowed: Allowed) -> list[str]:
    """Where a host may be reached. Raises NotAllowed, or OSError when the name is not known."""
    _check(host, allowed)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return _good(host, [str(each[4][0]) for each in found], allowed)


class _Guarded(AbstractResolver):
    """Gives the addresses of a host that may be reached: the connection goes to those and no others."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        _check(host, self._allowed)
        found = await self._resolver.resolve(host, port, family)
        good = _good(host, [each["host"] for each in found], self._allowed)
        return [each for each in found if each["host"] in good]

    async def close(self) -> None:
        await self._resolver.close()


def _check(host: str, allowed: Allowed) -> None:
    if not allowed.host(host):
        raise NotAllowed(f"{host} is not listed in `hosts` of the file of actions")


def _good(host: str, found: list[str], allowed: Allowed) -> list[str]:
    good = [each for each in found if allowed.address(each)]
    if not good:
        told = f"{host} is at {', '.join(found)}, which is not public: list that in `hosts` if it is right"
        raise NotAllowed(told)
    return good


def failed(error: Exception, timeout: float) -> Later:
    """What a request came to that raised: TimeoutError, aiohttp.ClientError or OSError."""
    if isinstance(error, TimeoutError):
        return Later(f"no answer within {timeout:g} s")
    for each in (error, error.__cause__, getattr(error, "os_error", None)):
        if isinstance(each, NotAllowed):
            return Later(str(each))
    cause = error.__cause__ or getattr(error, "os_error", None)
    return Later(f"{type(error).__name__}: {cause or error}")


FAILURES = (TimeoutError, aiohttp.ClientError, OSError)
"""What a request raises that did not come about, for `failed`."""


def unsuccessful(answer: Answer, said: str = "") -> Later | Refused:
    """What an answer means that is no success; `said` are the other side's own words."""
    error = f"answered {answer.status} {answer.reason or ''}".strip() + (f": {said}" if said else "")
    if 300 <= answer.status < 400:
        return Refused(f"{error}: redirects are not followed, write the URL that is meant")
    if answer.status >= 500 or answer.status in PASSING:
        return Later(error, _asked(answer.headers.get("Retry-After", "")))
    return Refused(error)


async def read(answer: Answer, most: int = MOST_BYTES) -> bytes | None:
    """The body; None when it is longer than may be."""
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _asked(retry_after: str) -> float:
    """Seconds of a Retry-After (RFC 9110); a date would depend on clocks and is not heeded."""
    return float(retry_after) if re.fullmatch(r"\d{1,7}", retry_after) else 0.0
