"""One try of a call by one target of a trunk: which ways there are, and what its INVITE says."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from softswitch.errors import SoftswitchError
from softswitch.gateway.messages import Originate
from softswitch.sections.dialing import Dialing
from softswitch.trunks import guarding, numbers
from softswitch.trunks.selection import Route
from softswitch.trunks.settings import Trunk

USER = "-_.!~*'()&=+$,;?/"
"""Characters of a SIP user that need no escape, beside letters and digits (RFC 3261 section 25.1)."""
ANONYMOUS = f'"Anonymous" <{numbers.WITHHELD}>'


def allowed(routes: Sequence[Route], number: str, trunk: str, caller_id: str) -> list[Route]:
    """Those of the `trunk`, where one is wanted, that may show `caller_id` (E.164), where one is wanted.

    Raises SoftswitchError with the remedy when none is left.
    """
    if not routes:
        raise SoftswitchError(f"no trunk takes {number}: see softswitch trunk list, and `prefixes` of each")
    of_trunk = [route for route in routes if trunk in ("", route.trunk.name)]
    if not of_trunk:
        others = ", ".join(_names(routes))
        raise SoftswitchError(f"the trunk {trunk} does not take {number}; those that do: {others}")
    showing = [route for route in of_trunk if not caller_id or shows(route.trunk, caller_id)]
    if not showing:
        raise SoftswitchError(
            f"{caller_id} may not be shown by {', '.join(_names(of_trunk))}: "
            "add its beginning to the trunk's `caller_id.allowed`"
        )
    return showing


def _names(routes: Iterable[Route]) -> list[str]:
    return list(dict.fromkeys(route.trunk.name for route in routes))


def shows(trunk: Trunk, caller_id: str) -> bool:
    return numbers.shown(caller_id, trunk).number == caller_id


def originate(
    call_id: str, route: Route, number: str, caller_id: str, ring_for: float, settings: Dialing
) -> Originate:
    """The order to the gateway: number and caller as the trunk wants them written."""
    trunk = route.trunk
    from_uri, headers = _shown(route, caller_id)
    return Originate(
        call_id=call_id,
        trunk=trunk.name,
        target=route.target,
        uri=_uri(numbers.outgoing(number, trunk.numbers).user, route),
        from_uri=from_uri,
        ring_for=ring_for,
        answer_within=settings.answer_within,
        longest=settings.minutes_per_call * guarding.MINUTE,
        headers=headers,
    )


def _shown(route: Route, caller_id: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """From, and headers that say who calls (RFC 3325 where From shall not)."""
    user = numbers.shown(caller_id, route.trunk).user
    if not user:
        return ANONYMOUS, ()
    uri = _uri(user, route)
    if route.trunk.caller_id.header == "p-asserted-identity":
        return ANONYMOUS, (("P-Asserted-Identity", f"<{uri}>"),)
    return uri, ()


def _uri(user: str, route: Route) -> str:
    host = route.trunk.domain or route.target.name or route.target.address
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"sip:{quote(user, safe=USER)}@{bracketed}"
