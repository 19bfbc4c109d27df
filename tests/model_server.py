"""A web server with the troubles of real ones: cuts, wrong bytes, wrong sizes, redirects, delays."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served, what goes wrong, and what was seen."""

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    etag: str = '"one"'
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)  # bytes of a body, one request each
    statuses: list[int] = field(default_factory=list)  # answered before anything else, one request each
    length_off_by: int = 0
    chunk: int = 65536
    delay_s: float = 0.0
    asked: list[tuple[str, str]] = field(default_factory=list)  # path and Range
    sent: int = 0  # bytes of bodies
    url: str = ""


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.close_connection = True
            site.asked.append((self.path, self.headers.get("Range", "")))
            if site.statuses:
                return self._plain(site.statuses.pop(0))
            if self.path in site.redirects:
                return self._plain(302, site.redirects[self.path])
            body = site.files.get(self.path)
            return self._plain(404) if body is None else self._body(body)

        def _plain(self, status: int, location: str = "") -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _body(self, body: bytes) -> None:
            start, wanted = 0, self.headers.get("Range", "")
            fresh = self.headers.get("If-Range", site.etag) == site.etag
            if wanted and site.ranges and fresh:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    return self._plain(416)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            if site.etag:
                self.send_header("ETag", site.etag)
            self.send_header("Content-Length", str(len(body) - start + site.length_off_by))
            self.end_headers()
            self._send(body[start:])
            return None

        def _send(self, rest: bytes) -> None:
            end = site.cut_after.pop(0) if site.cut_after else len(rest)
            for at in range(0, min(end, len(rest)), site.chunk):
                piece = rest[at : min(at + site.chunk, end)]
                try:
                    self.wfile.write(piece)
                except OSError:
                    return
                site.sent += len(piece)
                time.sleep(site.delay_s)

    return Handler


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
