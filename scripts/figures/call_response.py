"""End of the caller's speech to the first audio of a cached answer, as the caller hears it."""

from collections.abc import Sequence
from itertools import cycle, islice

from figures import callers
from figures.callers import Job, Words
from figures.figure import Measurement, Spec, Workshop, percentile
from figures.node import Node

WORDS = ("agent", "balance", "close", "delivery", "hotel", "order", "taxi", "weather")
SILENCE_MS = 200.0
"""`speech_complete_timeout` of the bench's dialplan: what is waited for on purpose."""


def words(count: int, start: int = 0) -> Words:
    """So many utterances of one word, each of them an intent of the dialplan `turns`."""
    return [(word, None) for word in islice(cycle(WORDS), start, start + count)]


def responses(node: Node, calls: int, turns: int, stagger: float) -> list[float]:
    """The response times in ms of all turns of so many calls. A turn without an answer ends it all."""
    scripts = [words(turns, start) for start in range(calls)]
    reports = callers.hold(Job(node.uri, scripts, stagger), limit_s=60 + calls * stagger + 5 * turns)
    return [turn["response_ms"] for turn in callers.turns_of(reports)]


def alone(workshop: Workshop) -> Sequence[float]:
    """Four calls of 26 turns, one after the other."""
    times: list[float] = []
    with Node(workshop, "turns") as node:
        for number in range(4):
            times += responses(node, 1, 26, 0.0)
            workshop.tell(f"call {number + 1} of 4: {len(times)} turns so far")
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    return (p50, p99, p50 - SILENCE_MS, p99 - SILENCE_MS)


def twenty(workshop: Workshop) -> Sequence[float]:
    """20 calls of 12 turns each, begun 0.13 s apart so that their turns do not coincide."""
    with Node(workshop, "turns") as node:
        times = responses(node, 20, 12, 0.13)
    return (percentile(times, 0.5), percentile(times, 0.99))


ALONE = Measurement(
    "end of speech to a cached answer, 1 call: 104 turns",
    (
        Spec("response p50", "ms", at_most=300),
        Spec("response p99", "ms", at_most=400),
        Spec("response beyond silence p50", "ms", at_most=60),
        Spec("response beyond silence p99", "ms", at_most=120),
    ),
    alone,
)
TWENTY = Measurement(
    "end of speech to a cached answer, 20 calls at once: 240 turns",
    (
        Spec("response of 20 at once p50", "ms"),
        Spec("response of 20 at once p99", "ms", at_most=500),
    ),
    twenty,
)
