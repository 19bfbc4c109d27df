"""20,000 calls at 20 per second: does memory stay where it is, and does every call succeed?"""

from collections.abc import Sequence

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, memory_mb, wait_for
from figures.sipp import Crowd

CALLS = 20_000
RATE = 20.0
CALL_S = 1.0
WARM_UP = 0.1
"""After this share of the calls every pool is as large as it gets, and memory is weighed first."""


def soak(workshop: Workshop, total: int = CALLS) -> Sequence[float]:
    """Growth in % of each process's resident memory after the warm-up, and the calls that failed."""
    with Node(workshop, "turns") as node:
        _, failed_first = _run(workshop, node, round(total * WARM_UP))
        before = memory_mb(node)
        workshop.tell(f"gateway {before[0]:.1f} MB, control {before[1]:.1f} MB; {total} calls in all")
        succeeded, failed = _run(workshop, node, round(total * (1 - WARM_UP)))
        after = memory_mb(node)
        workshop.tell(f"gateway {after[0]:.1f} MB, control {after[1]:.1f} MB after {succeeded} more")
    growth = [100 * (now / then - 1) for then, now in zip(before, after, strict=True)]
    return (*growth, failed_first + failed)


def _run(workshop: Workshop, node: Node, calls: int) -> tuple[int, int]:
    """Returns when the last call is over for the node too; how many calls succeeded, and how many failed."""
    crowd = Crowd(workshop, node, calls=calls, rate=RATE, seconds=CALL_S)
    crowd.start()
    try:
        outcome = crowd.wait()
    finally:
        crowd.stop()
    wait_for(lambda: node.calls_up() == 0, "all calls have ended", 30, every=0.5)
    return outcome.succeeded, outcome.failed


SOAK = Measurement(
    f"soak: {CALLS} calls at {RATE:g}/s",
    (
        Spec("soak, growth of the gateway's memory", "%", at_most=5),
        Spec("soak, growth of control's memory", "%", at_most=5),
        Spec("soak, calls failed", "calls", at_most=0),
    ),
    soak,
)
