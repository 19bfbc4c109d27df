"""For tests of actions: a server that counts what it is asked, and workers, in this process or another.

As a program: `python acting.py URL NODE ACTIONS_FILE` works until it is killed, SQLite or PostgreSQL.
"""

import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from softswitch import marked_yaml
from softswitch.actions import files
from softswitch.actions.action import Action, Result
from softswitch.app.acting.registry import Means, Publish, Registry
from softswitch.app.acting.workers import Listener, Workers
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.writer import Records


class Receiver:
    """An HTTP server of loopback. `effects` counts by idempotency key, as a receiver that heeds it does;
    `requests` are all that came. `answers` gives status, headers and body for the n-th request of a path.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.effects = Counter[str]()
        self.keys: set[str] = set()
        self.answers: Callable[[str, int], tuple[int, dict[str, str], bytes]] = lambda path, n: (
            200,
            {},
            b"{}",
        )
        self.delay_s = 0.0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            number = sum(each["path"] == request["path"] for each in self.requests)
            self.requests.append(request)
            answer = self.answers(request["path"], number)
            key = request["headers"].get("idempotency-key", "")
            if answer[0] < 300 and key not in self.keys:
                self.keys.add(key)
                self.effects[request["path"]] += 1
            return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = {"method": self.command, "path": self.path, "headers": headers, "body": body.decode()}
                status, more, text = receiver._take(asked)
                if receiver.delay_s:
                    threading.Event().wait(receiver.delay_s)
                try:
                    self.send_response(status)
                    for name, value in more.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    self.close_connection = True  # it was killed, or waits no longer

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def action(**arguments: str) -> Action:
    """One named `order` of the plan `shop`."""
    return Action(1, "order", arguments, "k" * 32, 1.0, call_id="c" * 32, plan="shop")


async def run(
    text: str,
    given: Action,
    folder: Path = Path("/"),
    publish: Publish | None = None,
    grace: float = 0.0,
) -> Result:
    """One attempt at an action, as a file of actions with this text has it done. After its timeout and
    `grace` it is cancelled, as a worker would.
    """
    known = integrations(text, folder, mqtt=publish is not None)
    registry = Registry(Means(known, publish))
    settings = known.find(given.plan, given.name)
    assert settings
    try:
        async with asyncio.timeout(settings.timeout + grace):
            return await registry.run(given, settings)
    finally:
        await registry.close()


def integrations(text: str, folder: Path = Path("/"), *, mqtt: bool = False) -> files.Integrations:
    """What a file of actions with this text says."""
    return files.parse(marked_yaml.parse(text, "actions.yaml"), folder, mqtt=mqtt)


@asynccontextmanager
async def working(
    url: str,
    known: files.Integrations,
    node: str = "first",
    publish: Publish | None = None,
    listener: Listener | None = None,
) -> AsyncIterator[Workers]:
    """Workers at work on a database that is up to date."""
    records = Records(url)
    records.start()
    workers = Workers(Outbox(url, node, records), Registry(Means(known, publish)), listener)
    running = asyncio.create_task(workers.run())
    try:
        yield workers
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await workers.close()
        await records.close()


async def main(url: str, node: str, text: str) -> None:
    known = integrations(text)
    async with working(url, known, node):
        print(json.dumps({"ready": node}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3], Path(sys.argv[3]).read_text()))
