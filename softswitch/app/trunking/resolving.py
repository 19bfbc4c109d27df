"""Where a host of a trunk is: NAPTR, SRV, then A and AAAA (RFC 3263 section 4). Only importer of dnspython.

The transport is declared, so that NAPTR only names the SRV record for it (section 4.1). A literal address is
taken as it is, a host with a port skips SRV. /etc/hosts goes before A and AAAA, as everywhere on the machine.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.rdatatype import RdataType

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.trunks.selection import Place
from softswitch.trunks.settings import Transport
from softswitch.trunks.targets import Target

LIFETIME_S = 4.0
"""For one question, all servers and repetitions together."""
MOST_PLACES = 32
LEAST_TTL, LONGEST_TTL = 30.0, 3600.0
HOSTS = Path("/etc/hosts")
SERVICES = {"udp": "SIP+D2U", "tcp": "SIP+D2T", "tls": "SIPS+D2T"}
SRV = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A host as declared; see trunks.settings.host. `priority` and `weight` are None where none is given."""

    name: str
    port: int | None = None
    priority: int | None = None
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Places with DNS's priorities and weights, good for `ttl` seconds. `trail`: each question, answered."""

    places: tuple[Place, ...]
    ttl: float
    trail: tuple[str, ...] = ()


@dataclass(slots=True)
class Asking:
    """What comes together while one host is resolved."""

    host: Declaration
    transport: Transport
    trail: list[str] = field(default_factory=list)
    ttl: float = LONGEST_TTL

    def place(self, address: str, port: int, priority: int = 0, weight: int = 0) -> Place:
        return Place(Target(self.host.name, address, port, self.transport), priority, weight)


def parsed(host: str) -> Declaration:
    """The parts of a declared host such as `[2001:db8::1]:5061;priority=1;weight=10`."""
    found = re.fullmatch(r"(?:\[(?P<six>[^\]]+)\]|(?P<name>[^:;]+))(?::(?P<port>\d+))?(?P<rest>;.*)?", host)
    if found is None:
        raise SoftswitchError(f"{host} is no host: expected one such as sip.example.com or 192.0.2.1:5060")
    rest = {key: int(value) for key, value in re.findall(r";(priority|weight)=(\d+)", found["rest"] or "")}
    port = int(found["port"]) if found["port"] else None
    return Declaration(found["six"] or found["name"], port, rest.get("priority"), rest.get("weight"))


