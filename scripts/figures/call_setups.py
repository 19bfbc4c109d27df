"""How many calls per second a node sets up without a fault."""

from collections.abc import Sequence

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node
from figures.sipp import Crowd, Outcome

RATES = (50, 100, 125, 150, 175, 200, 250, 300)
RUN_S = 10.0
CALL_S = 1.0
MAX_CALLS = 600


def setups(workshop: Workshop) -> Sequence[float]:
    """The highest rate before the first at which a call failed or SIPp got what it did not expect.

    0 when there was none. One node takes all rates, and takes them without its own limit on set-ups.
    """
    highest = 0.0
    settings = (f"media.max_calls={MAX_CALLS}", "media.setups_per_second=1000")
    with Node(workshop, "turns", *settings) as node:
        for rate in RATES:
            outcome = at_rate(workshop, node, rate)
            workshop.tell(
                f"{rate} set-ups/s: {outcome.succeeded} calls, {outcome.failed} failed, "
                f"{outcome.retransmissions} retransmissions"
            )
            if not outcome.clean:
                break
            highest = rate
    return (highest,)


def at_rate(workshop: Workshop, node: Node, rate: float) -> Outcome:
    """10 s of calls that are answered with the greeting and last a second."""
    crowd = Crowd(workshop, node, calls=round(rate * RUN_S), rate=rate, seconds=CALL_S)
    crowd.start()
    try:
        return crowd.wait()
    finally:
        crowd.stop()


SETUPS = Measurement(
    f"call set-ups per second, {RUN_S:g} s at each rate",
    (Spec("call set-ups, clean", "1/s", at_least=150),),
    setups,
)
