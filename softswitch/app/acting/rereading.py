"""Reads the file of actions anew when it has changed."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from softswitch.app.acting.registry import Registry
from softswitch.errors import SoftswitchError

log = logging.getLogger(__name__)
RELOAD_S = 1.0


async def watch(path: Path, read: Callable[[], Registry], use: Callable[[Registry], Awaitable[None]]) -> None:
    """Until cancelled. What does not check is refused, and the version that holds stays."""
    known = await asyncio.to_thread(_look, path)
    while True:
        await asyncio.sleep(RELOAD_S)
        seen = await asyncio.to_thread(_look, path)
        if seen in (known, None):
            continue
        known = seen
        try:
            await use(await asyncio.to_thread(read))
        except SoftswitchError as error:
            log.error("the new %s is refused, the one before stays: %s", path, error)
        except Exception:  # a bug here is no reason to end calls
            log.exception("while %s was read anew", path)
        else:
            log.info("%s was read anew", path)


def _look(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None
