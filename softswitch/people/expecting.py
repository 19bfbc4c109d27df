"""How long a caller is going to wait: from talks that were measured, and from nothing else."""

from collections.abc import Sequence
from statistics import median

TALKS = 20
"""The last talks of a queue that are looked at."""


def expected_wait(position: int, agents: int, talks: Sequence[float], wrap_up: float) -> float | None:
    """Seconds until it is the turn of who stands at `position` (from 1), with so many agents at work.

    `talks` are the lengths of the queue's last ones. With n agents one is free again every
    (talk + wrap-up) / n on average, and who is first waits for the next. None where nothing is known: no talk
    yet, or nobody there.
    """
    if not talks or agents < 1 or position < 1:
        return None
    return position * (median(talks) + wrap_up) / agents
