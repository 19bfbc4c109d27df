"""Numbers that far ends have called in their place (REFER): they count as what this node dials by itself."""

import asyncio
import hashlib
import logging
import time

from softswitch.app.dialing.dialer import Dialer
from softswitch.errors import SoftswitchError
from softswitch.gateway import messages
from softswitch.gateway.link import News

log = logging.getLogger(__name__)


class Referrals:
    """Where a cap trips, or nothing can be counted, the call is ended: its INVITE is out already."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._in_turn = asyncio.Lock()
        """The end of a call is written down after its beginning."""
        self._work: set[asyncio.Task[None]] = set()

    def on_news(self, message: News) -> None:
        if isinstance(message, messages.Referred):
            task = asyncio.create_task(self._count(message))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def _count(self, message: messages.Referred) -> None:
        at = time.time()
        async with self._in_turn:
            if not message.number:
                for count in range(1, message.count + 1):
                    self._dialer.guard.note(_key(message.call_id, count), ended_at=at)
            elif why := await self._admit(message):
                self._dialer.hang_up(message.call_id)
                log.error("call %s is ended, a REFER led it to a number: %s", message.call_id, why)
            else:
                self._dialer.guard.note(_key(message.call_id, message.count), answered_at=at)

    async def _admit(self, message: messages.Referred) -> str:
        """Why it may not be dialled, "" when it may."""
        key = _key(message.call_id, message.count)
        try:
            return await self._dialer.guard.admit(key, message.number, message.trunk)
        except SoftswitchError as error:
            return str(error)


def _key(call_id: str, count: int) -> str:
    """Of the row of what is dialled: the call itself may have one."""
    return hashlib.sha256(f"{call_id} {count}".encode()).hexdigest()[:32]
