"""100,000 mutated SIP messages and SDP bodies beside a call that must not notice."""

from collections.abc import Sequence

from figures import hostile
from figures.call_media import NOISE_S, line_noise, pacing_p99
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, wait_for
from figures.sipp import Crowd

MESSAGES = 100_000
PER_SECOND = 2000.0
CALL_S = MESSAGES / PER_SECOND + 15
UNDERRUNS = "softswitch_ring_underruns_total"


def fuzz(workshop: Workshop) -> Sequence[float]:
    """Lost calls, restarts of the gateway, p99 of frame intervals in ms, frames that the caller lacked."""
    settings = ("media.max_calls=20", "media.setups_per_second=20")
    with Node(workshop, "announcement", *settings) as node:
        crowd = Crowd(workshop, node, calls=1, rate=1, seconds=CALL_S, scenario="talk")
        (crowd.folder / "noise.ul").write_bytes(line_noise(8000 * NOISE_S))
        crowd.start()
        try:
            wait_for(lambda: node.calls_up() == 1, "the call is up", 10)
            before = node.metrics()
            hostile.send(hostile.mutations(MESSAGES), node.sip_port, PER_SECOND)
            after = node.metrics()
            outcome = crowd.wait()
        finally:
            crowd.stop()
        restarts = 'softswitch_restarts_total{process="gateway"}'
        return (
            float(not outcome.clean),
            after[restarts] - before[restarts],
            1000 * pacing_p99(before, after),
            after[UNDERRUNS] - before[UNDERRUNS],
        )


FUZZ = Measurement(
    f"{MESSAGES:,} mutated messages beside a call",
    (
        Spec("calls lost, fuzz", "calls", at_most=0),
        Spec("gateway restarts, fuzz", "times", at_most=0),
        Spec("frame pacing p99, fuzz", "ms", at_most=22),
        Spec("underruns, fuzz", "frames", at_most=0),
    ),
    fuzz,
)
