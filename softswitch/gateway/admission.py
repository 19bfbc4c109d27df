"""Who gets a call: known sources only, no more than the node can carry now, and each trunk its share."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from softswitch.config import Config
from softswitch.gateway.build import call_limit
from softswitch.gateway.capacity import Capacity
from softswitch.gateway.messages import Bans, Message
from softswitch.gateway.rings import Region
from softswitch.gateway.screen import UNKNOWN, Screen
from softswitch.gateway.sharing import Shares
from softswitch.trunks.targets import Connection


@dataclass(frozen=True, slots=True)
class Admitted:
    """`trunk` is "" for a source of `sip.allow`."""

    trunk: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The SIP status, why, and the trunk, "" for none. A 503 goes with Retry-After."""

    status: int
    reason: str
    trunk: str = ""


class Admission:
    """`calls` tells how many calls each trunk has now, both ways; `occupied`, how many slots are taken.

    To be made after the endpoint is started and before it handles events, on the SIP thread.
    """

    def __init__(
        self,
        config: Config,
        region: Region,
        send: Callable[[Message], None],
        calls: Callable[[], Counter[str]],
        occupied: Callable[[], int],
    ) -> None:
        self._screen = Screen(config, region, send)
        self._capacity = Capacity(config.media, region)
        self._shares = Shares(call_limit(config.media.max_calls), config.media.setups_per_second)
        self._calls = calls
        self._occupied = occupied

    def set_trunks(self, connections: Collection[Connection]) -> None:
        """All trunks as they are from now on."""
        self._screen.set_trunks(connections)
        self._shares.set_limits(
            {connection.trunk.name: connection.trunk.limits for connection in connections}
        )

    def set_bans(self, bans: Bans) -> None:
        self._screen.set_bans(bans)

    def knows(self, source: str) -> bool:
        """`source` is "192.0.2.1:5060" or "[2001:db8::1]:5060"."""
        return self._screen.knows(source)

    def trunk_of(self, source: str) -> str:
        """The trunk that has this address, "" for none."""
        return self._screen.trunk_of(source, "") or ""

    def tick(self, now: float) -> None:
        """Several times a second."""
        self._screen.tick(now)
        self._capacity.tick(now)

    def refuse(self, source: str, request_uri: str, now: float) -> Refusal | Admitted:
        """What becomes of an INVITE from `source`; `now` is the monotonic clock."""
        trunk = self._screen.trunk_of(source, request_uri)
        if trunk is None and not self._screen.knows_trunks:
            return Refusal(503, "trunks not known yet")
        if trunk is None:
            self._screen.seen_call(source, now)
            return Refusal(403, UNKNOWN)
        reason = self._capacity.shortage or self._shares.refuse(trunk, self._calls(), self._occupied(), now)
        return Refusal(503, reason, trunk) if reason else Admitted(trunk)

    def refuse_outbound(self, trunk: str) -> Refusal | None:
        """What a call of ours by that trunk runs into; the caps on dialling are control's."""
        reason = self._shares.full_of(trunk, self._calls())
        return Refusal(503, reason, trunk) if reason else None
