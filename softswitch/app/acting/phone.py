"""The node's calls as actions make them: implements registry.Phone with the dialer."""

from collections.abc import Mapping

from softswitch.app.dialing.dialer import Dialer, NotNow
from softswitch.app.dialing.outcome import Report


class NodePhone:
    """What is made before the node's dialer is opened later; until then nothing can be dialled."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self._dialer: Dialer | None = None

    def open(self, dialer: Dialer) -> None:
        self._dialer = dialer

    async def dial(
        self,
        number: str,
        plan: str,
        context: Mapping[str, str],
        *,
        trunk: str,
        caller_id: str,
        ring_for: float,
        call_id: str,
    ) -> Report:
        """As Dialer.dial."""
        if self._dialer is None:
            raise NotNow("the node starts, and makes no calls yet: dial again in a moment")
        return await self._dialer.dial(
            number, plan, context, trunk=trunk, caller_id=caller_id, ring_for=ring_for, call_id=call_id
        )

    def hang_up(self, call_id: str) -> None:
        if self._dialer:
            self._dialer.hang_up(call_id)
