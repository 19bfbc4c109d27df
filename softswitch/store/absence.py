"""Since when a database is away, and when it is tried again."""

import time

import sqlalchemy as sa
import structlog

from softswitch.store.engine import first_line

log = structlog.get_logger(__name__)
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 5.0


class Absence:
    def __init__(self) -> None:
        self._since = 0.0
        self._retry_at, self._delay = 0.0, FIRST_RETRY_S

    def __bool__(self) -> bool:
        """Whether it is away: locked, or not to be reached."""
        return self._since > 0

    @property
    def lasts_s(self) -> float:
        """For how long it has been away, in seconds."""
        return time.monotonic() - self._since if self._since else 0.0

    @property
    def due_s(self) -> float:
        """Seconds until it is tried again; none are left where it is there."""
        return max(0.0, self._retry_at - time.monotonic())

    def failed(self, error: Exception) -> None:
        """It was tried in vain: each time it is waited for longer."""
        if not self._since:
            told = first_line(error) if isinstance(error, sa.exc.DBAPIError) else str(error)
            log.warning("database away, events wait", error=told)
            self._since = time.monotonic()
        self._retry_at = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LAST_RETRY_S)

    def over(self, journal: int) -> None:
        """It is there; so many events wait in the journal for it."""
        since, self._since = self._since, 0.0
        self._retry_at, self._delay = 0.0, FIRST_RETRY_S
        if since:
            log.info("database back", journal=journal)
