"""What a node says of its trunks: to `softswitch trunk status`, and to the metrics. Never a password."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from softswitch.app.trunking.managed import Managed
from softswitch.app.trunking.trunking import Trunking
from softswitch.trunks.health import Standing, State
from softswitch.trunks.registration import Phase
from softswitch.trunks.targets import Target

CallCounts = Mapping[tuple[str, str], int]
"""Calls by trunk and direction."""


def status(trunking: Trunking, calls: CallCounts, name: str = "") -> dict[str, Any]:
    """`trunks`, all or the one of that name, and `problems`: why not everything that is declared holds."""
    now = time.monotonic()
    told = [_told(each, calls, now) for each in trunking if name in ("", each.trunk.name)]
    return {"trunks": told, "problems": list(trunking.problems)}


def _told(managed: Managed, calls: CallCounts, now: float) -> dict[str, Any]:
    trunk = managed.trunk
    return {
        "name": trunk.name,
        "kind": trunk.kind,
        "source": managed.declared.source,
        "state": managed.state.value,
        "since": _clock(managed.since, now),
        "error": managed.error,
        "registration": _registration(managed, now) if trunk.registers and trunk.enabled else None,
        "latency_ms": _latency(_best(managed)),
        "calls": {direction: calls.get((trunk.name, direction), 0) for direction in ("in", "out")},
        "failures": {kind: managed.failures[kind] for kind in ("options", "register", "call")},
        "targets": [_target(managed, target, now) for target in managed.targets] if trunk.enabled else [],
    }


def _registration(managed: Managed, now: float) -> dict[str, Any]:
    """`expires_in` and `next_try_in` in seconds; null where they mean nothing."""
    it = managed.registration
    registered, waiting = it.phase is Phase.REGISTERED, it.phase is Phase.WAITING
    return {
        "phase": it.phase.value,
        "at": it.register_at.hostport if it.register_at else "",
        "status": it.status,
        "reason": it.reason,
        "since": _clock(it.since, now),
        "expires_in": round(max(0.0, it.expires_at - now), 1) if registered else None,
        "next_try_in": round(max(0.0, it.due - now), 1) if waiting else None,
    }


def _target(managed: Managed, target: Target, now: float) -> dict[str, Any]:
    standing = managed.standings[target]
    return {
        "host": target.name,
        "address": target.hostport,
        "transport": target.transport,
        "state": standing.state.value,
        "since": _clock(standing.since, now),
        "latency_ms": _latency(standing),
        "error": standing.error,
    }


def _best(managed: Managed) -> Standing | None:
    """That of the first target that works: where calls go."""
    standings = [managed.standings[target] for target in managed.targets]
    working = [each for each in standings if not each.is_failing]
    return next(iter([*working, *standings]), None)


def _latency(standing: Standing | None) -> dict[str, float | None]:
    last, median = (standing.latency, standing.median) if standing else (None, None)
    return {"last": _ms(last), "p50": _ms(median)}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


def _clock(monotonic: float, now: float) -> float:
    """Unix seconds."""
    return round(time.time() - (now - monotonic), 3)


# --- metrics ----------------------------------------------------------------------------------------------


def states(trunking: Trunking) -> dict[tuple[str, str], float]:
    return {
        (each.trunk.name, state.value): float(each.state is state) for each in trunking for state in State
    }


def registered(trunking: Trunking) -> dict[str, float]:
    return {
        each.trunk.name: float(each.registration.phase is Phase.REGISTERED)
        for each in trunking
        if each.trunk.registers and each.trunk.enabled
    }


def latencies(trunking: Trunking) -> dict[tuple[str, str], float]:
    """Seconds by trunk and target."""
    return {
        (each.trunk.name, target.hostport): standing.latency
        for each in trunking
        for target, standing in each.standings.items()
        if standing.latency is not None
    }


def calls_by_trunk(trunking: Trunking, calls: Counter[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Nought for trunks without calls, too."""
    return {
        (each.trunk.name, way): float(calls[each.trunk.name, way])
        for each in trunking
        for way in ("in", "out")
    }


def failures(trunking: Trunking) -> dict[tuple[str, str], float]:
    """By trunk and by what failed."""
    return {
        (each.trunk.name, kind): float(count) for each in trunking for kind, count in each.failures.items()
    }
