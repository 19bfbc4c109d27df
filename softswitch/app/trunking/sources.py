"""The trunks as declared, in the database and in the file, read anew whenever either has changed, or a file
that has one of their passwords.
"""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import changes, declared, trunks
from softswitch.trunks import files
from softswitch.trunks.declared import Declared, together

log = logging.getLogger(__name__)
MOST_TRUNKS = 500
"""The set crosses to the gateway in one message, and PJSIP has 256 accounts."""

Look = tuple[int, tuple[tuple[int, int] | None, ...]]
"""The database's revision; of the file, and of those with passwords, time of change and size."""


@dataclass(frozen=True, slots=True)
class Found:
    """What holds now, by name, and why that is not all that is declared, in sentences."""

    declared: tuple[Declared, ...] = ()
    problems: tuple[str, ...] = ()


class Sources:
    """A source that cannot be read keeps what it last held; `found.problems` says so."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._watch = changes.Watch(config.database_url)
        self._seen: Look | None = None
        self._files: tuple[Path, ...] = (config.trunks_file,) if config.trunks_file else ()
        self._database: tuple[Declared, ...] = ()
        self._file: tuple[Declared, ...] = ()
        self.found = Found()

    @property
    def were_read(self) -> bool:
        """Until the database has answered once, nothing is known: not even that there are no trunks."""
        return self._seen is not None

    async def poll(self) -> bool:
        """Read what has changed. Whether `found` is another one now."""
        return await asyncio.to_thread(self._poll)

    def _poll(self) -> bool:
        try:
            now = self._look()
        except SoftswitchError as error:
            return self._put(self.found.declared, [f"trunks may be outdated: {error}"])
        if now == self._seen:
            return False
        self._seen = now
        problems = [*self._read_database(), *self._read_file()]
        try:
            whole = together(self._database, self._file)
        except SoftswitchError as error:
            return self._put(
                self.found.declared, [*problems, f"{error}. Until then the trunks stay as they were"]
            )
        if len(whole) > MOST_TRUNKS:
            problems.append(f"{len(whole)} trunks are declared and {MOST_TRUNKS} are used: use more nodes")
        return self._put(whole[:MOST_TRUNKS], problems)

    def _look(self) -> Look:
        return self._watch.revision(trunks.KIND), tuple(map(_state, self._files))

    def _read_database(self) -> list[str]:
        try:
            found = declared.from_database(self._config)
        except SoftswitchError as error:
            self._seen = None  # again at the next poll
            return [f"the trunks of the database stay as they were: {error}"]
        self._database = found.declared
        return list(found.problems)

    def _read_file(self) -> list[str]:
        if self._config.trunks_file:
            self._files = files.parts(self._config.trunks_file)
        try:
            self._file = declared.from_file(self._config, passwords=True)
        except SoftswitchError as error:
            return [f"the trunks of {self._config.trunks_file} stay as they were: {error}"]
        return []

    def _put(self, whole: tuple[Declared, ...], problems: list[str]) -> bool:
        for problem in problems:
            if problem not in self.found.problems:
                log.warning("%s", problem)
        before, self.found = self.found, Found(whole, tuple(problems))
        return self.found != before

    def close(self) -> None:
        self._watch.close()


def _state(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
