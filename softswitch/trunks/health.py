"""How a trunk is. Every transition stands here; no clock, no network.

A target (one address of a trunk) goes by answers and failures:

    unknown ──answer──> up                      unknown, up ──failure, slow answer──> degraded
    degraded ──`rise` quick answers──> up       any ──`fall` failures in a row──> down
    down ──`rise` answers──> up, or degraded when the last was slow

Answers and failures come from OPTIONS, from registrations and from calls alike. A trunk is what its targets
and its registration make of it, see `of_trunk`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from softswitch.trunks.settings import Health

LATENCIES = 50
"""Answers of which a target's latency is told."""
OUT_OF_SERVICE = frozenset({408, 502, 503, 504})
"""Statuses that say that the service, though something answers, is not there (RFC 3261, 21.4.9 and 21.5)."""


class State(StrEnum):
    UNKNOWN = "unknown"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target is, `since` when, and why it is not better (`error`).

    `failures` and `answers` are those in a row. `latencies` are the last ones in seconds, the newest last.
    """

    state: State
    since: float
    failures: int = 0
    answers: int = 0
    error: str = ""
    latencies: tuple[float, ...] = ()

    @property
    def is_failing(self) -> bool:
        """The last thing heard of it was a failure: calls had better go elsewhere."""
        return self.failures > 0 or self.state is State.DOWN

    @property
    def is_settled(self) -> bool:
        """Nothing is in the balance: the next answer or failure can wait for its regular time."""
        if self.state is State.DOWN:
            return self.answers == 0
        return self.failures == 0

    @property
    def latency(self) -> float | None:
        """Of the last answer, in seconds."""
        return self.latencies[-1] if self.latencies else None

    @property
    def median(self) -> float | None:
        return sorted(self.latencies)[len(self.latencies) // 2] if self.latencies else None


def unheard(now: float) -> Standing:
    return Standing(State.UNKNOWN, now)


def is_alive(status: int) -> bool:
    """Whether a final SIP status (0: none came) shows a target that works, be it with a refusal."""
    return status >= 200 and status not in OUT_OF_SERVICE


def answered(standing: Standing, latency: float | None, health: Health, now: float) -> Standing:
    """After an answer. `latency` in seconds, None where it says nothing, as for calls."""
    slow = latency is not None and latency > health.slow
    error = f"answers slowly: {1000 * latency:.0f} ms" if latency is not None and slow else ""
    latencies = standing.latencies if latency is None else (*standing.latencies, latency)[-LATENCIES:]
    heard = replace(standing, failures=0, latencies=latencies)
    match standing.state:
        case State.DOWN:
            answers = standing.answers + 1
            if answers < health.rise:
                return replace(heard, answers=answers)
            return _moved(heard, State.DEGRADED if slow else State.UP, error, now)
        case State.DEGRADED:
            answers = 0 if slow else standing.answers + 1
            if answers >= health.rise:
                return _moved(heard, State.UP, "", now)
            return replace(heard, answers=answers, error=error or standing.error)
        case _:
            return _moved(heard, State.DEGRADED if slow else State.UP, error, now)


def failed(standing: Standing, error: str, health: Health, now: float) -> Standing:
    """After a failure; `error` in words."""
    failures = standing.failures + 1
    is_down = standing.state is State.DOWN or failures >= health.fall
    heard = replace(standing, failures=failures)
    return _moved(heard, State.DOWN if is_down else State.DEGRADED, error, now)


def _moved(standing: Standing, state: State, error: str, now: float) -> Standing:
    since = standing.since if state is standing.state else now
    return replace(standing, state=state, since=since, error=error, answers=0)


def of_trunk(targets: Sequence[Standing], registration: State | None = None) -> State:
    """A trunk's state by those of its targets, and of its registration where it has one.

    Down: no target works, or no registrar accepts it. Degraded: it works, but not as it should: some
    target is down or slow, or the registration is being sought again.
    """
    states = {standing.state for standing in targets}
    by_targets = State.DEGRADED
    if states <= {State.UNKNOWN}:
        by_targets = State.UNKNOWN
    elif states == {State.DOWN}:
        by_targets = State.DOWN
    elif states <= {State.UP, State.UNKNOWN}:
        by_targets = State.UP
    if registration is None:
        return by_targets
    return max(by_targets, registration, key=_SEVERITY.index)


_SEVERITY = (State.UP, State.UNKNOWN, State.DEGRADED, State.DOWN)
