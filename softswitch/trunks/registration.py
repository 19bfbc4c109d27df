"""One trunk's registration: where, when, and what then. Every transition stands here; no clock, no network.

    idle ──a target──> registering ──200──> registered (refreshed by the gateway)
    registering ──timeout, 5xx──> registering at the next target; after the last: waiting
    registering ──refused (4xx, 6xx)──> waiting
    waiting ──back-off──> registering, the first target again
    registered ──refresh failed or not reported, target down──> registering at the next target
    registered elsewhere ──the first target well for RETURN_AFTER──> registering at the first target

RFC 3261 section 10.2; waits double from FIRST_WAIT to LONGEST_WAIT, each 20 % more or less by chance, so that
a registrar that comes back is not met by everybody at once (RFC 5626 section 4.5 has the same thought).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from softswitch.trunks.health import Standing, State
from softswitch.trunks.targets import Target

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
FIRST_WAIT_REFUSED, LONGEST_WAIT_REFUSED = 30.0, 900.0
"""A registrar that refuses what we are will go on doing so, and may ban who asks too often."""
JITTER = 0.2
RETURN_AFTER = 60.0
"""A registrar that failed must have been well for so long before it is gone back to."""
LATE = 40.0
"""A refresh is sent before the registration expires and is reported at the latest 32 s later (Timer F)."""
CREDENTIALS = frozenset({401, 403, 407})
TIMEOUT = 0

Chance = Callable[[], float]
"""A random number from 0 to 1, as random.random gives."""


class Phase(StrEnum):
    IDLE = "idle"
    REGISTERING = "registering"
    REGISTERED = "registered"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Registration:
    """`since` is when the phase began, `due` when something must happen: an answer while registering, the
    next try while waiting. `expires_at` is what the registrar granted, 0 when it granted nothing yet.

    `attempt` grows with each try. `failures` counts rounds through the targets that failed in a row.
    `tried` are those that failed in this round. `status` and `reason` are the last answer's (0: none came).
    """

    since: float
    phase: Phase = Phase.IDLE
    target: Target | None = None
    attempt: int = 0
    failures: int = 0
    tried: tuple[Target, ...] = ()
    due: float = 0.0
    expires_at: float = 0.0
    status: int | None = None
    reason: str = ""

    @property
    def register_at(self) -> Target | None:
        """Where the gateway is to be registered now."""
        return self.target if self.phase in (Phase.REGISTERING, Phase.REGISTERED) else None

    @property
    def state(self) -> State:
        """What it makes of its trunk's health."""
        if self.phase is Phase.REGISTERED:
            return State.UP
        if self.failures:
            return State.DOWN
        return State.DEGRADED if self.tried else State.UNKNOWN


def started(before: Registration, targets: Sequence[Target], now: float, patience: float) -> Registration:
    """Seek a registration from the first target on; idle when there is none.

    `patience`: seconds for an answer, after which the next target is tried.
    """
    if not targets:
        return Registration(now, attempt=before.attempt)
    return _trying(replace(before, tried=()), targets[0], now, patience)


def heard(
    before: Registration,
    status: int,
    reason: str,
    targets: Sequence[Target],
    now: float,
    patience: float,
    chance: Chance,
    *,
    expires: float = 0.0,
    retry_after: float = 0.0,
) -> Registration:
    """After the gateway's word about the present target: status 200, or why not (0: no answer)."""
    if before.register_at is None:
        return before  # it answers a try that was given up
    told = replace(before, status=status, reason=reason)
    if 200 <= status < 300:
        since = before.since if before.phase is Phase.REGISTERED else now
        return replace(
            told, phase=Phase.REGISTERED, since=since, expires_at=now + expires, failures=0, tried=()
        )
    tried = (*before.tried, before.register_at)
    following = [target for target in targets if target not in tried]
    if _another_may_do(status) and following:
        return _trying(replace(told, tried=tried, expires_at=0.0), following[0], now, patience)
    return replace(
        told,
        phase=Phase.WAITING,
        since=now,
        tried=tried,
        failures=before.failures + 1,
        expires_at=0.0,
        due=now + max(min(retry_after, LONGEST_WAIT_REFUSED), wait(before.failures, status, chance)),
    )


def passed(
    before: Registration,
    targets: Sequence[Target],
    standings: Mapping[Target, Standing],
    now: float,
    patience: float,
    chance: Chance,
) -> Registration:
    """After time has passed, targets have changed, or their standings have. The same one when all is well."""
    if before.phase is Phase.IDLE:
        return started(before, targets, now, patience) if targets else before
    if before.target not in targets and before.phase is not Phase.WAITING:
        return started(before, targets, now, patience)
    if before.phase is Phase.REGISTERED and now < before.expires_at + LATE:
        better = _better(before, targets, standings, now)
        return before if better is None else _trying(before, better, now, patience)
    if before.phase is not Phase.REGISTERED and now < before.due:
        return before
    if before.phase is Phase.WAITING:
        return started(before, targets, now, patience)
    return heard(before, TIMEOUT, "", targets, now, patience, chance)


def wait(failures: int, status: int, chance: Chance) -> float:
    """Seconds until the next try after `failures` earlier ones in a row, the last one with this status."""
    refused = status in CREDENTIALS
    first, longest = (FIRST_WAIT_REFUSED, LONGEST_WAIT_REFUSED) if refused else (FIRST_WAIT, LONGEST_WAIT)
    whole = min(longest, first * 2.0 ** min(failures, 20))
    return whole * (1 - JITTER + 2 * JITTER * chance())


def _trying(before: Registration, target: Target, now: float, patience: float) -> Registration:
    return replace(
        before,
        phase=Phase.REGISTERING,
        since=now,
        target=target,
        attempt=before.attempt + 1,
        due=now + patience,
    )


def _another_may_do(status: int) -> bool:
    return status in (TIMEOUT, 408) or 500 <= status < 600


def _better(
    before: Registration, targets: Sequence[Target], standings: Mapping[Target, Standing], now: float
) -> Target | None:
    """A target to be registered with rather than the present one: it is down and another is not, or an
    earlier one has been well for long enough.
    """
    present = standings.get(before.target) if before.target else None
    for target in targets:
        if target == before.target:
            if present is None or present.state is not State.DOWN:
                return None
            continue
        standing = standings.get(target)
        if standing is None:
            continue
        well = standing.state is State.UP and now - standing.since >= RETURN_AFTER
        if well or (present and present.state is State.DOWN and standing.state is not State.DOWN):
            return target
    return None
