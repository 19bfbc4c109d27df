"""Prompt audio, rendered once: in memory for playing, on disk for the next start.

A prompt's address is a hash of all that decides how it sounds: the voice's files, the clock rate, the
rendering's version, the rate of speech and the normalised text. A file is the SHA-256 of its PCM followed by
the PCM. Recordings are not kept on disk a second time.
"""

import asyncio
import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import structlog

from softswitch.errors import SoftswitchError
from softswitch.events import Fragment
from softswitch.speech import recordings
from softswitch.speech.keeping import Kept
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

DIGEST_BYTES = 32
ABANDONED_S = 3600.0  # a temporary file this old belongs to a process that died while writing
MEGABYTE = 1 << 20

_log = structlog.get_logger(__name__)


class Prompt(NamedTuple):
    """What is said by a voice at a rate; or the recording that says it, whose file never changes.

    With a `fragment` the text is part of a sentence.
    """

    voice: PiperSynthesizer
    text: str
    rate: float = 1.0
    audio: str = ""
    fragment: Fragment | None = None

    @property
    def of(self) -> "Prompt":
        """The same for all prompts that sound the same: a recording is played as it was recorded."""
        return self._replace(text="", rate=1.0) if self.audio else self

    @property
    def address(self) -> str:
        """Its name on disk."""
        slower = "" if self.rate == 1 else f"\n{self.rate:.3f}"
        beside = f"\n{self.fragment.before}\n{self.fragment.after}" if self.fragment else ""
        spoken = f"{self.voice.identity}\n{self.voice.words(self.text)}{slower}{beside}"
        return hashlib.sha256(spoken.encode()).hexdigest()

    def render(self) -> bytes:
        """Synthesise it, blocking. A fragment that cannot be cut gives b""."""
        if self.fragment:
            return self.voice.render_fragment(self.fragment, self.rate)
        return self.voice.render(self.text, self.rate)


class PromptCache:
    """At most `memory_bytes` are held, and `disk_bytes` kept in `folder`. Of what is no prompt of a dialplan,
    `said_bytes` of what was said last, or is likely to be said, are held too.
    """

    def __init__(
        self,
        pool: SpeechPool,
        folder: Path,
        *,
        memory_bytes: int = 256 * MEGABYTE,
        disk_bytes: int = 1024 * MEGABYTE,
        said_bytes: int = 64 * MEGABYTE,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._held: dict[Prompt, bytes] = {}  # the least recently rendered set first
        self.rendered = 0  # prompts that had to be synthesised since the start
        self.held_bytes = 0
        self.said: Kept[Prompt] = Kept(said_bytes)
        self.uses = Counter[str](again=0, anew=0)
        """Of what is no prompt of a dialplan: said from memory, or made."""

    def get(self, prompt: Prompt) -> bytes | None:
        """The prompt's PCM when it is in memory; immediate."""
        found = self._held.get(prompt.of)
        if found is None and (found := self.said.get(prompt)) is not None:
            self.uses["again"] += 1
        return found

    async def say(self, prompt: Prompt) -> bytes:
        """What `get` does not have, from disk or made now: held, so that it is there the next time. What is
        made goes to no disk: it may be about a caller.
        """
        pcm = await self._pool.run(lambda: self._read(prompt) or prompt.render())
        self.said.put(prompt, pcm)
        self.uses["anew"] += 1
        return pcm

    async def expect(self, prompt: Prompt, *, on_disk: bool) -> None:
        """Have what is likely to be said in memory, and, where anybody may hear it, on disk."""
        if prompt not in self.said:
            self.said.put(prompt, await self.fetch(prompt) if on_disk else await self.say(prompt))

    async def render_all(
        self,
        prompts: Iterable[Prompt],
        progress: Callable[[int, int], None] | None = None,
        at_once: int = 0,
    ) -> None:
        """Have every prompt in memory, synthesising only what is neither there nor on disk.

        `progress(done, total)` is called after each. `at_once` prompts keep the pool busy, 0 as many as it
        can take: with 1, callers hardly notice. Raises SoftswitchError when they are more than memory may
        hold, or a recording cannot be read. A disk that cannot be written costs the next start its cache,
        not this one its prompts.
        """
        wanted = list(dict.fromkeys(prompt.of for prompt in prompts))
        self._make_folder()
        fetched: dict[Prompt, bytes] = {}
        left = iter(wanted)

        async def fetch() -> None:
            for prompt in left:
                fetched[prompt] = self._held.get(prompt) or await self.fetch(prompt)
                if progress:
                    progress(len(fetched), len(wanted))

        tasks = [asyncio.create_task(fetch()) for _ in range(at_once or 2 * self._pool.workers)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        self._hold(fetched)
        await self._pool.run(self._tidy)

    def keep_only(self, prompts: Iterable[Prompt]) -> None:
        """Let go of all others that are in memory."""
        wanted = {prompt.of for prompt in prompts}
        self._held = {prompt: pcm for prompt, pcm in self._held.items() if prompt in wanted}
        self.held_bytes = sum(map(len, self._held.values()))

    def path(self, prompt: Prompt) -> Path:
        """The file that holds, or will hold, this prompt."""
        return self._folder / f"{prompt.address}.pcm"

    async def fetch(self, prompt: Prompt) -> bytes:
        """From disk, or made now; not held in memory. Raises SoftswitchError for a broken recording."""
        if prompt.audio:
            return await self._pool.run(recordings.read, Path(prompt.audio), prompt.voice.clock_rate)
        pcm = await self._pool.run(self._read, prompt)
        if pcm is None:
            pcm = await self._pool.run(prompt.render)
            self.rendered += 1
            await self._pool.run(self._write, prompt, pcm)
        return pcm

    def _hold(self, fetched: dict[Prompt, bytes]) -> None:
        """Put the new set last, and drop the oldest of what calls in progress may still need."""
        size = sum(map(len, fetched.values()))
        if size > self._memory_bytes:
            raise SoftswitchError(
                f"the dialplans' prompts take {size // MEGABYTE} MB, more than the"
                f" {self._memory_bytes // MEGABYTE} MB held in memory: shorten its texts or split it"
            )
        earlier = {prompt: pcm for prompt, pcm in self._held.items() if prompt not in fetched}
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

    def _read(self, prompt: Prompt) -> bytes | None:
        """The prompt from disk; None when it is missing, cut short or altered."""
        path = self.path(prompt)
        try:
            stored = path.read_bytes()
            os.utime(path)  # used now: the oldest are the first to go
        except OSError:
            return None
        digest, pcm = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
        return pcm if hashlib.sha256(pcm).digest() == digest else None

    def _write(self, prompt: Prompt, pcm: bytes) -> None:
        path = self.path(prompt)
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
