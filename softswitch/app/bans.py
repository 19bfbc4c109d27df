"""Bans of a node: what the gateway found out is kept in SQL, and what SQL says is what the gateway does.

So they outlive restarts, hold on every node of a database, and `softswitch ban` works on all of them.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from softswitch.app.calls import Calls
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway import messages
from softswitch.gateway.link import GatewayLink, News
from softswitch.gateway.rings import Node, Region
from softswitch.publish.metrics import Metrics
from softswitch.store import bans
from softswitch.store.changes import Watch
from softswitch.trunks.banning import duration

log = logging.getLogger(__name__)
POLL_S = 0.25
MOST_WAITING = 1000
"""Bans that wait to be written; the gateway holds them meanwhile, and finds the rest out again."""


def wire(config: Config, region: Region, link: GatewayLink, calls: Calls, metrics: Metrics) -> "Bans":
    """The node's bans, joined to the gateway and the metrics; `run` them."""
    node, held = region.node, Bans(config, link.send)
    link.on_connect.append(held.introduce)
    calls.listeners.append(held.on_news)
    metrics.watch("softswitch_bans", lambda: node[Node.BANS])
    metrics.watch("softswitch_bans_lost_total", lambda: held.lost)
    metrics.watch(
        "softswitch_strangers_messages_total",
        lambda: {"403": node[Node.STRANGERS_REFUSED], "none": node[Node.STRANGERS_DROPPED]},
    )
    metrics.watch("softswitch_refusals_total", lambda: dict(calls.refusals))
    return held


class Bans:
    """`send` reaches the gateway; `introduce` is to be called for each new connection to it."""

    def __init__(self, config: Config, send: Callable[[messages.Message], None]) -> None:
        self._config = config
        self._send = send
        self._waiting: list[messages.Banned] = []
        self._held: list[bans.Ban] = []
        self._revision = -1
        self.lost = 0
        """Bans that could not be kept; the gateway's own hold nevertheless."""

    def on_news(self, message: News) -> None:
        if not isinstance(message, messages.Banned):
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(message)
        else:
            self.lost += 1

    def introduce(self) -> None:
        """Tell a gateway all bans that hold."""
        if self._revision < 0:  # not read yet: they follow
            return
        now = time.time()
        left = {ban.address: ban.until - now for ban in self._held if ban.until > now}
        self._send(messages.Bans(left))

    async def run(self) -> None:
        """Until cancelled: write what is new, look for what others changed."""
        watch = Watch(self._config.database_url)
        trouble = ""
        try:
            while True:
                try:
                    if await asyncio.to_thread(self._catch_up, watch):
                        self.introduce()
                    trouble = ""
                except SoftswitchError as error:
                    if str(error) != trouble:
                        trouble = str(error)
                        log.warning("bans are neither kept nor read anew: %s", error)
                await asyncio.sleep(POLL_S)
        finally:
            watch.close()

    def _catch_up(self, watch: Watch) -> bool:
        """Whether the bans are others than before. Runs in a thread."""
        while self._waiting:
            banned = self._waiting[0]
            self._keep(banned)
            del self._waiting[0]
        revision = watch.revision(bans.KIND)
        if revision == self._revision:
            return False
        self._held = bans.held(self._config.database_url, time.time())
        self._revision = revision
        return True

    def _keep(self, banned: messages.Banned) -> None:
        bans.add(
            self._config.database_url,
            banned.address,
            banned.reason,
            self._config.node,
            time.time(),
            lambda times: duration(self._config.bans, times),
        )
