"""Who has what actions promise done to him, over HTTP: a server that counts requests and effects."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from softswitch.store.outbox import looking


class Receiver:
    """Counts requests, and effects by idempotency key; answers after `delay_s`."""

    def __init__(self) -> None:
        self.requests = 0
        self.effects = Counter[str]()
        self.keys: set[str] = set()
        self.delay_s = 0.0
        self.lock = threading.Lock()

    def take(self, path: str, key: str) -> None:
        with self.lock:
            self.requests += 1
            self.effects[path] += key not in self.keys
            self.keys.add(key)


@contextmanager
def receiving(folder: Path, field: str = "number") -> Iterator[tuple[Receiver, Path]]:
    """A receiver, and the file of actions that leads `note` to it, to a path that ends in that argument."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            receiver.take(self.path, self.headers["Idempotency-Key"])
            time.sleep(receiver.delay_s)
            try:
                self.send_response(204)
                self.end_headers()
            except OSError:
                self.close_connection = True  # who asked was killed

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # who asked was killed

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    path = folder / "actions.yaml"
    url = f"http://127.0.0.1:{server.server_port}/{{{field}}}"
    path.write_text(
        f"hosts: 127.0.0.1\nactions: {{note: {{kind: http, url: '{url}', timeout: 60s, "
        "at_once: 10, retry: {first: 50ms, last: 1s}}}\n"
    )
    try:
        yield receiver, path
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unfinished(url: str) -> bool:
    """Whether actions wait, or are under way."""
    counted = looking.by_name(url).get("note", {})
    return any(counted.get(state) for state in ("queued", "running", "failed"))
