"""The node's figures in Prometheus' text format: what is counted as it happens, and what is pulled."""

from collections.abc import Callable, Sequence

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from softswitch.news import CallFinished, SessionEvent, TurnFinished
from softswitch.publish.figures import ACTION_BUCKETS, COMMIT_BUCKETS, TALK_BUCKETS
from softswitch.publish.pulling import Buckets, Pulled, Reading
from softswitch.publish.turns import Turns

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
Observe = Callable[[float], None]
"""Takes seconds."""


class Metrics:
    """One node's registry. Feed it `take`, connect it with `watch`, read it with `render`.

    Runs on the event loop's thread only; nothing here blocks.
    """

    def __init__(self) -> None:
        # The `_created` series say when a counter began, in three times the text, and nobody reads them.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self.registry = CollectorRegistry()
        ended = ("cause", "ended_by")
        self._finished = Counter("softswitch_finished_calls", "Calls finished.", ended, registry=registry)
        self._turns = Turns(registry)
        self._pulled = Pulled()
        registry.register(self._pulled)
        ProcessCollector(registry=registry)
        fillers = "Fillers said because an answer was late."
        self.filled: Callable[[], None] = Counter("softswitch_fillers", fillers, registry=registry).inc
        """Count one filler."""
        self.commit_took = self._histogram(
            "softswitch_record_commit_seconds", "From an event to its commit in the database.", COMMIT_BUCKETS
        )
        self.action_waited = self._histogram(
            "softswitch_action_wait_seconds", "From a promise to the first attempt at it.", ACTION_BUCKETS
        )
        self.action_took = self._histogram(
            "softswitch_action_seconds", "How long an attempt at an action took.", ACTION_BUCKETS
        )
        self.lookup_took = self._histogram(
            "softswitch_lookup_seconds", "How long a request of a look-up took.", ACTION_BUCKETS
        )
        self.person_waited = self._histogram(
            "softswitch_queue_wait_seconds", "How long callers waited until they spoke.", TALK_BUCKETS
        )
        self.person_talked = self._histogram(
            "softswitch_talk_seconds", "How long callers spoke with a person.", TALK_BUCKETS
        )

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Observe:
        return Histogram(name, text, buckets=buckets, registry=self.registry).observe

    def take(self, event: SessionEvent) -> None:
        """Count one session event."""
        if isinstance(event, TurnFinished):
            self._turns.take(event)
        elif isinstance(event, CallFinished):
            self._turns.over(event.call_id)
            cause = str(event.ended.cause) if 0 < event.ended.cause < 128 else "other"
            self._finished.labels(cause, event.ended.ended_by.value).inc()

    def watch(self, name: str, read: Callable[[], Reading]) -> None:
        """Have the figure `name` (of figures.py) read by `read` at each scrape. KeyError: no such figure."""
        self._pulled.watch(name, read)

    def watch_pacing(self, read: Callable[[], Buckets]) -> None:
        """Have the gateway's frame intervals read at each scrape."""
        self._pulled.pacing = read

    def render(self) -> bytes:
        """All figures in the text format of CONTENT_TYPE."""
        return prometheus_client.generate_latest(self.registry)
