"""More calls than the node can carry: each one beyond gets 503 with Retry-After, and the others go on."""

import re
import time

import pytest
from conftest import StartNode
from node import Node, children, resident_mb, wait_for
from sipp import RtpSink, Sipp

FLOOD_S = 10
INTERVAL = re.compile(r'softswitch_frame_interval_seconds_bucket\{le="(.+)"\}')


def pacing(node: Node) -> dict[float, float]:
    """Frames so far that came within so many seconds of the one before."""
    samples = ((INTERVAL.match(name), value) for name, value in node.metrics().items())
    return {float(found[1].replace("+Inf", "inf")): value for found, value in samples if found}


def percentile_99(before: dict[float, float], after: dict[float, float]) -> float:
    """The least bound that 99 % of the frames between two looks came within."""
    counts = {bound: after[bound] - before[bound] for bound in after}
    assert counts[float("inf")] > 100
    return min(bound for bound, count in counts.items() if count >= 0.99 * counts[float("inf")])


@pytest.mark.slow
def test_the_call_beyond_max_calls_gets_503_until_there_is_room(start_node: StartNode):
    node = start_node("media.max_calls=5", "media.retry_after=7s")
    with Sipp("call", node.sip_port, calls=5, rate=50, last_ms=3000) as five:
        node.wait_for_calls(5, live=True)
        Sipp("busy", node.sip_port).wait()
        five.wait()
    node.wait_for_calls(5)
    Sipp("call", node.sip_port, calls=5, rate=50, last_ms=300).wait()
    assert node.metrics()['softswitch_refused_calls_total{status="503"}'] == 1
    assert len(node.calls()) == 10


@pytest.mark.slow
def test_a_flood_is_refused_and_does_not_touch_the_calls_that_are_up(start_node: StartNode):
    node = start_node("media.max_calls=5")
    with (
        RtpSink() as sink,
        Sipp("call", node.sip_port, calls=5, rate=50, last_ms=25_000, rtp_port=sink.port) as five,
    ):
        node.wait_for_calls(5, live=True)
        # The first flood takes memory for as many transactions as linger (RFC 3261, timers G to I).
        Sipp("busy", node.sip_port, calls=200 * FLOOD_S, rate=200).wait()
        gateway, control, before = node.gateway_pid, node.control_pid, pacing(node)
        memory = {pid: resident_mb(pid) for pid in (gateway, control)}
        heard, began = sink.packets, time.monotonic()
        Sipp("busy", node.sip_port, calls=200 * FLOOD_S, rate=200).wait()
        expected = 5 * 50 * (time.monotonic() - began)
        assert sink.packets - heard > 0.9 * expected
        p99 = percentile_99(before, pacing(node))
        five.wait()
    assert p99 <= 0.04, f"99 % of the frames came within {p99 * 1000:g} ms"
    assert (node.gateway_pid, node.control_pid) == (gateway, control)
    for pid, mb in memory.items():
        assert resident_mb(pid) < 1.1 * mb + 2, f"{children(node.pid)[pid]} grew from {mb:.1f} MB"
    metrics = node.metrics()
    assert metrics["softswitch_ring_underruns_total"] == 0
    assert metrics['softswitch_refused_calls_total{status="503"}'] == 200 * FLOOD_S * 2
    calls = node.wait_for_calls(5)
    assert [(call.ended_by, call.cause) for call in calls] == [("caller", 16)] * 5
    wait_for(lambda: node.calls_up() == 0, "nothing is left of the calls")
