"""Workers are killed while they do actions over HTTP: how soon others take over, and what came of each."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from figures.figure import Measurement, Spec, Workshop
from figures.postgres import cluster
from figures.queue_work import fill
from figures.queue_worker import Process, working
from softswitch.errors import SoftswitchError
from softswitch.store import migrate
from softswitch.store.outbox import looking

TAKEOVERS = 5
HELD = 10
ROUNDS = 200
EACH_ROUND = 20
LIMIT_S = 120.0


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
def receiving(folder: Path) -> Iterator[tuple[Receiver, Path]]:
    """A receiver, and the file of actions that leads to it."""
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    path = folder / "actions.yaml"
    url = f"http://127.0.0.1:{server.server_port}/{{number}}"
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


async def _until(condition: object, what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise SoftswitchError(f"after {LIMIT_S:g} s still not so: {what}")
        await asyncio.sleep(0.01)


async def _takeover(url: str, receiver: Receiver, path: Path) -> float:
    """The slowest, from the kill of a process until all that it held has been tried by another."""
    worst = 0.0
    for number in range(TAKEOVERS):
        receiver.delay_s, before = 60.0, receiver.requests
        process = await asyncio.to_thread(Process, url, f"node{number}", path)
        fill(url, HELD, first=number * HELD)
        await _until(lambda at=before + HELD: receiver.requests >= at, "all are held")
        receiver.delay_s = 0.0
        async with working(url, "heir", path):
            await asyncio.sleep(1.0)
            began = time.monotonic()
            process.kill()
            await _until(lambda at=before + 2 * HELD: receiver.requests >= at, "all are taken over")
            worst = max(worst, time.monotonic() - began)
            await _until(lambda: not _unfinished(url), "all are done")
    return worst


async def _kills(workshop: Workshop, url: str, receiver: Receiver, path: Path) -> tuple[int, int]:
    """Promises without an effect, and with more than one, after every round has killed a worker."""
    receiver.delay_s = 0.01
    rand = random.Random(6)
    for number in range(ROUNDS):
        fill(url, EACH_ROUND, first=number * EACH_ROUND)
        process = await asyncio.to_thread(Process, url, f"node{number}", path)
        await asyncio.sleep(rand.uniform(0.0, 0.3))
        process.kill()
        if number % 20 == 19:
            workshop.tell(f"{number + 1} of {ROUNDS} rounds, {sum(receiver.effects.values())} effects")
    async with working(url, "last", path):
        await _until(lambda: not _unfinished(url), "all are done")
    effects = [receiver.effects[f"/{number}"] for number in range(ROUNDS * EACH_ROUND)]
    return sum(count == 0 for count in effects), sum(count > 1 for count in effects)


def _unfinished(url: str) -> bool:
    counted = looking.by_name(url)["note"]
    return any(counted.get(state) for state in ("queued", "running", "failed"))


def takeover(workshop: Workshop) -> Sequence[float]:
    with cluster() as url, receiving(workshop.folder) as (receiver, path):
        migrate.upgrade(url)
        return (asyncio.run(_takeover(url, receiver, path)),)


def kills(workshop: Workshop) -> Sequence[float]:
    with cluster() as url, receiving(workshop.folder) as (receiver, path):
        migrate.upgrade(url)
        return asyncio.run(_kills(workshop, url, receiver, path))


TAKEOVER = Measurement(
    f"{TAKEOVERS} times a worker process that holds {HELD} actions is killed",
    (Spec("actions of a killed worker taken over, worst", "s", at_most=5),),
    takeover,
)
KILLS = Measurement(
    f"{ROUNDS} rounds: a worker process is killed while it does {EACH_ROUND} actions",
    (
        Spec("promises without an effect", "actions", at_most=0),
        Spec("promises with more than one effect", "actions", at_most=0),
    ),
    kills,
)
