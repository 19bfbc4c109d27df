"""Every dependency of a node taken away in turn while callers talk: what they hear, how their calls end."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from figures import mosquitto, postgres
from figures.bad_day_callers import Job
from figures.bad_day_world import STALL_S, World
from figures.beside import Beside
from figures.callers import run_child
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, wait_for
from softswitch.actions.action import idempotency_key
from softswitch.cli import desk
from softswitch.errors import SoftswitchError
from softswitch.store import queries
from softswitch.store.engine import open_engine
from softswitch.store.outbox.tables import actions

CALLS = 50
WORDS = ("weather", "taxi", "weather", "order", "weather", "delivery")
CALL_WORDS = 5
CALL_S = 80.0
"""How long a call of so many words takes, about: one begins whenever another ends."""
RAMP_S = 13.0
FAULT_S = 8.0
REST_S = 7.0
"""After each fault, before the next: its own silences are heard in it."""
LIMIT_S = 330.0
DEADLINE_S = 40.0
BROKEN = 'softswitch_llm_broken{plan="bad_days"}'


@dataclass
class Day:
    """The node with all that it depends on, and what became of it."""

    node: Node
    world: World
    postgres: postgres.Server
    tell: Callable[[str], None]
    faults: dict[str, tuple[float, float]] = field(default_factory=dict)
    """From when to when, by time.monotonic()."""
    opened_s: float = 0.0
    closed_s: float = 0.0

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        began, up = time.monotonic(), self.node.calls_up()
        yield
        self.faults[name] = began, time.monotonic()
        self.tell(f"{name}: {time.monotonic() - began:.1f} s, {up} calls up")

    def of(self, at: float) -> str:
        """The fault, or the rest after it, in which something began."""
        latest = [name for name, (began, _) in self.faults.items() if began <= at]
        return latest[-1] if latest else "no fault"


class Breaker(Beside):
    """When the node's breaker was seen to open and to close."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node
        self.changes: list[tuple[float, bool]] = []

    def run(self) -> None:
        while not self.over.wait(0.1):
            with suppress(OSError):
                broken = self._node.metrics().get(BROKEN, 0.0) > 0
                if broken != (self.changes[-1][1] if self.changes else False):
                    self.changes.append((time.monotonic(), broken))

    def since(self, at: float, broken: bool, what: str) -> float:
        """Seconds from `at` to the last change to that, of which no other follows."""
        times = [when for when, is_broken in self.changes if is_broken is broken and when >= at]
        if not times:
            raise SoftswitchError(f"the breaker did not {what}")
        return (times[0] if broken else times[-1]) - at


def bad_days(workshop: Workshop) -> Sequence[float]:
    with World() as world, postgres.server() as database, mosquitto.broker() as port:
        file = workshop.folder / "bad_days.yaml"
        file.write_text(
            f"hosts: 127.0.0.1\nlookups: {{find_taxi: {{kind: http, url: '{world.office}/driver/{{room}}', "
            "result: {driver: driver}, cache: 0s}}\n"
            f"actions: {{book: {{kind: http, url: '{world.office}/book', at_once: 10, timeout: 5s, "
            "retry: {first: 500ms, last: 2s}}}\n"
        )
        settings = (
            *(f"database.url={database.url}", f"mqtt.url=mqtt://127.0.0.1:{port}", "chaos=yes"),
            *(f"llm.main.url={world.llm.url}", "llm.main.model=scripted", f"actions_file={file}"),
            f"media.max_calls={3 * CALLS}",
        )
        with Node(workshop, "bad_days", *settings) as node:
            day = Day(node, world, database, workshop.tell)
            reports = _whole(day)
            return _figures(day, reports, database.url)


