"""Look-ups while callers wait: answers are kept, and many who ask for the same at once cause one request.

A request goes on when whoever waited for it has given up, for at most the time that its integration has, so
that its answer is there for the next one. Each integration has so many under way at once, and each dialplan
so many that go on or wait: one that hangs holds up no other.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from softswitch.actions.action import Action, Done, Result
from softswitch.actions.lookups import AnyLookup
from softswitch.actions.templates import Unfilled
from softswitch.answer.breaker import Breaker, Limits
from softswitch.app.acting.attending import texts
from softswitch.app.acting.caching import Answer, Cache
from softswitch.app.acting.registry import Registry

log = logging.getLogger(__name__)
MOST_OF_PLAN = 100
"""Requests of one dialplan under way, or waiting for their integration."""
COUNTED_NONE = ({"rows": "0"}, {"free": "0"})
SHORTEST_MASKED = 3
MASK = "****"


@dataclass(slots=True)
class Figures:
    """`asked` by look-up and how it was answered: hit, joined (a request under way), request, full, late,
    broken (not asked, because it is down), unconfigured. `answers` by look-up and what a request came to:
    found, not_found, failed. `ages_s`: of the answers that were hits, added up.
    """

    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    ages_s: float = 0.0


class Lookups:
    """`took` is told of each request, in seconds. `limits` tells by plan, name and timeout when a look-up is
    not asked for a while.
    """

    def __init__(
        self,
        registry: Registry,
        took: Callable[[float], None] = lambda seconds: None,
        limits: Callable[[str, str, float], Limits] = lambda plan, name, slow: Limits(slow=slow),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._took, self._limits = took, limits
        self._clock = clock
        self.cache = Cache(clock)
        self.figures = Figures()
        self._flights: dict[bytes, asyncio.Task[Answer | None]] = {}
        self._rooms: dict[int, asyncio.Semaphore] = {}
        self._of_plan = Counter[str]()
        self._failing: set[str] = set()
        self.breakers: dict[tuple[str, str], Breaker] = {}
        """By dialplan and look-up: what is down is not asked, so that nobody waits for it."""

    async def find(self, plan: str, name: str, arguments: Mapping[str, str]) -> Answer | None:
        """None when it cannot be told. Who gives up waiting leaves the request under way to others."""
        flight = self._begin(plan, name, arguments)
        if not isinstance(flight, asyncio.Task):
            return flight
        try:
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            self.figures.asked[name, "late"] += 1
            raise

    def prefetch(self, plan: str, name: str, arguments: Mapping[str, str]) -> None:
        """Ask for what will be looked up soon."""
        self._begin(plan, name, arguments)

    async def replace(self, registry: Registry) -> None:
        """Look up another way from now on, and forget the answers; what is under way ends as it began."""
        self._registry = registry
        self.cache = Cache(self._clock)
        self._rooms.clear()
        self.breakers.clear()
        flights = list(self._flights.values())
        self._flights.clear()
        if flights:
            await asyncio.wait(flights)

    async def close(self) -> None:
        """End what is under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _begin(
        self, plan: str, name: str, arguments: Mapping[str, str]
    ) -> "Answer | asyncio.Task[Answer | None] | None":
        """The answer, or the request that will have it; None where there will be none."""
        found = self._registry.integrations.find_lookup(plan, name)
        if found is None:
            return self._none(name, "unconfigured")
        whose, settings = found
        key = self.cache.key(whose, arguments)
        if known := self.cache.get(key):
            self.figures.asked[name, "hit"] += 1
            self.figures.ages_s += known[1]
            return known[0]
        if flight := self._flights.get(key):
            self.figures.asked[name, "joined"] += 1
            return flight
        if self._of_plan[plan] >= MOST_OF_PLAN:
            return self._none(name, "full")
        if not self._breaker(plan, name, settings).allow(time.monotonic()):
            return self._none(name, "broken")
        self.figures.asked[name, "request"] += 1
        action = Action(0, name, arguments, secrets.token_hex(16), time.time(), plan=plan)
        return self._fly(key, action, settings)

    def _none(self, name: str, why: str) -> Answer | None:
        self.figures.asked[name, why] += 1
        return None

    def _breaker(self, plan: str, name: str, settings: AnyLookup) -> Breaker:
        breaker = self.breakers.setdefault((plan, name), Breaker())
        breaker.limits = self._limits(plan, name, settings.timeout)
        return breaker

    def _fly(self, key: bytes, action: Action, settings: AnyLookup) -> "asyncio.Task[Answer | None]":
        flight = asyncio.create_task(self._ask(key, self.cache, action, settings))
        self._flights[key] = flight
        self._of_plan[action.plan] += 1

        def land(done: "asyncio.Task[Answer | None]") -> None:
            self._of_plan[action.plan] -= 1
            if self._flights.get(key) is done:
                del self._flights[key]

        flight.add_done_callback(land)
        return flight

    async def _ask(self, key: bytes, cache: Cache, action: Action, settings: AnyLookup) -> Answer | None:
        room = self._rooms.setdefault(id(settings), asyncio.Semaphore(settings.at_once))
        async with room:
            began = time.monotonic()
            result = await self._result(action, settings)
            self._tell_breaker(action, settings, isinstance(result, Done), time.monotonic() - began)
        if not isinstance(result, Done):
            self._failed(action, result if isinstance(result, str) else result.error)
            return None
        answer = Answer(_values(result))
        cache.put(key, answer, settings.cache if answer.values else settings.cache_missing)
        self.figures.answers[action.name, "found" if answer.values else "not_found"] += 1
        self._failing.discard(action.name)
        return answer

    def _tell_breaker(self, action: Action, settings: AnyLookup, done: bool, took: float) -> None:
        self._took(took)
        breaker, now = self._breaker(action.plan, action.name, settings), time.monotonic()
        if done:
            breaker.succeeded(now, took)
        else:
            breaker.failed(now, took)

    async def _result(self, action: Action, settings: AnyLookup) -> Result | str:
        """What came of it, or why nothing did."""
        try:
            async with asyncio.timeout(settings.timeout):
                return await self._registry.run(action, settings)
        except TimeoutError:
            return f"no answer within {settings.timeout:g} s"
        except Unfilled as error:
            return str(error)
        except Exception as error:  # a bug of one kind is no reason to end calls; its text may tell a secret
            return f"a bug: {type(error).__name__}"

    def _failed(self, action: Action, why: str) -> None:
        """Told once until it works again; what was asked for may be a secret."""
        self.figures.answers[action.name, "failed"] += 1
        if action.name not in self._failing:
            self._failing.add(action.name)
            log.warning("%s cannot be looked up: %s", action.name, _masked(why, action.arguments))


def _values(result: Done) -> dict[str, str]:
    """A query that counted no rows, or a calendar without a free slot, has found nothing."""
    values = {name: value for name, value in texts(result.result).items() if value}
    return {} if values in COUNTED_NONE else values


def _masked(text: str, arguments: Mapping[str, str]) -> str:
    for value in arguments.values():
        text = text.replace(value, MASK) if len(value) >= SHORTEST_MASKED else text
    return text
