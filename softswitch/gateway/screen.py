"""Who may speak to this node: the sources of its trunks, `sip.allow`, and those that are banned.

The extension of scripts/pjsip refuses strangers in front of PJSIP's stack and counts what they send; here are
the tables that it goes by, and who is banned. The wheel from PyPI has no such screen: there only calls of
strangers are refused, one by one, by admission.
"""

import logging
import time
from collections.abc import Callable, Iterable

import pjsua2 as pj

from softswitch.config import Config
from softswitch.gateway.messages import Banned, Bans, Message, Refused
from softswitch.gateway.rings import Node, Region
from softswitch.trunks.banning import Tally, protected
from softswitch.trunks.matching import Sources, bare_address
from softswitch.trunks.targets import Connection

log = logging.getLogger(__name__)
UNKNOWN = "unknown source"
MOST_BANS = 10_000
"""Held at once; the ones that end first make room."""


class Screen:
    """To be made after the endpoint is started and before it handles events, on the SIP thread."""

    def __init__(self, config: Config, region: Region, send: Callable[[Message], None]) -> None:
        self._config = config
        self._node = region.node
        self._send = send
        self._native = getattr(pj, "Screen", None)
        self._tally = Tally(config.bans)
        self._never = protected(config.bans.never)
        self._bans: dict[str, float] = {}
        """Until when on the monotonic clock, by address."""
        self.sources = Sources((), config.sip.allow)
        self.knows_trunks = False
        """Until control has named the trunks, a stranger may be one: he gets no answer, and asks again."""
        if self._native:
            self._native.start(True)
        self._apply()

    # --- what control says -------------------------------------------------------------------------

    def set_trunks(self, connections: Iterable[Connection]) -> None:
        self.sources = Sources(connections, self._config.sip.allow)
        self._apply()
        if not self.knows_trunks:
            self.knows_trunks = True
            if self._native:
                self._native.start(self._config.sip.unknown == "drop")

    def set_bans(self, bans: Bans) -> None:
        now = time.monotonic()
        self._bans = {address: now + left for address, left in bans.addresses.items()}
        self._apply()

    # --- who is there ------------------------------------------------------------------------------

    def trunk_of(self, source: str, request_uri: str) -> str | None:
        """As Sources.trunk_of; None for the banned too."""
        trunk = self.sources.trunk_of(source, request_uri)
        return None if not trunk and bare_address(source) in self._bans else trunk

    def knows(self, source: str) -> bool:
        return self.sources.knows(source)

    # --- strangers ---------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Several times a second: count what strangers sent, ban those that went too far."""
        strangers = self._native.take() if self._native else ()
        for stranger in strangers:
            self._node[Node.STRANGERS_REFUSED] += stranger.refused
            self._node[Node.STRANGERS_DROPPED] += stranger.requests - stranger.refused
            for _ in range(stranger.calls):
                self._send(Refused(403, UNKNOWN))
            self._count(stranger.address, stranger.requests, stranger.userAgent, now)
        if any(until <= now for until in self._bans.values()):
            self._bans = {address: until for address, until in self._bans.items() if until > now}
            self._apply()

    def seen_call(self, source: str, now: float) -> None:
        """A call of a stranger that admission refused, where there is no screen in front of the stack."""
        self._node[Node.STRANGERS_REFUSED] += 1
        self._count(bare_address(source), 1, "", now)

    def _count(self, address: str, requests: int, user_agent: str, now: float) -> None:
        if not self.knows_trunks or address in self._bans or not self._may_ban(address):
            return
        reason = self._tally.seen(address, requests, user_agent, now)
        if reason:
            self._ban(address, reason, now)

    def _ban(self, address: str, reason: str, now: float) -> None:
        seconds = self._config.bans.duration
        log.warning("%s is banned: %s", address, reason)
        self._bans[address] = now + seconds
        self._apply()
        # Control keeps it, knows whether it is the first, and sends back how long it really holds.
        self._send(Banned(address, reason, seconds))

    def _may_ban(self, address: str) -> bool:
        return address not in self._never and not self.sources.is_trunks(address)

    def _apply(self) -> None:
        """Give the screen in front of the stack its tables."""
        if len(self._bans) > MOST_BANS:
            latest = sorted(self._bans.items(), key=lambda ban: ban[1])[-MOST_BANS:]
            self._bans = dict(latest)
        self._node[Node.BANS] = len(self._bans)
        if self._native:
            self._native.allow(pj.StringVector(self.sources.networks))
            self._native.ban(pj.StringVector([address for address in self._bans if self._may_ban(address)]))
