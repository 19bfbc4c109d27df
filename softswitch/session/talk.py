"""A caller's talk with a person: to whom he is bridged, and whether that bridge stands."""

BRIDGE_LIMIT = 150
"""Ticks (3 s) that a bridge may take to come about."""
LOST_AFTER = 50
"""Ticks (1 s) after a bridge has ended in which the distributor says why; else the person counts as lost."""


class Talk:
    def __init__(self, other_call_id: str, agent: str, *, bridged: bool = False) -> None:
        self.agent = agent
        self._other = other_call_id
        self._bridged = bridged
        self._unbridged_for = LOST_AFTER - BRIDGE_LIMIT  # ticks

    def on_bridge(self, other_call_id: str) -> None:
        """With whom the caller is bridged now, "" with nobody."""
        self._bridged, self._unbridged_for = other_call_id == self._other, 0

    def tick(self) -> bool:
        """Whether the person counts as lost by now."""
        if not self._bridged:
            self._unbridged_for += 1
        return self._unbridged_for >= LOST_AFTER
