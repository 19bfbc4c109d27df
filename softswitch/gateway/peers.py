"""Whether the far end of a TLS connection of ours is who the trunk says (RFC 5922).

PJSIP connects to resolved addresses, so that no name is ever looked up while calls wait; which name stands
behind an address is known here. PJSIP checks the chain, the times and the purpose of a certificate; the name
in it is checked here, before anything is sent.
"""

from collections.abc import Iterable

import pjsua2 as pj

from softswitch.trunks.domains import is_address, matches
from softswitch.trunks.targets import Connection

Place = tuple[str, int]
"""Address and port."""


class Peers:
    def __init__(self) -> None:
        self._names: dict[Place, set[str]] = {}
        self._unchecked: set[Place] = set()
        self._refusals: dict[Place, str] = {}

    def expect(self, connections: Iterable[Connection]) -> None:
        """The trunks' targets from here on; replaces all earlier ones."""
        self._names.clear()
        self._refusals.clear()
        unchecked, checked = set[Place](), set[Place]()
        for connection in connections:
            for target in connection.targets:
                if target.transport != "tls":
                    continue
                place = (target.address, target.port)
                self._names.setdefault(place, set()).add(target.name)
                (checked if connection.trunk.tls_verify else unchecked).add(place)
        self._unchecked = unchecked - checked

    def names(self) -> dict[str, str]:
        """The host that a connection to "192.0.2.1:5061" asks for by name (RFC 6066 section 3); addresses
        are no names.
        """
        return {
            f"[{address}]:{port}" if ":" in address else f"{address}:{port}": min(hosts)
            for (address, port), hosts in self._names.items()
            if not any(is_address(host) for host in hosts)
        }

    def refusal(self, address: str, port: int) -> str:
        """Why the last connection to there was refused, "" when it was not."""
        return self._refusals.get((address, port), "")

    def refuse(self, info: pj.TlsInfo) -> str:
        """Why this connection of ours is not to be used, "" when it may be."""
        address, _, port = info.remoteAddr.rpartition(":")
        place = (address.strip("[]"), int(port))
        reason = "" if self._is_unchecked(place) else self._distrust(place, info)
        if place in self._names:
            self._refusals[place] = reason
        return reason

    def _is_unchecked(self, place: Place) -> bool:
        """The Contact of a trunk's far end may name another port of its address."""
        if place in self._names:
            return place in self._unchecked
        return any(address == place[0] for address, _ in self._unchecked)

    def _distrust(self, place: Place, info: pj.TlsInfo) -> str:
        faults = info.verifyStatus & ~pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH
        if faults:
            return "its certificate is not good: " + "; ".join(
                text for text in info.verifyMsgs if "identity" not in text.lower()
            )
        wanted = self._names.get(place)
        certificate = info.remoteCertInfo
        stated = [name.name for name in certificate.subjectAltName] or [certificate.subjectCn]
        if wanted and not any(matches(name, host) for name in stated for host in wanted):
            return f"its certificate is for {', '.join(stated)}, not for {' or '.join(sorted(wanted))}"
        return ""
