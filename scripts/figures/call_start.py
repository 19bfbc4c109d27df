"""From starting `softswitch serve` to the node being ready, its prompts on disk."""

from collections.abc import Sequence
from statistics import median

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node

STARTS = 5


def start(workshop: Workshop) -> Sequence[float]:
    """The bundled dialplan `reception`: one start to render its prompts, then five that count."""
    times = []
    for _ in range(1 + STARTS):
        with Node(workshop, "reception") as node:
            times.append(node.start_s)
    return (median(times[1:]),)


START = Measurement(
    f"start of a node, prompts cached: median of {STARTS}",
    (Spec("start, prompts cached", "s", at_most=3),),
    start,
)