class Resolver:
    """Asks `sip.nameserver`, or else the machine's, for addresses of the kinds that the node has itself.

    Raises SoftswitchError when that setting is no address.
    """

    def __init__(self, config: Config) -> None:
        own = ipaddress.ip_address(config.sip.address).version
        self._versions = [version for version in (4, 6) if version == own or config.sip.address6]
        self._nameserver = parsed(config.sip.nameserver) if config.sip.nameserver else None
        if self._nameserver and not _literal(self._nameserver.name):
            raise SoftswitchError(f"sip.nameserver: {self._nameserver.name} is no address; give one")

    async def resolve(self, host: Declaration, transport: Transport) -> Answer:
        """Every place of a host. Raises SoftswitchError when it has none, or DNS does not answer."""
        asking = Asking(host, transport)
        if literal := _literal(host.name):
            self._require(literal)
            places = [asking.place(literal, host.port or PORTS[transport])]
            asking.trail.append(f"{literal} is an address")
        elif host.port is not None:
            places = await self._by_name(host.port, asking)
        else:
            places = await self._by_service(asking)
        if not places:
            kinds = " or ".join(f"IPv{version}" for version in self._versions)
            raise SoftswitchError(
                f"{host.name} has no {kinds} address: check the name, and its records in DNS "
                f"({', '.join(asking.trail)})"
            )
        return Answer(tuple(places[:MOST_PLACES]), max(LEAST_TTL, asking.ttl), tuple(asking.trail))

    def _require(self, address: str) -> None:
        version = ipaddress.ip_address(address).version
        if version not in self._versions:
            raise SoftswitchError(
                f"{address} is IPv{version}, and the node has no address of that kind: "
                f"set sip.address{6 if version == 6 else ''}"
            )

    async def _by_service(self, asking: Asking) -> list[Place]:
        """RFC 3263 section 4.2: by SRV, and without SRV by the name itself at the usual port."""
        name = asking.host.name
        services = await self._srv(await self._naptr(asking) or f"{SRV[asking.transport]}.{name}", asking)
        if services is None:
            return await self._by_name(PORTS[asking.transport], asking)
        found: list[Place] = []
        for priority, weight, port, at in services[:MOST_PLACES]:
            addresses = await self._addresses(at, asking)
            found += [asking.place(address, port, priority, weight) for address in addresses]
        return found

    async def _by_name(self, port: int, asking: Asking) -> list[Place]:
        return [asking.place(address, port) for address in await self._addresses(asking.host.name, asking)]

    async def _naptr(self, asking: Asking) -> str | None:
        """The SRV name that NAPTR has for this transport. Where that question fails, SRV may not."""
        try:
            records = await self._ask(asking.host.name, RdataType.NAPTR, asking)
        except SoftswitchError as error:
            asking.trail.append(str(error))
            return None
        service = SERVICES[asking.transport]
        fitting = [each for each in records if (each.flags, each.service.upper()) == (b"s", service.encode())]
        fitting.sort(key=lambda record: (record.order, record.preference))
        return _text(fitting[0].replacement) if fitting else None

    async def _srv(self, name: str, asking: Asking) -> list[tuple[int, int, int, str]] | None:
        """(priority, weight, port, name) of each. None when there are no such records; empty when they say
        that the service is not had here (RFC 2782: a target of ".").
        """
        records = await self._ask(name, RdataType.SRV, asking)
        if not records:
            return None
        found = [(each.priority, each.weight, each.port, _text(each.target)) for each in records]
        return sorted(each for each in found if each[3])

    async def _addresses(self, name: str, asking: Asking) -> list[str]:
        if literal := _literal(name):
            return [literal]
        versions = self._versions
        listed = [each for each in _in_hosts(name) if ipaddress.ip_address(each).version in versions]
        if listed:
            asking.trail.append(f"{HOSTS} {name}: {', '.join(listed)}")
            asking.ttl = LEAST_TTL
            return listed
        found: list[str] = []
        for kind in (RdataType.A if version == 4 else RdataType.AAAA for version in versions):
            found += sorted(record.address for record in await self._ask(name, kind, asking))
        return found

    async def _ask(self, name: str, kind: RdataType, asking: Asking) -> list[Any]:
        """The records of that kind, maybe none. Raises SoftswitchError when nobody answers."""
        try:
            answer = await self._asker().resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            asking.trail.append(f"{kind.name} {name}: no such name")
            return []
        except dns.resolver.NoResolverConfiguration:
            raise SoftswitchError(
                "this machine knows no name servers: see /etc/resolv.conf, or set sip.nameserver"
            ) from None
        except dns.exception.Timeout:
            raise SoftswitchError(
                f"no name server answers about {name} ({kind.name}) in {LIFETIME_S:g} s: see /etc/resolv.conf"
            ) from None
        except dns.exception.DNSException as error:
            raise SoftswitchError(f"DNS fails for {name} ({kind.name}): {str(error).rstrip('.')}") from None
        records = list(answer.rrset or ())
        if records:
            asking.ttl = min(asking.ttl, answer.chaining_result.minimum_ttl)
        told = ", ".join(str(record) for record in records[:8]) or "none"
        asking.trail.append(f"{kind.name} {name}: {told}")
        return records

    def _asker(self) -> dns.asyncresolver.Resolver:
        """Made for each question: /etc/resolv.conf may change while the node runs."""
        resolver = dns.asyncresolver.Resolver(configure=not self._nameserver)
        if self._nameserver:
            resolver.nameservers = [self._nameserver.name]
            resolver.port = self._nameserver.port or 53
        resolver.lifetime = LIFETIME_S
        return resolver


def _literal(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return ""


def _text(name: Any) -> str:
    """A name of DNS without its last dot."""
    return str(name).rstrip(".")


def _in_hosts(name: str) -> list[str]:
    """hosts(5)."""
    try:
        lines = HOSTS.read_text(errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for words in (line.partition("#")[0].split() for line in lines):
        if words and name.lower() in (word.lower() for word in words[1:]) and _literal(words[0]):
            found.append(_literal(words[0]))
    return found
