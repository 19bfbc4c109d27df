"""The node's figures in Prometheus' text format. The only importer of prometheus_client."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from softswitch.news import CallFinished, SessionEvent, TurnFinished
from softswitch.publish.figures import (
    ACTION_BUCKETS,
    COMMIT_BUCKETS,
    FIGURES,
    STAGE_BUCKETS,
    TALK_BUCKETS,
    Figure,
)

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST

Reading = float | Mapping[str, float] | Mapping[tuple[str, str], float]
"""A number; or, for a figure with labels, numbers by the label's value, or by those of two."""

Buckets = Sequence[tuple[float, int]]
"""(upper bound in ms, how many frames came within it): cumulative, ascending, the last bound infinite."""

_CUT = 0.04
"""An answer of which more than this many seconds went unheard was cut: two frames are only rounding."""
_OPEN_CUTS = 4096
"""Calls remembered for telling a barge-in from a hang-up; more cannot be up at once."""

MOST_NAMES = 2000
"""Label values of one counter: 1,000 steps are a large dialplan."""

_log = structlog.get_logger(__name__)


class Metrics:
    """One node's registry. Feed it `take`, connect it with `watch`, read it with `render`.

    Runs on the event loop's thread only; nothing here blocks.
    """

    def __init__(self) -> None:
        # The `_created` series say when a counter began, in three times the text, and nobody reads them.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._cut: OrderedDict[str, None] = OrderedDict()
        self._finished = self._counter("softswitch_finished_calls", "Calls finished.", "cause", "ended_by")
        self._turns = self._counter("softswitch_turns", "Turns finished.", "via", "matched")
        self._rungs = self._counter("softswitch_rungs", "Answers, by how they came about.", "rung")
        self._barge_ins = self._counter("softswitch_barge_ins", "Answers that the caller interrupted.")
        self._fillers = self._counter("softswitch_fillers", "Fillers said because an answer was late.")
        self._intents = Named(self._counter("softswitch_intents", "What callers meant.", "intent"))
        self._steps = Named(self._counter("softswitch_steps", "Steps of dialplans that were taken.", "step"))
        self._stages = Histogram(
            "softswitch_stage_seconds",
            "How long each stage of a turn took.",
            ["stage"],
            buckets=STAGE_BUCKETS,
            registry=self.registry,
        )
        self._commits = Histogram(
            "softswitch_record_commit_seconds",
            "From an event to its commit in the database.",
            buckets=COMMIT_BUCKETS,
            registry=self.registry,
        )
        self._action_waits = self._histogram(
            "softswitch_action_wait_seconds", "From a promise to the first attempt at it.", ACTION_BUCKETS
        )
        self._action_times = self._histogram(
            "softswitch_action_seconds", "How long an attempt at an action took.", ACTION_BUCKETS
        )
        self._lookup_times = self._histogram(
            "softswitch_lookup_seconds", "How long a request of a look-up took.", ACTION_BUCKETS
        )
        self._person_waits = self._histogram(
            "softswitch_queue_wait_seconds", "How long callers waited until they spoke.", TALK_BUCKETS
        )
        self._talks = self._histogram(
            "softswitch_talk_seconds", "How long callers spoke with a person.", TALK_BUCKETS
        )
        self._pulled = _Pulled()
        self.registry.register(self._pulled)
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(name, text, buckets=buckets, registry=self.registry)

    def action_waited(self, seconds: float) -> None:
        """Count the first attempt at an action, so long after its promise."""
        self._action_waits.observe(seconds)

    def lookup_took(self, seconds: float) -> None:
        """Count a request of a look-up."""
        self._lookup_times.observe(seconds)

    def action_took(self, seconds: float) -> None:
        """Count an attempt at an action."""
        self._action_times.observe(seconds)

    def person_waited(self, seconds: float) -> None:
        """Count a caller who speaks with a person now, and how long he had waited."""
        self._person_waits.observe(seconds)

    def person_talked(self, seconds: float) -> None:
        """Count a talk that is over."""
        self._talks.observe(seconds)

    def take(self, event: SessionEvent) -> None:
        """Count one session event."""
        if isinstance(event, TurnFinished):
            self._take_turn(event)
        elif isinstance(event, CallFinished):
            self._cut.pop(event.call_id, None)
            cause = str(event.ended.cause) if 0 < event.ended.cause < 128 else "other"
            self._finished.labels(cause, event.ended.ended_by.value).inc()

    def _take_turn(self, turn: TurnFinished) -> None:
        self._turns.labels(turn.via, "yes" if turn.intent else "no").inc()
        if turn.rung:
            self._rungs.labels(turn.rung).inc()
        if turn.intent:
            self._intents.count(turn.intent)
        for step in turn.path:
            self._steps.count(step)
        for stage, milliseconds in turn.stages_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        # A cut answer was interrupted when the caller spoke or pressed next; otherwise he hung up on it.
        was_cut = self._cut.pop(turn.call_id, "whole") is None
        if was_cut and turn.via in ("speech", "dtmf"):
            self._barge_ins.inc()
        if turn.said_heard_s < turn.said_s - _CUT:
            self._cut[turn.call_id] = None
            if len(self._cut) > _OPEN_CUTS:
                self._cut.popitem(last=False)

    def filled(self) -> None:
        """Count one filler."""
        self._fillers.inc()

    def commit_took(self, seconds: float) -> None:
        """Count one commit of the record writer: the age of its oldest event."""
        self._commits.observe(seconds)

    def watch(self, name: str, read: Callable[[], Reading]) -> None:
        """Have the figure `name` (of figures.py) read by `read` at each scrape. KeyError: no such figure."""
        self._pulled.watch(name, read)

    def watch_pacing(self, read: Callable[[], Buckets]) -> None:
        """Have the gateway's frame intervals read at each scrape."""
        self._pulled.pacing = read

    def render(self) -> bytes:
        """All figures in the text format of CONTENT_TYPE."""
        return prometheus_client.generate_latest(self.registry)


