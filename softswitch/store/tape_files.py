"""Where recordings lie, and which are deleted again: `YYYY/MM/DD/CALL_ID.wav` below their folder, by the day
(UTC) on which the call began.
"""

import os
import re
import time
from pathlib import Path

from softswitch.store import wav


def file_of(call_id: str, started_at: float) -> str:
    """Where the recording of a call lies, below the folder. Raises ValueError for an id that is none."""
    if not re.fullmatch(r"[0-9a-f]{32}", call_id):
        raise ValueError("a call's id is 32 hex digits")
    return time.strftime(f"%Y/%m/%d/{call_id}.wav", time.gmtime(started_at))


def prune(folder: Path, before: float, most_bytes: int) -> int:
    """Delete recordings last written `before` (Unix seconds), and the oldest beyond `most_bytes` in all; how
    many. Those being written count and stay.
    """
    files = sorted(_files(folder), key=lambda found: found[1].st_mtime, reverse=True)
    total, deleted = 0, 0
    for path, about in files:
        total += about.st_size
        if path.suffix == wav.PART or (about.st_mtime >= before and total <= most_bytes):
            continue
        try:
            path.unlink()
        except OSError:
            continue
        deleted += 1
        total -= about.st_size
        _tidy(path.parent, folder)
    return deleted


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    found = []
    for path in folder.glob("*/*/*/*.wav*"):
        try:
            found.append((path, path.stat(follow_symlinks=False)))
        except OSError:
            continue
    return found


def _tidy(folder: Path, root: Path) -> None:
    """Remove days, months and years that are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
