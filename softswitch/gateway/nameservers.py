"""Name servers for host names in SIP messages, such as a far end's Contact: asked while all calls go on.

The names of trunks' hosts are control's to resolve. The wheel from PyPI asks the operating system instead,
and all calls wait for its answer.
"""

import ipaddress
from pathlib import Path

import pjsua2 as pj

from softswitch.sections.sip import Sip

RESOLV_CONF = Path("/etc/resolv.conf")
LOOK_EVERY = 5.0
"""Seconds between two looks at that file."""
PORT = 53
MOST = 3
"""As many of its servers are used as glibc uses, see resolv.conf(5)."""

Server = tuple[str, int]
"""Address and port."""


class Nameservers:
    """Those of `sip.nameserver`, else the machine's. To be made once the endpoint is started; SIP thread."""

    def __init__(self, sip: Sip) -> None:
        self._declared = declared(sip.nameserver)
        self._known: tuple[Server, ...] = ()
        self._next_look = 0.0

    def tick(self, now: float) -> None:
        """Several times a second: tell PJSIP when they are others."""
        if now < self._next_look or not hasattr(pj, "setNameservers"):
            return
        self._next_look = now + LOOK_EVERY
        servers = self._declared or of_machine(_resolv_conf())
        if servers and servers != self._known:
            self._known = servers
            pj.setNameservers(
                pj.StringVector([address for address, _ in servers]),
                pj.IntVector([port for _, port in servers]),
            )


def declared(setting: str) -> tuple[Server, ...]:
    """Of "192.0.2.1", "192.0.2.1:5300", "2001:db8::1" or "[2001:db8::1]:5300"; control says what is wrong
    with any other.
    """
    host, _, port = setting.rpartition(":")
    for address, number in ((setting, ""), (host, port)):
        bare = address.removeprefix("[").removesuffix("]")
        if _is_address(bare) and (number.isdigit() or not number):
            return ((bare, int(number or PORT)),)
    return ()


def of_machine(resolv_conf: str) -> tuple[Server, ...]:
    """The `nameserver` lines; addresses of one link only (fe80::1%eth0) are left out."""
    words = (line.split() for line in resolv_conf.splitlines())
    found = (line[1] for line in words if len(line) > 1 and line[0] == "nameserver")
    return tuple((address, PORT) for address in found if _is_address(address))[:MOST]


def _resolv_conf() -> str:
    try:
        return RESOLV_CONF.read_text(errors="replace")
    except OSError:
        return ""


def _is_address(text: str) -> bool:
    try:
        return getattr(ipaddress.ip_address(text), "scope_id", None) is None
    except ValueError:
        return False
