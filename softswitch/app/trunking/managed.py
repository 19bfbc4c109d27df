"""One trunk at run time: as it was declared, where it is, how it fares, and what the gateway has of it."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from softswitch.gateway.messages import Probed, Registered
from softswitch.news import TrunkChanged
from softswitch.trunks import answers, health, registration
from softswitch.trunks.declared import Declared
from softswitch.trunks.health import Standing, State
from softswitch.trunks.registration import Registration
from softswitch.trunks.selection import Candidate, Place, weighted
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

log = logging.getLogger(__name__)
REGISTERS_BY = ("hosts", "transport", "domain", "username", "auth_username", "password", "expires", "kind")
"""Settings of which any other value makes a new registration."""


class Managed:
    """`now` is a monotonic time throughout. `failures` are counted by what failed: options, register, call.

    `connection` is what the gateway is to have of it: another object only when it says something else.
    """

    def __init__(
        self,
        declared: Declared,
        node: str,
        attempt: int,
        now: float,
        tell: Callable[[TrunkChanged], None],
    ) -> None:
        self.declared = declared
        self.places: tuple[Place, ...] = ()
        self.targets: tuple[Target, ...] = ()
        self.standings: dict[Target, Standing] = {}
        self.registration = Registration(now, attempt=attempt)
        self.resolve_error = ""
        self.state = State.UNKNOWN
        self.since = now
        self.failures: Counter[str] = Counter()
        self._node = node
        self._tell = tell
        self.connection = self._connection()
        self._review(now)

    @property
    def trunk(self) -> Trunk:
        return self.declared.trunk

    @property
    def patience(self) -> float:
        """Seconds for a registration: two rounds, since the first one is for the challenge."""
        return 2 * self.trunk.health.timeout

    @property
    def may_register(self) -> bool:
        return self.trunk.enabled and self.trunk.registers and not self.declared.problem

    @property
    def is_seeking(self) -> bool:
        """It has something to register with, and has not begun."""
        return self.may_register and bool(self.places) and self.registration.phase is registration.Phase.IDLE

    # --- what happens ---------------------------------------------------------------------------------

    def redeclare(self, declared: Declared, now: float) -> None:
        before, self.declared = self.declared, declared
        same = all(getattr(before.trunk, key) == getattr(declared.trunk, key) for key in REGISTERS_BY)
        waits = self.registration.phase is registration.Phase.WAITING
        if not same or waits or not self.may_register:
            self.registration = Registration(now, attempt=self.registration.attempt)
        self._change(now)

    def place(self, places: tuple[Place, ...], errors: list[str], now: float) -> None:
        """Its hosts were resolved. Targets that stay keep their standing."""
        self.places, self.resolve_error = places, "; ".join(errors)
        known = self.standings
        self.standings = {place.target: known.get(place.target, health.unheard(now)) for place in places}
        # An order of this node's own among equals, which stays: nodes spread over registrars.
        chance = random.Random(f"{self._node} {self.trunk.name}").random
        ordered = weighted(places, lambda place: (place.priority, place.weight), chance)
        self.targets = tuple(place.target for place in ordered)
        self._change(now)

    def passed(self, now: float) -> None:
        """Time has passed."""
        if not self.may_register:
            return
        before = self.registration
        self.registration = registration.passed(
            before, self.targets, self.standings, now, self.patience, random.random
        )
        if self.registration is before:
            return
        if before.phase is registration.Phase.REGISTERING and before.target and now >= before.due:
            self.failures["register"] += 1
            self._failed(before.target, _told("REGISTER", registration.TIMEOUT, ""), now)
        self._change(now)

    def registered(self, news: Registered, now: float) -> None:
        """The gateway's word about a registration."""
        if news.target != self.registration.register_at or not self.may_register:
            return  # of a try that was given up
        if health.is_alive(news.status):
            self._heard(news.target, None, now)
        else:
            self._failed(news.target, _told("REGISTER", news.status, news.reason), now)
        if not 200 <= news.status < 300:
            self.failures["register"] += 1
        self.registration = registration.heard(
            self.registration,
            news.status,
            news.reason,
            self.targets,
            now,
            self.patience,
            random.random,
            expires=news.expires,
            retry_after=news.retry_after,
        )
        self._change(now)

    def probed(self, news: Probed, now: float) -> None:
        """The answer to an OPTIONS, or that there was none."""
        if health.is_alive(news.status):
            self._heard(news.target, news.latency, now)
        else:
            self.failures["options"] += 1
            self._failed(news.target, _told("OPTIONS", news.status, news.reason), now)
        self._review(now)

    def called(self, target: Target, status: int, reason: str, now: float) -> None:
        """What became of a call by way of this target."""
        if health.is_alive(status):
            self._heard(target, None, now)
        else:
            self.failures["call"] += 1
            self._failed(target, _told("INVITE", status, reason), now)
        self._review(now)

    def reconnected(self, now: float) -> None:
        """The gateway is there again, maybe another one: what it was asked for begins anew."""
        if self.registration.phase is registration.Phase.REGISTERING:
            self.registration = replace(self.registration, due=now + self.patience)

    def try_again(self, now: float) -> None:
        """Somebody has mended something at the other end: a registration that waits need not any longer."""
        if self.registration.phase is registration.Phase.WAITING:
            self.registration = replace(self.registration, due=now)
            self.passed(now)

    def _heard(self, target: Target, latency: float | None, now: float) -> None:
        if standing := self.standings.get(target):
            self.standings[target] = health.answered(standing, latency, self.trunk.health, now)

    def _failed(self, target: Target, error: str, now: float) -> None:
        if standing := self.standings.get(target):
            self.standings[target] = health.failed(standing, error, self.trunk.health, now)

    # --- what it is -----------------------------------------------------------------------------------

    def _change(self, now: float) -> None:
        """Something that the gateway is told may be another now."""
        connection = self._connection()
        if connection != self.connection:
            self.connection = connection
        self._review(now)

    def _review(self, now: float) -> None:
        """Take the new state, and say so when it is another one."""
        state = self._judged()
        if state is self.state:
            return
        level = logging.WARNING if state is State.DOWN else logging.INFO
        told = f": {self.error}" if self.error and state is not State.UP else ""
        log.log(level, "trunk %s is %s%s", self.trunk.name, state, told)
        before, self.state, self.since = self.state, state, now
        self._tell(TrunkChanged(self.trunk.name, state.value, before.value, self.error, time.time()))

    def _judged(self) -> State:
        if not self.trunk.enabled:
            return State.DISABLED
        if self.declared.problem or (self.resolve_error and not self.places):
            return State.DOWN
        registering = self.registration.state if self.trunk.registers else None
        return health.of_trunk(list(self.standings.values()), registering)

    @property
    def error(self) -> str:
        """Why it is not better, in words; "" when all is well."""
        if not self.trunk.enabled:
            return ""
        answer, refused = self.registration, ""
        if self.trunk.registers and answer.status is not None and not 200 <= answer.status < 300:
            refused = _told("REGISTER", answer.status, answer.reason)
        errors = [self.declared.problem, self.resolve_error, refused]
        for target, each in self.standings.items():
            if each.error and each.error != refused:
                errors.append(f"{target.hostport} {each.error}")
        return "; ".join(error for error in errors if error)

    def _connection(self) -> Connection:
        """A disabled trunk is there without targets."""
        if not self.trunk.enabled:
            return Connection(self.trunk)
        at = self.registration.register_at if self.may_register else None
        password = self.trunk.password.get_secret_value()
        return Connection(self.trunk, self.targets, password, at, self.registration.attempt)

    def candidate(self) -> Candidate:
        standings = tuple(self.standings[place.target] for place in self.places)
        return Candidate(self.trunk, self.state, self.places, standings)


def _told(request: answers.Request, status: int, reason: str) -> str:
    return f"{request}: {answers.told(request, status, reason)}"
