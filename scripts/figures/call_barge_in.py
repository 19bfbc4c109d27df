"""Barge-in: from the caller's first sound to the prompt's last, as the caller hears it."""

from collections.abc import Sequence

from figures import callers
from figures.call_response import WORDS
from figures.callers import Job, Words
from figures.figure import Measurement, Spec, Workshop, percentile
from figures.node import Node
from softswitch.errors import SoftswitchError

CALLS, TURNS = 4, 16


def script() -> Words:
    """Ask for a sentence of seven seconds, then interrupt it, which has it begin again.

    Eight words, each at another place: 0.40 s to 1.15 s after the prompt began.
    """
    interruptions = [(WORDS[turn % len(WORDS)], 0.4 + 0.05 * (turn * 7 % TURNS)) for turn in range(TURNS)]
    return [("everything", None), *interruptions]


def barge_in(workshop: Workshop) -> Sequence[float]:
    times: list[float] = []
    with Node(workshop, "turns") as node:
        for number in range(CALLS):
            turns = callers.turns_of(callers.hold(Job(node.uri, [script()]), limit_s=200))
            times += [_silent_after(turn) for turn in turns[1:]]
            workshop.tell(f"call {number + 1} of {CALLS}: {len(times)} interruptions so far")
    return (percentile(times, 0.99),)


def _silent_after(turn: dict[str, float | None]) -> float:
    if turn["barge_in_ms"] is None:
        raise SoftswitchError("a prompt had ended before it was interrupted")
    return turn["barge_in_ms"]


BARGE_IN = Measurement(
    f"caller's speech to silence of the prompt: {CALLS * TURNS} interruptions",
    (Spec("barge-in p99", "ms", at_most=150),),
    barge_in,
)
