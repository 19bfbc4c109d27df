"""Callers are promised something while the worker, control and PostgreSQL are killed, round after round.

The truth is at both ends: callers who were let go had heard the promise, and the receiver counts effects.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, wait_for
from figures.postgres import Server, server
from figures.queue_receiver import Receiver, receiving, unfinished
from figures.queue_worker import Process
from figures.sipp import Crowd
from softswitch.errors import SoftswitchError

ROUNDS, OF_SQLITE = 200, 30
"""In all, and of these on SQLite, where only worker and control can be killed."""
ROUND_S = 1.2
RATE = 4.0
FIRST = 79460000
"""The first caller's number, behind +4420."""
RECOVERY_S = 30.0
SEED = 6
Kill = Callable[[], None]


def soak(workshop: Workshop, rounds: int = ROUNDS, of_sqlite: int = OF_SQLITE) -> Sequence[float]:
    """Promises that had no effect, and effects that were one too many."""
    first = killing(workshop, of_sqlite, None)
    with server() as postgres:
        second = killing(workshop, rounds - of_sqlite, postgres)
    return [sum(both) for both in zip(first, second, strict=True)]


def killing(workshop: Workshop, rounds: int, postgres: Server | None) -> tuple[int, int]:
    """The same of one engine, each kind killed in its turn, in an order that is shuffled again and again."""
    with receiving(workshop.folder, "caller_number") as (receiver, actions):
        receiver.delay_s = 0.01
        settings = [f"actions_file={actions}", *([f"database.url={postgres.url}"] if postgres else [])]
        with Node(workshop, "promise", *settings) as node:
            url = postgres.url if postgres else node.database_url
            worker = Worker(url, actions)
            kinds: dict[str, Kill] = {"worker": worker.kill, "control": lambda: _kill_control(node)}
            if postgres:
                kinds["PostgreSQL"] = lambda: _kill_database(postgres)
            crowd = _crowd(workshop, node, rounds)
            crowd.start()
            try:
                _rounds(workshop, kinds, rounds)
                crowd.end_of_calls()
            finally:
                crowd.stop()
                worker.end()
            wait_for(lambda: _is_over(node, url), "all is done", 120.0, every=0.5)
    return _judge(workshop, crowd, receiver)


class Worker:
    """Works beside the node, as another node's workers would."""

    def __init__(self, url: str, actions: Path) -> None:
        self._url, self._actions = url, actions
        self._process = Process(url, "beside", actions)

    def kill(self) -> None:
        """And another takes its place."""
        self.end()
        self._process = Process(self._url, "beside", self._actions)

    def end(self) -> None:
        self._process.kill()


def _crowd(workshop: Workshop, node: Node, rounds: int) -> Crowd:
    """Callers enough, each with a number."""
    calls = round(rounds * 2 * ROUND_S * RATE)
    crowd = Crowd(workshop, node, calls=calls, rate=RATE, seconds=0, scenario="promised")
    numbers = [f"+4420{number}" for number in range(FIRST, FIRST + calls)]
    (crowd.folder / "callers.csv").write_text("\n".join(["SEQUENTIAL", *numbers, ""]))
    return crowd


def _rounds(workshop: Workshop, kinds: dict[str, Kill], rounds: int) -> None:
    rand = random.Random(SEED)
    killed, turn = Counter[str](), list[str]()
    for number in range(rounds):
        turn = turn or rand.sample(list(kinds), len(kinds))
        name, began = turn.pop(), time.monotonic()
        time.sleep(rand.uniform(0.1, ROUND_S))
        kinds[name]()
        killed[name] += 1
        time.sleep(max(0.0, began + ROUND_S - time.monotonic()))
        if number % 20 == 19 or number == rounds - 1:
            told = ", ".join(f"{name} {times} times" for name, times in sorted(killed.items()))
            workshop.tell(f"{number + 1} of {rounds} rounds: {told}")


def _kill_database(postgres: Server) -> None:
    """It is away for a while, and recovers."""
    postgres.kill()
    time.sleep(random.uniform(0.0, ROUND_S))
    postgres.start()


def _kill_control(node: Node) -> None:
    """Also one that is only starting; where there is none just now, the next."""

    def pid() -> int:
        with suppress(SoftswitchError):
            return node.control_pid
        return 0

    with suppress(ProcessLookupError):
        os.kill(wait_for(pid, "control runs", RECOVERY_S), signal.SIGKILL)


def _is_over(node: Node, url: str) -> bool:
    """What was promised while the database was away stands in the journal before it stands in the table."""
    with suppress(OSError, SoftswitchError):
        waiting = node.metrics()["softswitch_journal_events"]
        return node.calls_up() == 0 and waiting == 0 and not unfinished(url)
    return False


def _judge(workshop: Workshop, crowd: Crowd, receiver: Receiver) -> tuple[int, int]:
    promised = crowd.noted()
    effects = {unquote(path).lstrip("/"): count for path, count in receiver.effects.items()}
    workshop.tell(f"{len(promised)} callers were promised something, {sum(effects.values())} effects")
    if not promised:
        raise SoftswitchError("nobody was promised anything")
    lost = [number for number in promised if not effects.get(number)]
    return len(lost), sum(count - 1 for count in effects.values())


SOAK = Measurement(
    f"{ROUNDS} rounds: worker, control or PostgreSQL is killed while callers are promised something",
    (
        Spec("promises without an effect", "promises", at_most=0),
        Spec("effects that were one too many", "effects", at_most=0),
    ),
    soak,
)
