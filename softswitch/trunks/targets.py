"""Where a trunk's hosts are once they are resolved: what the gateway is told, and failover goes through."""

import re
from dataclasses import dataclass, field
from typing import cast

from softswitch.errors import SoftswitchError
from softswitch.trunks.settings import Transport, Trunk

_OWN_ADDRESS = re.compile(
    r"sip:(?:[^@;?<>\s]+@)?(?P<host>(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?)"
    r"(?:;transport=(?P<transport>udp|tcp))?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Target:
    """One address of a trunk. `name` is the host as it was declared: the certificate is for it."""

    name: str
    address: str
    port: int
    transport: Transport

    @property
    def hostport(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Connection:
    """A trunk as the gateway is to have it now. Its targets stand in the order in which they are tried.

    `register_at` is the target to be registered with, None for none (disabled, kind ip, or between tries).
    """

    trunk: Trunk
    targets: tuple[Target, ...] = ()
    password: str = field(default="", repr=False)
    register_at: Target | None = None
    attempt: int = 0
    """Grows with each try to register: another number is a new try, the same one changes nothing."""


def host_of(address: str) -> tuple[str, Transport]:
    """Where somebody is called who has a SIP address of his own, and no trunk: the host as a trunk would
    declare it, and the transport. `sip:ann@192.0.2.7:5062;transport=tcp` is ("192.0.2.7:5062", "tcp").

    Raises SoftswitchError for anything else; TLS is among it, whose certificates belong to a trunk.
    """
    found = _OWN_ADDRESS.fullmatch(address)
    if not found:
        raise SoftswitchError(
            f"'{address[:80]}' cannot be called: give one such as sip:ann@192.0.2.7:5062;transport=tcp, and "
            "declare a trunk for phones that want TLS"
        )
    return found["host"], cast(Transport, (found["transport"] or "udp").lower())
