"""What a node records: its database, the journal before it, and the recorder that hands events to both."""

import asyncio
import logging
import time

from softswitch.app.ground import Ground
from softswitch.app.recorder import Recorder
from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, Cause, EndedBy
from softswitch.news import Announced, CallFinished, SessionEvent
from softswitch.publish import topics
from softswitch.store import queries
from softswitch.store.journal import Journal
from softswitch.store.queries import LiveCall
from softswitch.store.replaying import replay_all
from softswitch.store.writer import CLOSE_TIMEOUT_S, Records

log = logging.getLogger(__name__)
AGAIN_S = 2.0
"""Between two looks for a database that is away."""


class Bookkeeping:
    """`catch_up`, then `open`; `emit` may be handed on before, and nothing comes by it before."""

    records: Records
    recorder: Recorder

    def __init__(self, ground: Ground) -> None:
        config = self._config = ground.config
        self._ground = ground
        self._encode = topics.encode if ground.mqtt else None
        before = ground.chaos.before_journal
        self.journal = Journal(config.journal_file, config.database.journal_mb << 20, before)

    def prepare(self) -> None:
        """Give the database the schema of this version; takes a while, in a thread."""
        from softswitch.store import migrate

        migrate.upgrade(self._config.database_url)

    def catch_up(self) -> list[LiveCall]:
        """The calls that the records know as up. What the last run left in the journal belongs to them.

        Raises SoftswitchError when the database is away.
        """
        replay_all(self._config.database_url, self._config.node, self.journal, self._encode)
        return self.unfinished()

    def catch_up_if_there(self) -> list[LiveCall]:
        """The same for a control process that is started again, which callers wait for: without a database
        the gateway has what it needs of them, and the journal is written later.
        """
        try:
            return self.catch_up()
        except SoftswitchError as error:
            log.error("calls go on without the database: %s", error)
            return []

    def unfinished(self) -> list[LiveCall]:
        return queries.live_calls(self._config.database_url, self._config.node)

    def open(self) -> None:
        """From here on everything that is emitted is recorded, counted and published."""
        ground, config = self._ground, self._config
        records = self.records = Records(
            config.database_url,
            config.node,
            on_commit=lambda _, seconds: ground.metrics.commit_took(seconds),
            encode=self._encode,
            journal=self.journal,
            before=ground.chaos.before_commit(config.database_url),
        )
        records.start()
        self.recorder = Recorder(records, [ground.metrics.take, ground.chaos.take])

    def emit(self, event: SessionEvent) -> None:
        self.recorder.emit(event)

    def announce(self, event: Announced) -> None:
        """To be published where there is a broker, and nowhere recorded."""
        if self._ground.mqtt:
            self.recorder.announce(event)

    def has_room(self) -> bool:
        return self.recorder.has_room

    async def close_orphans(self, live_call_ids: set[str]) -> None:
        """Finish the calls that ended with a process, or while there was nobody to write it down."""
        at = time.time()
        await self.recorder.settle(CLOSE_TIMEOUT_S)
        known = await self._unfinished_once_there()
        of_before = [call for call in known if call.info.started_at <= at]
        orphans = [call for call in of_before if call.info.call_id not in live_call_ids]
        ended = CallEnded(Cause.NETWORK_OUT_OF_ORDER, 0, EndedBy.FAILURE, reason="node died")
        for call in orphans:
            self.emit(CallFinished(call.info.call_id, ended, call.step, at))
        if orphans:
            log.warning("%d calls of a process that died are closed in the records", len(orphans))

    async def _unfinished_once_there(self) -> list[LiveCall]:
        while True:
            try:
                return await asyncio.to_thread(self.unfinished)
            except SoftswitchError:  # told by whoever writes
                await asyncio.sleep(AGAIN_S)
