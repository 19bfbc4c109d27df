"""What a far end says from its answer on, decoded as it speaks; one step at a time, beside the frames."""

import asyncio
import logging

from softswitch.ports import Recognizer
from softswitch.session.utterance import CHUNK

log = logging.getLogger(__name__)


class Words:
    def __init__(self, recognizer: Recognizer) -> None:
        self._stream = recognizer.open(None)
        self._pending: list[bytes] = []
        self._flush = self._flushed = False
        self._work: asyncio.Task[None] | None = None
        self._said = self._partial = ""
        self._closed = False
        self.before = b""
        """Sound from just before the first word."""

    @property
    def text(self) -> str:
        return f"{self._said} {self._partial}".strip()

    @property
    def settled(self) -> bool:
        """Whether everything heard so far is in `text`."""
        return self._flushed and not self._pending and self._work is None

    def hear(self, frame: bytes, flush: bool) -> None:
        """One frame; with `flush` what was said is over. Silence after that is not decoded."""
        if self._closed or (flush and self._flushed):
            return
        if self.before:
            frame, self.before = self.before + frame, b""
        self._pending.append(frame)
        self._flush, self._flushed = flush, False
        if self._work is None and (flush or len(self._pending) >= CHUNK):
            self._work = asyncio.create_task(self._decode())

    async def _decode(self) -> None:
        try:
            while not self._closed and (self._flush or len(self._pending) >= CHUNK):
                audio = b"".join(self._pending)
                self._pending.clear()
                self._partial = await self._stream.accept(audio) if audio else self._partial
                if self._flush and not self._pending:
                    self._said = f"{self._said} {(await self._stream.finish()).text}".strip()
                    self._partial, self._flush, self._flushed = "", False, True
        except Exception as error:  # its text may tell what was said
            log.error("the recogniser failed (%s); who has answered is told by cadence", type(error).__name__)
            self._closed = True
        finally:
            self._work = None
            if self._closed:
                self._stream.close()

    def close(self) -> None:
        self._closed = True
        if self._work is None:
            self._stream.close()
