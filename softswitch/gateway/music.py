"""Hold music: pieces of raw PCM that ports play in a circle, each read once for all calls.

The clock thread only picks a frame. So that music does not begin with a click after something else was heard,
it begins at one of a few places for which frames with a rising level were made when the piece was read.
"""

import logging
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from softswitch.gateway.rings import PTIME_MS

log = logging.getLogger(__name__)
START_EVERY = 100
"""Music may begin at every so many frames: after an announcement the last 2 s at most are heard again."""
FADE_FRAMES = 3
PIECES = 8
"""So many are kept, those that were asked for last; a port keeps the one that it plays."""
LONGEST_S = 600


class Piece:
    """`frames` play in a circle; `rising` has those by their number that follow each place to begin at."""

    def __init__(self, pcm: bytes, frame_bytes: int) -> None:
        pcm = pcm + bytes(-len(pcm) % frame_bytes)
        self.frames: Sequence[bytes] = [pcm[at : at + frame_bytes] for at in range(0, len(pcm), frame_bytes)]
        self.rising = {
            at: _raise(self.frames[at], at - start)
            for start in range(0, len(self.frames), START_EVERY)
            for at in range(start, min(start + FADE_FRAMES, len(self.frames)))
        }


class MusicShelf:
    """The pieces of a gateway by their files; one that has changed is read again."""

    def __init__(self, frame_bytes: int) -> None:
        self._frame_bytes = frame_bytes
        self._pieces: OrderedDict[tuple[str, int, int], Piece] = OrderedDict()

    def get(self, path: str) -> Piece | None:
        """None for "", and for a file that cannot be played, which the log tells."""
        if not path:
            return None
        try:
            found = Path(path).stat()
            key = (path, found.st_mtime_ns, found.st_size)
            piece = self._pieces.pop(key, None) or self._read(path, found.st_size)
        except (OSError, ValueError) as error:
            log.error("hold music %s cannot be played: %s; callers hear silence instead", path, error)
            return None
        self._pieces[key] = piece
        while len(self._pieces) > PIECES:
            self._pieces.popitem(last=False)
        return piece

    def _read(self, path: str, size: int) -> Piece:
        longest = self._frame_bytes * LONGEST_S * 1000 // PTIME_MS
        if not 0 < size <= longest:
            raise ValueError(f"{size} bytes, where 1 to {longest} of raw 16-bit PCM were expected")
        with Path(path).open("rb") as file:
            return Piece(file.read(longest), self._frame_bytes)


def _raise(frame: bytes, number: int) -> bytes:
    """The frame as number `number` of those in which the level rises from nothing to all."""
    samples = array("h", frame)
    whole = len(samples) * FADE_FRAMES
    before = len(samples) * number
    return array("h", (value * (before + at) // whole for at, value in enumerate(samples))).tobytes()
