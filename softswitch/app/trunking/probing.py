"""When which target is asked with OPTIONS: at most one probe per target at a time, and none in bursts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from softswitch.gateway.messages import Probe, Probed
from softswitch.trunks.health import Standing
from softswitch.trunks.settings import Health
from softswitch.trunks.targets import Target

FIRST_PER_SECOND = 20.0
"""Targets that are new at once are asked one after the other."""
MOST_PER_TICK = 20
JITTER = 0.1
UNSETTLED_S = 1.0
"""While it is open whether a target is up or down, it is asked at this interval."""
GRACE_S = 2.0
"""The gateway answers for every probe; one that it took with it to the grave is given up after this."""

Key = tuple[str, Target]
"""A trunk's name and one of its targets."""


@dataclass(slots=True)
class Turn:
    """`due` is when the target is asked next; while it is being asked, when that is given up."""

    due: float
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    trunk: str
    target: Target
    health: Health
    standing: Standing


class Prober:
    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._turns: dict[Key, Turn] = {}

    def tick(self, wanted: Iterable[Wanted], now: float) -> list[Probe]:
        """The probes to be sent now, of these targets and no others."""
        present = {(each.trunk, each.target): each for each in wanted if each.health.every}
        for gone in set(self._turns) - set(present):
            del self._turns[gone]
        new = [key for key in present if key not in self._turns]
        for key in new:
            self._turns[key] = Turn(now + self._chance() * (len(new) - 1) / FIRST_PER_SECOND)
        due = [each for key, each in present.items() if self._turns[key].due <= now]
        return [self._ask(each, now) for each in due[:MOST_PER_TICK]]

    def _ask(self, each: Wanted, now: float) -> Probe:
        self._turns[each.trunk, each.target] = Turn(now + each.health.timeout + GRACE_S, asking=True)
        return Probe(each.trunk, each.target, each.health.timeout)

    def answered(self, news: Probed, health: Health, standing: Standing | None, now: float) -> None:
        """Plan the next one. `standing` is the target's after this answer."""
        turn = self._turns.get((news.trunk, news.target))
        if turn is None:
            return
        settled = standing is None or standing.is_settled
        interval = health.every if settled else min(health.every, UNSETTLED_S)
        jittered = interval * (1 - JITTER + 2 * JITTER * self._chance())
        turn.due, turn.asking = now + jittered, False

    def may_ask(self, key: Key, health: Health, now: float) -> bool:
        """Somebody wants to know at once: whether he may ask, or is being asked for already."""
        turn = self._turns.get(key)
        if turn is None:
            return True
        if turn.asking:
            return False
        turn.due, turn.asking = now + health.timeout + GRACE_S, True
        return True

    def hurry(self, trunk: str, target: Target, now: float) -> None:
        """Ask at the next tick: something else has made this target doubtful."""
        turn = self._turns.get((trunk, target))
        if turn and not turn.asking:
            turn.due = now
