"""Whose calls come from where: a source's address, and which trunk a request from it belongs to."""

import re
import socket
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from softswitch.trunks.targets import Connection

_MAPPED = b"\0" * 10 + b"\xff\xff"
"""IPv4 within IPv6 (RFC 4291 section 2.5.5.2); inside, every address is an IPv6 one."""
_URI = re.compile(r"<?\s*sips?:(?:([^@;?:]*)(?::[^@]*)?@)?(\[[^\]]*\]|[^:;?>]+)", re.I)


def bare_address(source: str) -> str:
    """The address of a source as PJSIP writes it: "192.0.2.1:5060" or "[2001:db8::1]:5060"."""
    return source.rpartition(":")[0].strip("[]")


@lru_cache(maxsize=1024)
def number_of(address: str) -> int | None:
    """An address as a number of 128 bits; None when it is none."""
    try:
        if ":" in address:
            return int.from_bytes(socket.inet_pton(socket.AF_INET6, address.partition("%")[0]))
        return int.from_bytes(_MAPPED + socket.inet_pton(socket.AF_INET, address))
    except (OSError, ValueError):
        return None


@dataclass
class Networks:
    """Names by network. A look-up costs one dictionary access for each length of prefix there is."""

    _names: dict[int, dict[int, set[str]]] = field(default_factory=dict)

    def add(self, network: str, name: str = "") -> None:
        """`network` is an address or "192.0.2.0/24"."""
        host, _, bits = network.partition("/")
        number = number_of(host)
        if number is None:
            return
        longest = 128 if ":" in host else 32
        rest = longest - (int(bits) if bits else longest)
        self._names.setdefault(rest, {}).setdefault(number >> rest, set()).add(name)

    def names(self, address: str) -> set[str]:
        """Those of all networks that have this address."""
        number = number_of(address)
        found: set[str] = set()
        if number is not None:
            for rest, names in self._names.items():
                found |= names.get(number >> rest, set())
        return found

    def __contains__(self, address: str) -> bool:
        number = number_of(address)
        return number is not None and any(number >> rest in names for rest, names in self._names.items())


@dataclass(frozen=True, slots=True)
class _Identity:
    """What tells trunks of one address apart: the user and host that their calls are addressed to."""

    username: str
    domain: str


class Sources:
    """Everybody that calls are taken from: the enabled trunks' networks and hosts, and `sip.allow`."""

    def __init__(self, connections: Iterable[Connection], allow: Sequence[str]) -> None:
        self._trunks = Networks()
        self._allowed = Networks()
        self._identities: dict[str, _Identity] = {}
        self.trunk_networks: list[str] = []
        for connection in connections:
            if connection.trunk.enabled:
                self._add(connection)
        for network in allow:
            self._allowed.add(network)
        self.networks = [*self.trunk_networks, *allow]
        """All of them, for the screen."""

    def _add(self, connection: Connection) -> None:
        trunk = connection.trunk
        domain = trunk.domain or (trunk.hosts[0] if trunk.hosts else "")
        self._identities[trunk.name] = _Identity(trunk.username.lower(), _host(domain))
        networks = [*trunk.allow, *(target.address for target in connection.targets)]
        self.trunk_networks += networks
        for network in networks:
            self._trunks.add(network, trunk.name)

    def trunk_of(self, source: str, request_uri: str) -> str | None:
        """The trunk that a request belongs to; "" for a known source of no trunk, None for an unknown one.

        `source` is as PJSIP writes it, with a port. Of several trunks for one address it is the one whose
        `username` is the Request-URI's user, else the one whose `domain` is its host, else the first by name.
        """
        address = bare_address(source)
        names = self._trunks.names(address)
        if len(names) > 1:
            return self._choose(names, request_uri)
        if names:
            return next(iter(names))
        return "" if address in self._allowed else None

    def _choose(self, names: Collection[str], request_uri: str) -> str:
        uri = _URI.match(request_uri)
        user, host = (uri[1] or "").lower() if uri else "", _host(uri[2]) if uri else ""

        def rank(name: str) -> tuple[bool, bool, str]:
            identity = self._identities[name]
            is_user, is_host = identity.username == user != "", identity.domain == host != ""
            return not is_user, not is_host, name

        return min(names, key=rank)

    def knows(self, source: str) -> bool:
        address = bare_address(source)
        return address in self._trunks or address in self._allowed

    def is_trunks(self, address: str) -> bool:
        """Whether an address, without a port, is a trunk's."""
        return address in self._trunks


def request_uri(message: str) -> str:
    """What stands second in a request's first line."""
    return message.partition("\r\n")[0].partition(" ")[2].rpartition(" ")[0]


def _host(written: str) -> str:
    """The host of "sip.example.com:5080;priority=1" in lower case."""
    host = written.partition(";")[0].strip().lower()
    return host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
