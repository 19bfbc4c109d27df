"""Which trunks a number may go out by, and which of their targets, in the order to try them. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from softswitch.trunks.health import Standing, State
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target

T = TypeVar("T")
Chance = Callable[[], float]
"""A random number from 0 to 1, as random.random gives."""


@dataclass(frozen=True, slots=True)
class Place:
    """A target with its priority and weight, as its host declares them or DNS does (RFC 2782)."""

    target: Target
    priority: int = 10
    weight: int = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trunk with what is known of it now. `places` and `standings` go together."""

    trunk: Trunk
    state: State
    places: tuple[Place, ...]
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One try of a call."""

    trunk: Trunk
    target: Target


def routes(number: str, candidates: Iterable[Candidate], chance: Chance) -> list[Route]:
    """Every try for `number` (E.164 with its plus), best first; empty when no trunk takes it.

    Trunks go by priority and weight, each with its own targets in a row. What failed last stands behind
    what works, and what is down at the very end: when all else fails it is better than nothing.
    """
    fit = [candidate for candidate in candidates if _takes(candidate, number)]
    ordered = weighted(fit, lambda fitting: (fitting.trunk.priority, fitting.trunk.weight), chance)
    tries = [
        (_rank(each, standing), Route(each.trunk, target))
        for each in ordered
        for target, standing in ranked(each.places, each.standings, chance)
    ]
    tries.sort(key=lambda tried: tried[0])
    return [route for _, route in tries]


def ranked(
    places: Sequence[Place], standings: Sequence[Standing], chance: Chance
) -> list[tuple[Target, Standing]]:
    """A trunk's targets by priority and weight, whatever their standing."""
    known = {place.target: standing for place, standing in zip(places, standings, strict=True)}
    by_weight = weighted(places, lambda place: (place.priority, place.weight), chance)
    return [(place.target, known[place.target]) for place in by_weight]


def weighted(items: Sequence[T], rank: Callable[[T], tuple[int, int]], chance: Chance) -> list[T]:
    """By priority, the lowest first; among equals by chance in proportion to weight (RFC 2782, page 3).

    `rank` gives priority and weight. Those of weight 0 are hardly ever first among others.
    """
    left = sorted(items, key=lambda item: (rank(item)[0], rank(item)[1] > 0))
    ordered: list[T] = []
    while left:
        priority = rank(left[0])[0]
        equals = [item for item in left if rank(item)[0] == priority]
        threshold, running = chance() * sum(rank(item)[1] for item in equals), 0
        chosen = equals[-1]
        for item in equals:
            running += rank(item)[1]
            if running >= threshold:
                chosen = item
                break
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _takes(candidate: Candidate, number: str) -> bool:
    trunk = candidate.trunk
    if not (trunk.enabled and trunk.outbound):
        return False
    return not trunk.prefixes or number.startswith(trunk.prefixes)


def _rank(candidate: Candidate, standing: Standing) -> int:
    if State.DOWN in (candidate.state, standing.state):
        return 2
    return 1 if standing.is_failing else 0
