"""Connects what the parts know about themselves to the metrics and to /readyz."""

from itertools import accumulate

from softswitch.app.calls import Calls
from softswitch.app.engines import Engines
from softswitch.app.publishing import Publishing
from softswitch.app.recorder import Recorder
from softswitch.app.reloading import Loader
from softswitch.gateway.link import GatewayLink
from softswitch.gateway.rings import PACING_BOUNDS_MS, Node, Region
from softswitch.publish.http import MetricsServer
from softswitch.publish.metrics import Metrics
from softswitch.store.journal import Journal


def watch(
    metrics: Metrics,
    region: Region,
    engines: Engines,
    loader: Loader,
    calls: Calls,
    recorder: Recorder,
    journal: Journal,
    mqtt: Publishing | None,
) -> None:
    """Have every figure of the node read at each scrape."""
    _watch_calls(metrics, loader, calls)
    _watch_media(metrics, region)
    _watch_speech(metrics, engines)
    _watch_records(metrics, recorder, journal, mqtt)


def _watch_calls(metrics: Metrics, loader: Loader, calls: Calls) -> None:
    metrics.watch("softswitch_calls", calls.by_state)
    metrics.watch("softswitch_refused_calls_total", lambda: dict(calls.refused))
    metrics.watch("softswitch_dialplan_info", lambda: _versions(loader))
    metrics.watch("softswitch_dialplan_reloads_total", lambda: dict(loader.reloads))


def _watch_media(metrics: Metrics, region: Region) -> None:
    """What gateway and supervisor count in the shared memory."""
    node = region.node
    metrics.watch("softswitch_ring_underruns_total", lambda: node[Node.UNDERRUNS])
    metrics.watch("softswitch_uplink_frames_lost_total", lambda: node[Node.FRAMES_DROPPED])
    metrics.watch(
        "softswitch_restarts_total",
        lambda: {"gateway": node[Node.GATEWAY_RESTARTS], "control": node[Node.CONTROL_RESTARTS]},
    )
    metrics.watch_pacing(lambda: _cumulative(region.pacing()))


def _watch_speech(metrics: Metrics, engines: Engines) -> None:
    pool = engines.pool
    metrics.watch("softswitch_speech_workers", lambda: pool.workers)
    metrics.watch("softswitch_speech_busy_workers", lambda: pool.busy)
    metrics.watch("softswitch_speech_waiting_jobs", lambda: pool.waiting)
    metrics.watch("softswitch_said_total", lambda: dict(engines.prompts.uses))
    metrics.watch("softswitch_said_bytes", lambda: engines.prompts.said.bytes)
    metrics.watch("softswitch_recognizer_backlog_seconds", lambda: engines.shelf.backlog)


def _watch_records(metrics: Metrics, recorder: Recorder, journal: Journal, mqtt: Publishing | None) -> None:
    metrics.watch("softswitch_sink_queue_depth", lambda: _by_sink(recorder.depth, mqtt, "depth"))
    metrics.watch("softswitch_database_away", lambda: recorder.is_away)
    metrics.watch("softswitch_journal_events", lambda: journal.pending)
    metrics.watch("softswitch_journal_bytes", lambda: journal.size)
    metrics.watch("softswitch_events_dropped_total", lambda: _by_sink(recorder.rejected, mqtt, "dropped"))


def require(server: MetricsServer, link: GatewayLink, recorder: Recorder) -> None:
    """What must be so for this node to take calls."""
    server.require("gateway", lambda: "" if link.connected else "away; new calls hear the holding line")
    server.require("records", lambda: "" if recorder.has_room else "too many wait for the database")


def _versions(loader: Loader) -> dict[tuple[str, str], float]:
    return dict.fromkeys(loader.dialplans.keys, 1.0)


def _by_sink(records: int, mqtt: Publishing | None, attribute: str) -> dict[str, float]:
    return {"records": records} | ({"mqtt": getattr(mqtt, attribute)} if mqtt else {})


def _cumulative(counts: list[int]) -> list[tuple[float, int]]:
    return list(zip((*PACING_BOUNDS_MS, float("inf")), accumulate(counts), strict=True))
