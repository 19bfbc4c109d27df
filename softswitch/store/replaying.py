"""From the journal into the database, in order."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
import structlog

from softswitch.errors import SoftswitchError
from softswitch.store.committing import Committer, Encode, is_away
from softswitch.store.engine import first_line
from softswitch.store.journal import Event, Frame, Journal
from softswitch.store.messages import Waiting

log = structlog.get_logger(__name__)
AT_ONCE = 500


def replay_all(url: str, node: str, journal: Journal, encode: Encode | None) -> None:
    """Before anything of the node is read: what its last run has left. Raises SoftswitchError when the
    database is away.
    """
    if not journal.pending:
        return
    log.info("the journal is written into the database", events=journal.pending)
    committer = Committer(url, node, encode)
    try:
        while journal.pending:
            replay(committer, journal, lambda events, told: None, lambda: None)
    except sa.exc.DBAPIError as error:
        raise SoftswitchError(
            f"The database {committer.engine.url} cannot be used ({first_line(error)}) and {journal.pending} "
            "events of the last run wait for it in the journal: run softswitch db check"
        ) from None
    finally:
        committer.engine.dispose()


def replay(
    committer: Committer,
    journal: Journal,
    written: Callable[[Sequence[Event], Sequence[Waiting]], None],
    rejected: Callable[[], None],
) -> None:
    """What is next. Raises what a database does that is away; the rest is to be had later."""
    frames = journal.next(AT_ONCE)
    try:
        told = committer.commit(frames, journal.runs)
    except Exception as error:
        if is_away(error):
            raise
        for frame in frames:  # one of them cannot be stored
            _replay_one(frame, committer, journal, written, rejected)
        return
    journal.settle(len(frames))
    written([frame.event for frame in frames], told)


def _replay_one(
    frame: Frame,
    committer: Committer,
    journal: Journal,
    written: Callable[[Sequence[Event], Sequence[Waiting]], None],
    rejected: Callable[[], None],
) -> None:
    told: Sequence[Waiting] = ()
    try:
        told = committer.commit([frame], journal.runs)
    except Exception as error:
        if is_away(error):
            raise
        log_rejected(frame.event, error)
        committer.pass_over(frame)
        rejected()
    journal.settle(1)
    written([frame.event], told)


def log_rejected(event: Event, error: Exception) -> None:
    """Its text is what a caller said: it does not belong in a log."""
    log.error("event not recorded", event_type=type(event).__name__, error=type(error).__name__)
