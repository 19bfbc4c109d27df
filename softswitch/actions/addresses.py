"""Which addresses an action may reach: public ones, and others only where they are listed (no SSRF).

A host name that the operator allowed may be made to resolve to anything by whoever holds its zone: to this
machine, to its neighbours, to a cloud's metadata service. So what counts is the address that is connected to.
"""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Allowed:
    """`listed` are host names, addresses and networks, as the setting `hosts` has them."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for each in listed:
            try:
                self._networks.append(ipaddress.ip_network(each, strict=False))
            except ValueError:
                self._names.add(each.lower().rstrip("."))

    def host(self, host: str) -> bool:
        """Whether a URL may name this host: a listed name, or an address in a listed network."""
        address = as_address(host)
        return self._lists(address) if address else host.lower().rstrip(".") in self._names

    def address(self, text: str) -> bool:
        """Whether a listed host may be reached at this address."""
        address = as_address(text)
        return address is not None and (_is_public(address) or self._lists(address))

    def _lists(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)


def as_address(text: str) -> Address | None:
    """An address that is written as one; IPv4 inside of IPv6 counts as IPv4."""
    try:
        address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour:
            return address.sixtofour
    return address


def _is_public(address: Address) -> bool:
    site_local = address.version == 6 and address.is_site_local  # deprecated, and still routed here and there
    return address.is_global and not (address.is_multicast or address.is_reserved or site_local)
