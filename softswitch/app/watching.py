"""Notices that the files of dialplans have changed, for nodes that are told to watch them."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from softswitch.dialplan import loader
from softswitch.dialplan.folder import MAX_FILES
from softswitch.errors import SoftswitchError

POLL_S = 1.0

Look = frozenset[tuple[str, int, int]]
"""Every file's path, time of change and size."""


async def watch(settings: Sequence[str], changed: Callable[[], None], poll_s: float = POLL_S) -> None:
    """Call `changed` whenever files have changed and then stayed the same from one look to the next."""
    known = before = await asyncio.to_thread(look, settings)
    while True:
        await asyncio.sleep(poll_s)
        now = await asyncio.to_thread(look, settings)
        if now == before and now != known:
            known = now
            changed()
        before = now


def look(settings: Sequence[str]) -> Look:
    """What the folders of these dialplans hold; nothing of one that is not there at the moment."""
    seen: set[tuple[str, int, int]] = set()
    for setting in settings:
        try:
            folder = loader.resolve(setting)
        except SoftswitchError:
            continue
        for path in _files(folder):
            try:
                found = path.stat()
                seen.add((str(path), found.st_mtime_ns, found.st_size))
            except OSError:
                continue  # it went away just now: the next look tells
            if len(seen) > MAX_FILES:
                break
    return frozenset(seen)


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root) / name for name in names if name.endswith((".yaml", ".yml", ".wav"))]
        if len(found) > MAX_FILES:
            break
    return found
