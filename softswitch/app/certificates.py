"""Certificates of those who sign caller identities: fetched by HTTPS within limits, kept as long as they say.

Nobody is asked but the configured hosts, no redirect is followed, and one URL is asked once at a time.
"""

import asyncio
import contextlib
import http.client
import io
import re
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult

from cryptography.x509 import Certificate

from softswitch.trunks import certificates
from softswitch.trunks.passport import Rejected

MOST_BYTES = 65_536
TIMEOUT_S = 5.0
AT_ONCE = 8
MOST_KEPT = 500
KEEP_S, LEAST_S, MOST_S = 3600.0, 60.0, 86_400.0
"""How long an answer is kept that does not say it, and the bounds of what it may say."""
FAILED_S = 30.0
"""So long a URL that failed is not asked again."""
WRONG = (OSError, ValueError, http.client.HTTPException, asyncio.IncompleteReadError)

Chain = tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    chain: Chain
    failure: str
    until: float


class Fetcher:
    """`tls` is what servers are verified by; the system's authorities unless a test says otherwise."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tls = tls or ssl.create_default_context()
        self._clock = clock
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Kept]] = {}

    async def get(self, url: SplitResult) -> Chain:
        """The certificates there, the signer's first. Raises Rejected. Who stops waiting stops no other."""
        key = url.geturl()
        kept = self._kept.get(key)
        if kept is None or kept.until <= self._clock():
            kept = await asyncio.shield(self._fetching(key, url))
        if kept.failure:
            raise Rejected(kept.failure)
        return kept.chain

    def _fetching(self, key: str, url: SplitResult) -> "asyncio.Task[Kept]":
        if task := self._under_way.get(key):
            return task
        if len(self._under_way) >= AT_ONCE:
            raise Rejected("too many certificates are being fetched")
        task = self._under_way[key] = asyncio.create_task(self._fetch(key, url))
        task.add_done_callback(lambda _: self._under_way.pop(key))
        return task

    async def _fetch(self, key: str, url: SplitResult) -> Kept:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._ask(url)
            chain, seconds = _read(answer)
            kept = Kept(chain, "", self._clock() + seconds)
        except Rejected as error:
            kept = Kept((), str(error), self._clock() + FAILED_S)
        except TimeoutError:
            kept = Kept((), "the certificate does not come in time", self._clock() + FAILED_S)
        except WRONG as error:
            why = f"the certificate cannot be fetched ({type(error).__name__})"
            kept = Kept((), why, self._clock() + FAILED_S)
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept

    async def _ask(self, url: SplitResult) -> bytes:
        """All that the server answers to a GET, head and body."""
        host, port = url.hostname or "", url.port or 443
        reader, writer = await asyncio.open_connection(host, port, ssl=self._tls, limit=MOST_BYTES)
        try:
            head = f"GET {url.path or '/'} HTTP/1.1\r\nHost: {url.netloc}\r\nAccept: */*\r\n"
            writer.write(f"{head}User-Agent: softswitch\r\nConnection: close\r\n\r\n".encode("ascii"))
            answer = b""
            while piece := await reader.read(8192):
                answer += piece
                if len(answer) > MOST_BYTES:
                    raise Rejected("the certificate is too large")
            return answer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class _Received(io.BytesIO):
    """An answer that was read whole, as http.client wants it."""

    def makefile(self, *_: object) -> io.BytesIO:
        return self


def _read(answer: bytes) -> tuple[Chain, float]:
    """The certificates of an HTTP answer, and for how many seconds they hold (RFC 9111 section 5.2.2)."""
    response = http.client.HTTPResponse(_Received(answer))  # type: ignore[arg-type]
    response.begin()
    if response.status != 200:
        raise Rejected(f"the server of the certificate answers {response.status}")
    told = response.getheader("Cache-Control") or ""
    chain = tuple(certificates.read(response.read()))
    age = re.search(r"(?:^|[\s,])max-age=(\d{1,9})", told)
    seconds = 0.0 if re.search(r"\bno-(?:store|cache)\b", told) else float(age[1]) if age else KEEP_S
    return chain, min(max(seconds, LEAST_S), MOST_S)
