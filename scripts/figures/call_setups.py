"""How many calls per second a node sets up without a fault; and with many trunks, each call checked."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node
from figures.sipp import Crowd, Outcome

RATES = (50, 100, 125, 150, 175, 200, 250, 300)
RUN_S = 10.0
CALL_S = 1.0
MAX_CALLS = 600
TRUNKS = 200


def setups(workshop: Workshop, trunks: int = 0) -> Sequence[float]:
    """The highest rate before the first at which a call failed or SIPp got what it did not expect.

    0 when there was none. One node takes all rates, and takes them without its own limit on set-ups.
    """
    highest = 0.0
    settings = [f"media.max_calls={MAX_CALLS}", "media.setups_per_second=1000"]
    if trunks:
        settings += [f"trunks_file={_file(workshop.folder, trunks)}", "sip.allow=192.0.2.0/24"]
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


def _file(folder: Path, trunks: int) -> Path:
    """The callers' trunk, with limits, believed and numbers rewritten, among many others."""
    callers: dict[str, object] = {
        "allow": "127.0.0.1/32",
        "limits": {"calls": MAX_CALLS, "calls_per_second": 1000},
        "numbers": {"country": "GB", "rewrite_in": [{"match": "sipp(.*)", "to": "\\1"}]},
    }
    others: list[dict[str, object]] = [{"allow": f"198.51.{number}.0/24"} for number in range(trunks - 1)]
    named = [{"name": f"trunk-{number}", "kind": "ip", **it} for number, it in enumerate([*others, callers])]
    path = folder / "trunks.yaml"
    path.write_text(json.dumps({"trunks": named}, indent=1))
    return path


SETUPS = Measurement(
    f"call set-ups per second, {RUN_S:g} s at each rate",
    (Spec("call set-ups, clean", "1/s", at_least=150),),
    setups,
)
CHECKED = Measurement(
    f"call set-ups per second with {TRUNKS} trunks and all checks on, {RUN_S:g} s at each rate",
    (Spec("call set-ups with trunks and all checks, clean", "1/s", at_least=150),),
    partial(setups, trunks=TRUNKS),
)
