"""How much of a plan its scenarios went through: steps, ways from step to step, intents."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from itertools import pairwise

from softswitch.dialplan.graphing import edges
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.testing.running import Exchange


@dataclass(frozen=True, slots=True)
class Covered:
    """`kind` in the plural; what was not reached is in the plan's order."""

    kind: str
    reached: int
    of: int
    missed: tuple[str, ...]

    @property
    def percent(self) -> float:
        return 100.0 * self.reached / self.of if self.of else 100.0


@dataclass(frozen=True, slots=True)
class Coverage:
    steps: Covered
    ways: Covered
    intents: Covered

    @property
    def each(self) -> tuple[Covered, ...]:
        return (self.steps, self.ways, self.intents)

    @property
    def percent(self) -> float:
        """Of all three together."""
        of = sum(covered.of for covered in self.each)
        return 100.0 * sum(covered.reached for covered in self.each) / of if of else 100.0


def measure(plan: Plan, exchanges: Iterable[Exchange]) -> Coverage:
    """Of everything that the author drew. What repairs and universal intents add at every question is no way
    of its own; that an intent was heard at one of them is enough.
    """
    walked: set[tuple[str, str]] = set()
    heard: set[str] = set()
    entered: set[str] = set()
    for exchange in exchanges:
        heard.add(exchange.intent)
        path = (exchange.at, *exchange.path) if exchange.at else exchange.path
        walked.update(pairwise(path))
        entered.update(path)
    own = (edge for edge in edges.own(plan.files) if edge.kind != "returned")
    drawn = dict.fromkeys((edge.source, edge.target) for edge in own)
    return Coverage(
        _covered("steps", plan.steps, entered),
        _covered("ways", (f"{source} -> {target}" for source, target in drawn), _shown(walked)),
        _covered("intents", edges.intents(plan.files), heard),
    )


def _shown(ways: Iterable[tuple[str, str]]) -> set[str]:
    return {f"{source} -> {target}" for source, target in ways}


def _covered(kind: str, wanted: Iterable[str], reached: Set[str]) -> Covered:
    everything = tuple(wanted)
    missed = tuple(each for each in everything if each not in reached)
    return Covered(kind, len(everything) - len(missed), len(everything), missed)
