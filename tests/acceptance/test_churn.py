"""Thousands of calls that come and go: no crash, no growth, every one of them closed in the records."""

import pytest
from conftest import StartNode
from node import resident_mb, wait_for
from sipp import Sipp

CALLS, RATE, LAST_MS = 2000, 20, 1000
WARM = 1000
"""Transactions linger for 32 s (RFC 3261, timer J): memory is steady after 640 calls."""
GROWTH = 1.05


@pytest.mark.slow
def test_two_thousand_calls_leave_nothing_behind(start_node: StartNode):
    # PJSIP numbers calls in a circle of max_calls and some spare ones: few, so that numbers come again often.
    node = start_node("media.max_calls=50")
    gateway, control = node.gateway_pid, node.control_pid
    Sipp("call", node.sip_port, calls=WARM, rate=RATE, last_ms=LAST_MS).wait()
    memory = {"gateway": resident_mb(gateway), "control": resident_mb(control)}
    Sipp("call", node.sip_port, calls=CALLS - WARM, rate=RATE, last_ms=LAST_MS, timeout=180).wait()
    after = {"gateway": resident_mb(gateway), "control": resident_mb(control)}
    assert (node.gateway_pid, node.control_pid) == (gateway, control)
    print("MB after", WARM, memory, "after", CALLS, after)
    for process, mb in memory.items():
        assert after[process] < GROWTH * mb, f"{process} grew from {mb:.1f} to {after[process]:.1f} MB"
    calls = node.wait_for_calls(CALLS)
    assert {(call.ended_by, call.cause) for call in calls} == {("caller", 16)}
    assert all(call.codec == "PCMU" and call.turns == 1 for call in calls)
    assert all(call.packets_sent > 25 for call in calls), "a call had no audio"
    wait_for(lambda: node.calls_up() == 0, "no call is left")
    metrics = node.metrics()
    assert metrics['softswitch_sink_queue_depth{sink="records"}'] == 0
    assert metrics["softswitch_ring_underruns_total"] == 0
