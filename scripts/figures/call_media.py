"""What audio costs the gateway, and how evenly its clock ticks: 150 calls of two-way PCMU."""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, cpu_seconds, wait_for
from figures.sipp import Crowd
from softswitch.errors import SoftswitchError
from softswitch.store.queries import CallRecord

CALLS = 150
SETUP_RATE = 30.0
WINDOW_S = 30.0
CALL_S = CALLS / SETUP_RATE + WINDOW_S + 15
"""The announcement is longer than this, so that every frame of the window is speech."""
NOISE_S = 10
MIN_SHARE = 0.95
"""Of the packets that a call's length allows for, so many must have gone each way."""
PACING = 'softswitch_frame_interval_seconds_bucket{le="%s"}'


def audio(workshop: Workshop, busy: bool) -> Sequence[float]:
    """CPU ms per call and second, p99 of frame intervals in ms, frames that a caller lacked."""
    with Node(workshop, "announcement", f"media.max_calls={CALLS}", busy=busy) as node:
        crowd = Crowd(workshop, node, calls=CALLS, rate=SETUP_RATE, seconds=CALL_S, scenario="talk")
        (crowd.folder / "noise.ul").write_bytes(line_noise(8000 * NOISE_S))
        crowd.start()
        try:
            wait_for(lambda: node.calls_up() == CALLS, f"{CALLS} calls are up", 30, every=0.5)
            workshop.tell(f"{CALLS} calls are up; measuring for {WINDOW_S:g} s")
            values = _window(node)
            outcome = crowd.wait()
        finally:
            crowd.stop()
        if not outcome.clean:
            raise SoftswitchError(f"{outcome.failed} calls failed: {outcome.refused}")
        _check_flow(node)
    return values


def _window(node: Node) -> Sequence[float]:
    time.sleep(2)  # what setting up the last calls left to do is over
    before, cpu, began = node.metrics(), cpu_seconds(node.gateway_pid), time.monotonic()
    time.sleep(WINDOW_S)
    spent, lasted, after = cpu_seconds(node.gateway_pid) - cpu, time.monotonic() - began, node.metrics()
    underruns = "softswitch_ring_underruns_total"
    return (
        1000 * spent / CALLS / lasted,
        1000 * pacing_p99(before, after),
        after[underruns] - before[underruns],
    )


def pacing_p99(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """The 99th percentile in seconds between two scrapes, interpolated within its bucket.

    The last finite bound (0.1 s) where it lies beyond that.
    """
    prefix, suffix = PACING.split("%s")
    bounds = sorted(float(name[len(prefix) : -len(suffix)]) for name in after if name.startswith(prefix))
    names = {float(name[len(prefix) : -len(suffix)]): name for name in after if name.startswith(prefix)}
    counts = [after[names[bound]] - before[names[bound]] for bound in bounds]
    if not counts or not counts[-1]:
        raise SoftswitchError("the media clock did not tick")
    wanted, lower, below = 0.99 * counts[-1], 0.0, 0.0
    for bound, count in zip(bounds, counts, strict=True):
        if count >= wanted:
            return (
                lower
                if bound == float("inf")
                else lower + (bound - lower) * (wanted - below) / (count - below)
            )
        lower, below = bound, count
    return lower


def _check_flow(node: Node) -> None:
    """Both directions really carried audio: the node's own RTCP statistics of every call say so."""
    calls = wait_for(lambda: _all_ended(node), "the records are complete", 20)
    for call in calls:
        assert call.ended_at and call.answered_at
        due = 50 * (call.ended_at - call.answered_at) * MIN_SHARE
        if min(call.packets_received, call.packets_sent) < due:
            raise SoftswitchError(
                f"a call of {due / 50 / MIN_SHARE:.0f} s had {call.packets_received} packets in and "
                f"{call.packets_sent} out: audio did not flow both ways"
            )


def _all_ended(node: Node) -> list[CallRecord]:
    """The records of all calls once they have ended, nothing before."""
    ended = [call for call in node.records() if call.ended_at]
    return ended if len(ended) >= CALLS else []


def line_noise(samples: int) -> bytes:
    """White noise at about -50 dBFS as G.711 mu-law octets: no digital silence, and no speech either.

    So quiet a signal lies in the code's lowest segments: 8 steps of 16 bits each, then 16.
    """
    linear = np.random.default_rng(1).normal(0.0, 100.0, samples).clip(-2000, 2000).astype(np.int32)
    biased = np.abs(linear) + 132
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 15
    coded = ~(np.where(linear < 0, 128, 0) | (exponent << 4) | mantissa) & 255
    return bytes(coded.astype(np.uint8))


QUIET = Measurement(
    f"{CALLS} calls with audio both ways",
    (
        Spec(f"gateway CPU per call-second, {CALLS} calls", "ms", at_most=2.0),
        Spec(f"frame pacing p99, {CALLS} calls", "ms", at_most=22),
        Spec(f"underruns, {CALLS} calls", "frames", at_most=0),
    ),
    partial(audio, busy=False),
)
BUSY = Measurement(
    f"{CALLS} calls with audio both ways, control kept busy by a spinning thread",
    (
        Spec(f"gateway CPU per call-second, {CALLS} calls, control busy", "ms", at_most=2.0),
        Spec(f"frame pacing p99, {CALLS} calls, control busy", "ms", at_most=22),
        Spec(f"underruns, {CALLS} calls, control busy", "frames", at_most=0),
    ),
    partial(audio, busy=True),
)
