"""Routes: which calls enter a plan, and where. The first that matches in order is taken; each tells why.

Conditions that are not given hold for every call; of several trunks or numbers one is enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from softswitch.dialplan import globs
from softswitch.dialplan.hours import Calendar
from softswitch.dialplan.numbers import NumberPattern

ATTESTATIONS = ("A", "B", "C", "none", "failed")
"""What the signed identity of a caller may be worth (RFC 8588)."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call as it arrives. `at` is an aware datetime; the rest may be ""."""

    trunk: str
    from_uri: str
    to_uri: str
    at: datetime
    direction: str = "in"
    diverted_from: str = ""
    attestation: str = ""
    """One of ATTESTATIONS, where anybody looked."""


@dataclass(frozen=True, slots=True)
class HoursCondition:
    name: str
    within: bool
    """False for `not open`."""

    @classmethod
    def parse(cls, text: str, calendar: Calendar) -> Self:
        """`open` or `not open`, of the calendar's hours. Raises ValueError."""
        words = text.split()
        within = words[:1] != ["not"]
        if len(words) != (1 if within else 2):
            raise ValueError(f"expected the name of hours, such as 'open' or 'not open', got '{text}'")
        return cls(calendar.check_name(words[-1]), within)

    def __str__(self) -> str:
        return self.name if self.within else f"not {self.name}"


@dataclass(frozen=True, slots=True)
class Route:
    """Conditions, and what comes of them. None or empty is: not given."""

    name: str
    trunks: tuple[str, ...] = ()
    """Names, `*` for anything."""
    callers: tuple[NumberPattern, ...] = ()
    called: tuple[NumberPattern, ...] = ()
    hours: HoursCondition | None = None
    holiday: bool | None = None
    start: str | None = None
    language: str | None = None
    set: Mapping[str, str] = field(default_factory=dict)
    attestations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    route: Route | None
    reasons: tuple[str, ...]
    """One for every route that was tried, in order."""


Told = tuple[bool, str]
"""Whether a condition holds, and why in plain words."""


def choose(routes: Sequence[Route], call: CallFacts, calendar: Calendar) -> Decision:
    """The first route whose conditions all hold. A reason tells what fails; of the route taken, what holds.

    `calendar` is the one that the routes' hours were parsed with.
    """
    reasons: list[str] = []
    for number, route in enumerate(routes, 1):
        told = list(_conditions(route, call, calendar))
        matches = all(holds for holds, _ in told)
        verdict = "so yes" if matches else "so no"
        shown = [f"{why}, {verdict}" for holds, why in told if holds == matches] or ["takes every call"]
        reasons.append(f"route {number} '{route.name}': {'; '.join(shown)}")
        if matches:
            return Decision(route, tuple(reasons))
    return Decision(None, tuple(reasons))


def _conditions(route: Route, call: CallFacts, calendar: Calendar) -> Iterator[Told]:
    if route.trunks:
        holds = any(globs.matches(trunk, call.trunk) for trunk in route.trunks)
        yield holds, f"trunk: '{call.trunk}' is {'' if holds else 'not '}{' or '.join(route.trunks)}"
    if route.callers:
        yield _numbers("from", route.callers, call.from_uri)
    if route.called:
        yield _numbers("to", route.called, call.to_uri)
    if route.attestations:
        holds = call.attestation in route.attestations
        wanted = " or ".join(route.attestations)
        yield holds, f"attestation: '{call.attestation}' is {'' if holds else 'not '}{wanted}"
    if route.hours:
        inside = calendar.is_within(route.hours.name, call.at)
        told = calendar.why(route.hours.name, call.at)
        yield inside == route.hours.within, f"hours {route.hours}: {told}"
    if route.holiday is not None:
        told = calendar.told(call.at)
        holiday = calendar.is_holiday(call.at.astimezone(calendar.zone).date())
        yield holiday == route.holiday, f"holiday: {told}{'' if holiday else ', no holiday'}"


def _numbers(key: str, patterns: Sequence[NumberPattern], address: str) -> Told:
    """The first pattern that matches tells why; when none does, they all tell."""
    for pattern in patterns:
        if pattern.matches(address):
            return True, f"{key}: {pattern.why(address)}"
    return False, f"{key}: {' and '.join(pattern.why(address) for pattern in patterns)}"
