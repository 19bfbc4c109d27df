"""How a person's phone is reached: a SIP address directly, a number by the trunks that take it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from softswitch.app.dialing import tries
from softswitch.e164 import user_part
from softswitch.errors import SoftswitchError
from softswitch.gateway.messages import Originate
from softswitch.sections.dialing import Dialing
from softswitch.trunks import guarding, numbers
from softswitch.trunks.selection import Route
from softswitch.trunks.settings import Transport
from softswitch.trunks.targets import Target

_URI = re.compile(
    r"(?P<scheme>sips?):(?:[^@\s<>]+@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s<>@:;?\[\]]+)(?::(?P<port>\d{1,5}))?(?P<more>[;?][^\s<>]*)?",
    re.I,
)
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """`route` is None for a SIP address, which no trunk has part in."""

    order: Originate
    route: Route | None = None


def target_of(uri: str) -> Target:
    """Where a SIP URI is (RFC 3261 section 19.1.1). Raises SoftswitchError when it is none."""
    found = _URI.fullmatch(uri)
    if found is None:
        raise SoftswitchError(f"'{uri[:80]}' is no SIP address: write sip:ann@192.0.2.7")
    asked = re.search(r";transport=(udp|tcp|tls)\b", found["more"] or "", re.I)
    secure = found["scheme"].lower() == "sips"
    transport = cast(Transport, "tls" if secure else asked[1].lower() if asked else "udp")
    host = found["host"].strip("[]")
    port = int(found["port"] or (5061 if transport == "tls" else 5060))
    return Target(host, host, port, transport)


class Ways:
    """`routes` gives every try for a number."""

    def __init__(self, settings: Dialing, routes: Callable[[str], Sequence[Route]]) -> None:
        self._settings = settings
        self._routes = routes

    def to(self, address: str, call_id: str, ring_for: float, headers: Headers) -> list[Way]:
        """Every way to a number (E.164, tel:) or SIP URI, best first. Where a URI's user is a number that a
        trunk takes, the trunk goes first.

        Raises SoftswitchError when there is none, or the number may not be dialled.
        """
        number = user_part(address)
        if number.startswith("+") and (why := guarding.forbidden(number, self._settings)):
            raise SoftswitchError(why)  # directly at a trunk's host it would cost as much
        ways = list(self._by_trunks(number, call_id, ring_for)) if number.startswith("+") else []
        if re.match(r"sips?:", address, re.I):
            ways.append(Way(self._directly(address, call_id, ring_for)))
        if not ways:
            raise SoftswitchError(f"no trunk takes {address}: see `prefixes` of each in trunk list")
        return [replace(way, order=replace(way.order, headers=way.order.headers + headers)) for way in ways]

    def _by_trunks(self, number: str, call_id: str, ring_for: float) -> Iterator[Way]:
        for route in self._routes(number):
            yield Way(tries.originate(call_id, route, number, "", ring_for, self._settings), route)

    def _directly(self, uri: str, call_id: str, ring_for: float) -> Originate:
        return Originate(
            call_id=call_id,
            trunk="",
            target=target_of(uri),
            uri=uri,
            from_uri=f'"softswitch" <{numbers.WITHHELD}>',
            ring_for=ring_for,
            answer_within=self._settings.answer_within,
        )