class Named:
    """Counts by names that authors gave: dialplans may come and go, so beyond MOST_NAMES all are "other"."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._known: set[str] = set()

    def count(self, name: str) -> None:
        if name not in self._known and len(self._known) >= MOST_NAMES:
            name = "other"
        self._known.add(name)
        self._counter.labels(name).inc()


class _Pulled(Collector):
    """Reads the watched figures when asked. One that fails is left out of the scrape, the others stay."""

    def __init__(self) -> None:
        self._figures = {figure.name: figure for figure in FIGURES}
        self._reads: dict[str, Callable[[], Reading]] = {}
        self.pacing: Callable[[], Buckets] | None = None

    def watch(self, name: str, read: Callable[[], Reading]) -> None:
        self._reads[self._figures[name].name] = read

    def describe(self) -> Iterator[Metric]:
        yield from map(_empty, FIGURES)
        yield _pacing_family()

    def collect(self) -> Iterator[Metric]:
        for figure in FIGURES:
            yield self._collect(figure)
        family = _pacing_family()
        if self.pacing is not None:
            try:
                buckets = self.pacing()
                _check(buckets)
                family.add_metric([], [(_bound(ms), count) for ms, count in buckets], None)
            except Exception as error:
                _log.warning("figure not read", figure=family.name, error=str(error))
        yield family

    def _collect(self, figure: Figure) -> Metric:
        family = _empty(figure)
        read = self._reads.get(figure.name)
        if read is None:
            return family
        try:
            reading = read()
            numbers = reading if isinstance(reading, Mapping) else {"": reading}
            for value, number in numbers.items():
                values = [value] if isinstance(value, str) else list(value)
                family.add_metric(values if figure.labels else [], float(number))
        except Exception as error:
            _log.warning("figure not read", figure=figure.name, error=str(error))
            return _empty(figure)
        return family


def _empty(figure: Figure) -> GaugeMetricFamily | CounterMetricFamily:
    kind = GaugeMetricFamily if figure.kind == "gauge" else CounterMetricFamily
    return kind(figure.name, figure.help, labels=figure.labels)


def _pacing_family() -> HistogramMetricFamily:
    return HistogramMetricFamily(
        "softswitch_frame_interval_seconds", "Time between two frames at the media clock; 0.02 is perfect."
    )


def _bound(milliseconds: float) -> str:
    return "+Inf" if milliseconds == float("inf") else f"{milliseconds / 1000:g}"


def _check(buckets: Buckets) -> None:
    ascending = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(buckets))
    if not buckets or not ascending or buckets[-1][0] != float("inf"):
        raise ValueError("pacing buckets must ascend, be cumulative and end at infinity")
