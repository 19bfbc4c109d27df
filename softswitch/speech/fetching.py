"""One file over HTTP into a `.part` file: goes on where it stopped, and is checked before it is used.

urllib from the standard library, because `requests` is no dependency of ours (Vosk happens to bring it)
and hides what matters here: redirects are followed by rule, and nothing is decoded on the way.
"""

import contextlib
import errno
import hashlib
import http.client
import json
import re
import shutil
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit

from softswitch.errors import SoftswitchError
from softswitch.speech.registry import File
from softswitch.speech.unpacking import Unusable

Show = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes in all; 0 when the server does not say."""

MOST_BYTES = 8 << 30
TIMEOUT_S = 30.0
ATTEMPTS = 5
"""In a row that each bring less than PROGRESS bytes more than ever were there."""
PROGRESS = 1 << 20
BACK_OFF_S = 1.0
CHUNK = 256 << 10
GONE_FOR_GOOD = (400, 401, 403, 404, 405, 410, 451)
NO_NETWORK = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """A few, to the web only, and never from a protected connection to an open one."""

    max_redirections = 5
    max_repeats = 2

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme == "http"):
            raise Unusable(f"{host(req.full_url)} redirects to {scheme}: it is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_Redirects())


class _Interrupted(Exception):
    """The transfer stopped; what came is kept. `hopeless` when there is nobody to connect to."""

    def __init__(self, reason: str, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.hopeless = hopeless


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the bytes of a .part belong to: only the rest of the same thing may be put behind them."""

    url: str = ""  # as its SHA-256: an address may hold a token
    validator: str = ""  # RFC 9110 section 13.1.5: a strong ETag, or the Last-Modified date
    total: int = 0

    @classmethod
    def of(cls, part: Path) -> "_Mark":
        try:
            return cls(**json.loads(_mark_of(part).read_text()))
        except (OSError, ValueError, TypeError):
            return cls()


