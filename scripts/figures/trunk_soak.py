"""50,000 calls of mixed kinds, 100 a second: does memory stay where it was after the first 5,000?"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from figures.call_media import line_noise
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, memory_mb, wait_for
from figures.sipp import Crowd, Outcome

CALLS = 50_000
FIRST = 5_000
STRANGER = "127.0.0.9"


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls of one sort: their share of all, how long each is up, and SIPp's scenario for them."""

    share: float
    seconds: float
    scenario: str = ""
    address: str = "127.0.0.1"


KINDS = (
    Kind(0.40, 1.0),
    Kind(0.10, 0.2, "changes"),
    Kind(0.15, 0.0),
    Kind(0.15, 2.0, "talk"),
    Kind(0.10, 0.0, "unheard"),
    Kind(0.10, 0.0, "stranger", STRANGER),
)
PER_SECOND = 100.0


def soak(workshop: Workshop, total: int = CALLS, first: int = FIRST) -> Sequence[float]:
    """Growth in % of each process's resident memory after the first calls, and the calls that failed."""
    settings = ("sip.allow=127.0.0.1/32", f"bans.never={STRANGER}/32", "media.max_calls=400")
    with Node(workshop, "turns", *settings) as node:
        failed = run(workshop, node, first)
        before = memory_mb(node)
        workshop.tell(f"gateway {before[0]:.1f} MB, control {before[1]:.1f} MB; {total} calls in all")
        failed += run(workshop, node, total - first)
        after = memory_mb(node)
        workshop.tell(f"gateway {after[0]:.1f} MB, control {after[1]:.1f} MB")
    growth = [100 * (now / then - 1) for then, now in zip(before, after, strict=True)]
    return (*growth, failed)


def run(workshop: Workshop, node: Node, calls: int) -> int:
    """All kinds side by side until the last call is over for the node too; how many failed."""
    crowds = [
        Crowd(
            workshop,
            node,
            calls=round(kind.share * calls),
            rate=kind.share * PER_SECOND,
            seconds=kind.seconds,
            scenario=kind.scenario,
            address=kind.address,
        )
        for kind in KINDS
    ]
    outcomes: list[Outcome] = []
    for crowd in crowds:
        (crowd.folder / "noise.ul").write_bytes(line_noise(8000 * 10))
        crowd.start()
    waiting = [threading.Thread(target=lambda crowd=crowd: outcomes.append(crowd.wait())) for crowd in crowds]
    try:
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
    finally:
        for crowd in crowds:
            crowd.stop()
    wait_for(lambda: node.calls_up() == 0, "all calls have ended", 30, every=0.5)
    for outcome in outcomes:
        if outcome.refused:
            workshop.tell(f"SIPp did not expect: {outcome.refused[:200]}")
    return sum(round(kind.share * calls) for kind in KINDS) - sum(outcome.succeeded for outcome in outcomes)


SOAK = Measurement(
    f"soak: {CALLS} calls of {len(KINDS)} kinds at {PER_SECOND:g}/s",
    (
        Spec("mixed soak, growth of the gateway's memory", "%", at_most=5),
        Spec("mixed soak, growth of control's memory", "%", at_most=5),
        Spec("mixed soak, calls failed", "calls", at_most=0),
    ),
    soak,
)