def _whole(day: Day) -> list[dict[str, Any]]:
    """All calls of the day."""
    chance = random.Random(1)
    uri = day.node.uri.replace("bench@", "{}@")
    at = time.monotonic() + 12.0  # by then each child has its voice
    first = [_words(chance, 1 + number * CALL_WORDS // CALLS) for number in range(CALLS)]
    length = STALL_S + REST_S + len(FAULTS) * (FAULT_S + REST_S)
    later = [_words(chance, CALL_WORDS) for _ in range(round(CALLS * length / CALL_S))]
    chance.shuffle(first)
    jobs = (Job(uri, at, RAMP_S / CALLS, first), Job(uri, at + RAMP_S, CALL_S / CALLS, later))
    with ThreadPoolExecutor(len(jobs)) as pool:
        running: list[Future[Any]] = [
            pool.submit(run_child, "figures.bad_day_callers", asdict(job), LIMIT_S) for job in jobs
        ]
        wait_for(lambda: day.node.calls_up() >= 0.9 * CALLS, f"{CALLS} calls are up", 60.0)
        _suffer(day)
        return [report for job in running for report in job.result()]


def _words(chance: random.Random, count: int) -> list[str]:
    start = chance.randrange(len(WORDS))
    return [WORDS[(start + at) % len(WORDS)] for at in range(count)]


def _suffer(day: Day) -> None:
    _stall_llm(day)
    for name, suffer in FAULTS.items():
        time.sleep(REST_S)
        with day.fault(name):
            suffer(day)


def _stall_llm(day: Day) -> None:
    with Breaker(day.node) as breaker:
        with day.fault("llm"):
            day.world.llm.wait = STALL_S
            time.sleep(STALL_S)
            day.world.llm.wait = None
        began, over = day.faults["llm"]
        wait_for(lambda: breaker.changes and not breaker.changes[-1][1], "the breaker has closed", 30.0)
        time.sleep(1.0)
        day.opened_s = breaker.since(began, True, "open")
        day.closed_s = breaker.since(over, False, "close")


def _hang_office(day: Day) -> None:
    day.world.hang(True)
    time.sleep(FAULT_S)
    day.world.hang(False)


def _kill_database(day: Day) -> None:
    day.postgres.kill()
    time.sleep(FAULT_S)
    day.postgres.start()


def _chaos(**order: Any) -> Callable[[Day], None]:
    def suffer(day: Day) -> None:
        for _ in desk.follow(day.node.config, "chaos", seconds=FAULT_S, **order):
            pass

    return suffer


def _kill_control(day: Day) -> None:
    with suppress(SoftswitchError):  # which has nobody any more who could answer
        desk.ask(day.node.config, "chaos", dependency="control")
    wait_for(lambda: _answers(day), "control is back", 30.0)


def _answers(day: Day) -> bool:
    try:
        desk.ask(day.node.config, "trunk.status")
    except SoftswitchError:
        return False
    return True


FAULTS: dict[str, Callable[[Day], None]] = {
    "integration": _hang_office,
    "sql": _kill_database,
    "mqtt": _chaos(dependency="mqtt"),
    "recogniser": _chaos(dependency="recogniser", hang=True),
    "synthesiser": _chaos(dependency="synthesiser", hang=True),
    "control": _kill_control,
}


# --- what came of it ----------------------------------------------------------------------------------


def _figures(day: Day, reports: list[dict[str, Any]], url: str) -> Sequence[float]:
    worst = dict.fromkeys(("no fault", *day.faults), 0.0)
    for silence in (silence for report in reports for silence in report["silences"]):
        at, seconds = _owed(day, silence)
        worst[day.of(at)] = max(worst[day.of(at)], seconds)
    for name, seconds in worst.items():
        day.tell(f"{name}: longest silence {seconds:.2f} s")
    ends = Counter[str](report["how"] for report in reports)
    day.tell(f"{len(reports)} calls: {', '.join(f'{count} {how}' for how, count in ends.items())}")
    for report in reports:
        if report["how"] == "dropped":
            day.tell(f"dropped {day.of(report['ended'])}: {report['why']}")
    promised = _promised(day, url)
    missing = len(reports) - ends["refused"] - len(queries.list_calls(url, limit=100_000))
    silences = worst["llm"], max(worst.values())
    return (day.opened_s, day.closed_s, *silences, ends["dropped"], missing, promised, ends["refused"])


def _owed(day: Day, silence: dict[str, Any]) -> tuple[float, float]:
    """When it began and how long it was, without a pause of his own that the holding line broke."""
    at, killed_at = float(silence["at"]), day.faults["control"][0]
    end = at + float(silence["seconds"])
    if silence["kind"] == "within" and at < killed_at < end:
        at = killed_at
    return at, end - at


def _promised(day: Day, url: str) -> int:
    """Actions that were promised and not done, or done without a promise, or twice."""
    engine = open_engine(url)

    def promised() -> set[str]:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(actions.c.call_id, actions.c.key)).all()
        return {idempotency_key(call_id, key) for call_id, key in rows}

    done = day.world.bookings
    with suppress(SoftswitchError):
        wait_for(lambda: promised() == done.keys(), "all is done", DEADLINE_S, every=0.5)
    wrong = promised() ^ done.keys()
    engine.dispose()
    day.tell(f"{len(done)} promises kept, {len(wrong)} not; {done.total() - len(done)} requests sent again")
    return len(wrong)


BAD_DAYS = Measurement(
    f"{CALLS} calls up; LLM, integration, SQL, MQTT, recogniser, synthesizer and control away in turn",
    (
        Spec(f"LLM stalls, {CALLS} calls: breaker opens after", "s", at_most=3),
        Spec(f"LLM stalls, {CALLS} calls: breaker closes after its end", "s", at_most=10),
        Spec(f"LLM stalls for {STALL_S:g} s, {CALLS} calls: longest silence", "s", at_most=1.5),
        Spec(f"every dependency down in turn, {CALLS} calls: longest silence", "s", at_most=2),
        Spec("every dependency down in turn: calls dropped", "calls", at_most=0),
        Spec("every dependency down in turn: calls without a record", "calls", at_most=0),
        Spec("every dependency down in turn: promises not kept", "", at_most=0),
        Spec("every dependency down in turn: calls refused at the door, for want of CPU", "calls"),
    ),
    bad_days,
)
