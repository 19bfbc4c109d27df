"""Hold music: what callers hear while they wait, as raw PCM where the gateway finds it."""

import hashlib
import logging
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.speech import recordings

log = logging.getLogger(__name__)
BUNDLED = "data/music/hold.wav"


class HoldMusic:
    """Each piece is converted once, and written under a name made of what it holds."""

    def __init__(self, config: Config) -> None:
        self._folder, self._rate = config.run_dir, config.media.clock_rate
        self._own = config.media.hold_music
        self._files: dict[str, str] = {}

    def prepare(self, pieces: Iterable[str]) -> None:
        """Convert those that a dialplan names, see events.Listen.music, so that no caller waits for it."""
        for piece in pieces:
            self.file(piece)

    def file(self, piece: str) -> str:
        """The path of a piece; "" is the node's own. What cannot be read is silence, and told in the log."""
        if piece not in self._files:
            self._files[piece] = self._convert(piece)
        return self._files[piece]

    def _convert(self, piece: str) -> str:
        try:
            if piece or self._own:
                pcm = recordings.read(Path(piece or str(self._own)), self._rate)
            else:
                with resources.as_file(resources.files("softswitch.speech") / BUNDLED) as bundled:
                    pcm = recordings.read(bundled, self._rate)
            name = hashlib.sha256(pcm).hexdigest()[:16]
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"music-{name}.pcm"
            path.with_suffix(".new").write_bytes(pcm)
            path.with_suffix(".new").replace(path)
        except (SoftswitchError, OSError) as error:
            log.error("callers who wait hear no music: %s", error)
            return ""
        return str(path)
