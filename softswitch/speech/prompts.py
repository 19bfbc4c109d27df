"""Prompt audio, rendered once: in memory for playing, on disk for the next start.

A prompt's address is a hash of all that decides how it sounds: the voice's files, the clock rate, the
rendering's version and the normalised text. A file is the SHA-256 of its PCM followed by the PCM.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from softswitch.errors import SoftswitchError
from softswitch.speech.normalize import normalize
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

DIGEST_BYTES = 32
ABANDONED_S = 3600.0  # a temporary file this old belongs to a process that died while writing
MEGABYTE = 1 << 20

_log = structlog.get_logger(__name__)


class PromptCache:
    """Implements ports.Prompts. At most `memory_bytes` are held, and `disk_bytes` kept in `folder`."""

    def __init__(
        self,
        synthesizer: PiperSynthesizer,
        pool: SpeechPool,
        folder: Path,
        *,
        memory_bytes: int = 256 * MEGABYTE,
        disk_bytes: int = 1024 * MEGABYTE,
    ) -> None:
        self._synthesizer = synthesizer
        self._pool = pool
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._held: dict[str, bytes] = {}  # by text, the least recently rendered set first
        self.rendered = 0  # prompts that had to be synthesised since the start
        self.held_bytes = 0

    def get(self, text: str) -> bytes | None:
        """The prompt's PCM when `text` is among those rendered; immediate."""
        return self._held.get(text)

    async def render_all(
        self, texts: Iterable[str], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Have every text in memory, synthesising only what is neither there nor on disk.

        `progress(done, total)` is called after each. Raises SoftswitchError when they are more than memory
        may hold. A disk that cannot be written costs the next start its cache, not this one its prompts.
        """
        wanted = list(dict.fromkeys(texts))
        self._make_folder()
        fetched: dict[str, bytes] = {}
        left = iter(wanted)

        async def fetch() -> None:
            for text in left:
                fetched[text] = self._held.get(text) or await self._fetch(text)
                if progress:
                    progress(len(fetched), len(wanted))

        tasks = [asyncio.create_task(fetch()) for _ in range(2 * self._pool.workers)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        self._hold(fetched)
        await self._pool.run(self._tidy)

    def address(self, text: str) -> Path:
        """The file that holds, or will hold, this prompt."""
        name = hashlib.sha256(f"{self._synthesizer.identity}\n{normalize(text)}".encode()).hexdigest()
        return self._folder / f"{name}.pcm"

    async def _fetch(self, text: str) -> bytes:
        pcm = await self._pool.run(self._read, text)
        if pcm is None:
            pcm = await self._synthesizer.speak(text)
            self.rendered += 1
            await self._pool.run(self._write, text, pcm)
        return pcm

    def _hold(self, fetched: dict[str, bytes]) -> None:
        """Put the new set last, and drop the oldest of what calls in progress may still need."""
        size = sum(map(len, fetched.values()))
        if size > self._memory_bytes:
            raise SoftswitchError(
                f"the dialplan's prompts take {size // MEGABYTE} MB, more than the"
                f" {self._memory_bytes // MEGABYTE} MB held in memory: shorten its texts or split it"
            )
        earlier = {text: pcm for text, pcm in self._held.items() if text not in fetched}
        size += sum(map(len, earlier.values()))
        while size > self._memory_bytes:
            size -= len(earlier.pop(next(iter(earlier))))
        self._held = earlier | fetched
        self.held_bytes = size

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SoftswitchError(
                f"cannot make the prompt cache {self._folder} ({error.strerror}):"
                " set data_dir to a folder that you own"
            ) from None

    def _read(self, text: str) -> bytes | None:
        """The prompt from disk; None when it is missing, cut short or altered."""
        path = self.address(text)
        try:
            stored = path.read_bytes()
            os.utime(path)  # used now: the oldest are the first to go
        except OSError:
            return None
        digest, pcm = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
        return pcm if hashlib.sha256(pcm).digest() == digest else None

    def _write(self, text: str, pcm: bytes) -> None:
        path = self.address(text)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            temporary.write_bytes(hashlib.sha256(pcm).digest() + pcm)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            _log.warning("prompt not kept on disk", folder=str(self._folder), error=error.strerror)

    def _tidy(self) -> None:
        """Keep the folder within its limit, oldest use first, and clear what dead writers left."""
        now = time.time()
        kept: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            try:
                found = path.stat()
                if path.suffix == ".pcm":
                    kept.append((found.st_mtime, found.st_size, path))
                elif path.suffix == ".tmp" and now - found.st_mtime > ABANDONED_S:
                    path.unlink()
            except FileNotFoundError:
                continue  # another process tidies too
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= self._disk_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