def fetch(file: File, part: Path, show: Show) -> str:
    """`file` is whole and checked at `part`; its SHA-256. A second call goes on where the first one stopped.

    Raises SoftswitchError when the network fails for good, Unusable when what comes is not what was meant.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    failures, most = 0, size(part)
    while True:
        try:
            _transfer(file, part, show)
            return checked(file, part)
        except _Interrupted as error:
            at_once = not failures
            failures = 1 if size(part) - most >= PROGRESS else failures + 1
            most = max(most, size(part))
            if failures >= ATTEMPTS or (error.hopeless and at_once):
                raise SoftswitchError(_given_up(file, part, error)) from None
            time.sleep(BACK_OFF_S * 2 ** (failures - 1))


def checked(file: File, path: Path) -> str:
    """The SHA-256 of `path`. Raises Unusable, the file removed if it was fetched, when it is not `file`."""
    found = sha256(path)
    problem = _wrong_size(file, size(path)) or (
        f"has the SHA-256 {found}, not {file.sha256}" if file.sha256 and found != file.sha256 else ""
    )
    if problem:
        if path.suffix == ".part":
            forget(path)
        raise Unusable(f"{shown(file.url)} {problem}: it is refused; see that it is what you want")
    return found


def sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark_of(part).unlink(missing_ok=True)


def shown(url: str) -> str:
    """Without its query, which may hold a token and belongs in no message and no file."""
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def host(url: str) -> str:
    return urlsplit(url).hostname or url


def _mark_of(part: Path) -> Path:
    return part.with_name(part.name + ".mark")


def _transfer(file: File, part: Path, show: Show) -> None:
    mark, have, url = _Mark.of(part), size(part), hashlib.sha256(file.url.encode()).hexdigest()
    if mark.url != url or not (mark.validator or file.sha256):
        have = 0
    if have and have == mark.total:
        return
    with _opened(file, part, have, mark) as response:
        have, total = _place(response, have)
        if problem := _wrong_size(file, total) if total else "":
            raise Unusable(f"{shown(file.url)} {problem}: it is refused; see that it is what you want")
        if total - have > shutil.disk_usage(part.parent).free:
            raise SoftswitchError(
                f"{part.parent} has no room for {total >> 20} MB: make room, or set data_dir to a larger disk"
            )
        if not have:  # never old bytes under a new mark
            forget(part)
        _mark_of(part).write_text(json.dumps(asdict(_Mark(url, _validator(response.headers), total))))
        _receive(response, part, have, total, show)


@contextlib.contextmanager
def _opened(file: File, part: Path, have: int, mark: _Mark) -> Iterator[http.client.HTTPResponse]:
    """The response, its errors told apart: those that pass, and those that do not."""
    headers = {"User-Agent": "softswitch", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if mark.validator:
            headers["If-Range"] = mark.validator
    try:
        with _OPENER.open(urllib.request.Request(file.url, headers=headers), timeout=TIMEOUT_S) as response:
            yield response
    except HTTPError as error:
        with error:
            _judge(file, part, error)
    except URLError as error:
        reason = error.reason
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise SoftswitchError(
                f"{host(file.url)} cannot prove who it is ({reason.verify_message}): see this machine's "
                "clock and its certificates"
            ) from None
        hopeless = isinstance(reason, socket.gaierror) or getattr(reason, "errno", None) in NO_NETWORK
        raise _Interrupted(getattr(reason, "strerror", None) or str(reason), hopeless) from None
    except (ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException) as error:
        raise _Interrupted(str(error) or type(error).__name__) from None
    except OSError as error:
        raise SoftswitchError(
            f"{part} cannot be written: {error.strerror}; make room and pull again"
        ) from None


def _judge(file: File, part: Path, error: HTTPError) -> None:
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        forget(part)
    elif error.code < 400:
        raise SoftswitchError(
            f"{shown(file.url)} redirects too often, or to what is no web address: see that it is right"
        ) from None
    elif error.code in GONE_FOR_GOOD:
        raise SoftswitchError(
            f"{shown(file.url)}: {error.code} {error.reason or ''}; see that the address is right"
        ) from None
    raise _Interrupted(f"it answered {error.code} {error.reason or ''}".strip()) from None


def _place(response: http.client.HTTPResponse, have: int) -> tuple[int, int]:
    """Where the response's bytes belong, and how many there are in all (0: not said)."""
    length = int(response.headers.get("Content-Length") or 0)
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0, length
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found or int(found[1]) != have:
        raise _Interrupted("it sent another part of the file than was asked for")
    return have, have + length if found[2] == "*" else int(found[2])


def _receive(response: http.client.HTTPResponse, part: Path, have: int, total: int, show: Show) -> None:
    with part.open("r+b" if have else "wb") as target:
        target.seek(have)
        while chunk := response.read(CHUNK):
            have += len(chunk)
            if have > (total or MOST_BYTES):
                raise Unusable(f"{part.stem} is longer than it said or than any model is: it is refused")
            target.write(chunk)
            show(have, total)
    if have < total:
        raise _Interrupted("the connection was cut")


def _wrong_size(file: File, total: int) -> str:
    if file.bytes is not None and total != file.bytes:
        return f"has {total} bytes, not {file.bytes}"
    return f"has {total} bytes, more than any model" if total > MOST_BYTES else ""


def _validator(headers: Message) -> str:
    etag = headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")


def _given_up(file: File, part: Path, error: _Interrupted) -> str:
    kept = f"; {size(part) / 1e6:.1f} MB are kept: run the same command again and it goes on from there"
    if error.hopeless:
        trouble = (
            f"{host(file.url)} cannot be reached ({error}): see that this machine has a network, or bring "
            "the file and pull its path"
        )
    else:
        trouble = f"{shown(file.url)}: {error}" + ("" if size(part) else "; try again later")
    return trouble + (kept if size(part) else "")
