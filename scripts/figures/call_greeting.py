"""The answer (200 OK) to the greeting's first audio, as the caller hears it."""

from collections.abc import Sequence

from figures import callers
from figures.callers import Job
from figures.figure import Measurement, Spec, Workshop, percentile
from figures.node import Node
from softswitch.errors import SoftswitchError

CALLS = 60


def greeting(workshop: Workshop) -> Sequence[float]:
    """60 calls, begun 0.4 s apart, that listen to the greeting and hang up."""
    with Node(workshop, "turns") as node:
        reports = callers.hold(Job(node.uri, [[]] * CALLS, 0.4), limit_s=120)
    callers.turns_of(reports)
    times = [report["call"]["greeting_ms"] for report in reports]
    if None in times:
        raise SoftswitchError(f"{times.count(None)} of {CALLS} calls heard no greeting")
    return (percentile(times, 0.99),)


GREETING = Measurement(
    f"answer to first audio of the greeting: {CALLS} calls",
    (Spec("greeting p99", "ms", at_most=100),),
    greeting,
)
