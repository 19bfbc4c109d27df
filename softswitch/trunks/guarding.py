"""Guards against toll fraud: which numbers may be dialled, and how much may be. Pure: others count and wait.

A cap that is reached trips: it holds what it counts over until a person releases it. A cap that is 0 is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from softswitch.sections.dialing import Dialing
from softswitch.values import DAY

MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` calls, or seconds of calls, within any `window` (seconds); of each number by itself
    where `each`. `name` is the setting's, in `dialing`.
    """

    name: str
    counts: Literal["calls", "seconds"]
    window: float
    limit: float
    each: bool = False

    def scope(self, number: str) -> str:
        """What its hold is called: the number where it is for one, the cap where it is for all."""
        return number if self.each else self.name

    def told(self) -> str:
        """'30 calls in a minute', for people."""
        window = {MINUTE: "a minute", HOUR: "an hour", DAY: "a day"}[self.window]
        minutes = f"{_counted(self.limit / MINUTE, 'minute')} of calls"
        count = _counted(self.limit, "call") if self.counts == "calls" else minutes
        return f"{count} {'to one number ' if self.each else ''}in {window}"


def _counted(count: float, what: str) -> str:
    return f"{count:g} {what}{'' if count == 1 else 's'}"


def caps(settings: Dialing) -> tuple[Cap, ...]:
    """Those that are set, the shortest window first."""
    found = (
        Cap("calls_per_minute", "calls", MINUTE, settings.calls_per_minute),
        Cap("minutes_per_minute", "seconds", MINUTE, settings.minutes_per_minute * MINUTE),
        Cap("calls_per_hour", "calls", HOUR, settings.calls_per_hour),
        Cap("minutes_per_hour", "seconds", HOUR, settings.minutes_per_hour * MINUTE),
        Cap("calls_per_number", "calls", DAY, settings.calls_per_number, each=True),
        Cap("minutes_per_number", "seconds", DAY, settings.minutes_per_number * MINUTE, each=True),
        Cap("calls_per_day", "calls", DAY, settings.calls_per_day),
        Cap("minutes_per_day", "seconds", DAY, settings.minutes_per_day * MINUTE),
    )
    return tuple(cap for cap in found if cap.limit)


def tripped(used: Sequence[tuple[Cap, float]]) -> Cap | None:
    """The first cap without room for one more call. `used` is what each counts in the window up to now."""
    return next((cap for cap, count in used if count >= cap.limit), None)


def forbidden(number: str, settings: Dialing) -> str:
    """Why this number (E.164) may not be dialled, as a sentence with the remedy; "" when it may.

    The longest prefix that fits decides, and of two alike the one that forbids.
    """
    allowed = _longest(number, settings.prefixes)
    denied = _longest(number, settings.forbidden)
    if denied and len(denied) >= len(allowed):
        return f"{number} begins with {denied}, which `dialing.forbidden` names"
    if not allowed:
        hint = f"add the beginning of the number, such as {number[:3]}, to `dialing.prefixes`"
        return f"{number} begins with none of `dialing.prefixes`: {hint} if it may be dialled"
    return ""


def _longest(number: str, prefixes: Sequence[str]) -> str:
    return max(_fitting(number, prefixes), key=len, default="")


def _fitting(number: str, prefixes: Sequence[str]) -> Iterator[str]:
    return (prefix for prefix in prefixes if number.startswith(prefix))
