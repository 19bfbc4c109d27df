"""Answers of look-ups, kept for as long as they are said to hold; bounded in number and in size."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_ENTRIES = 10_000
MOST_BYTES = 16 << 20
OVERHEAD = 400
"""Bytes that an entry takes beside its texts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`values` by name; without any, nothing was found."""

    values: Mapping[str, str]

    @property
    def size(self) -> int:
        return OVERHEAD + sum(len(name) + 2 * len(value) for name, value in self.values.items())


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer
    since: float
    until: float


class Cache:
    """`clock` is monotonic. What was asked for is known here by a digest only: it may be a secret."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def key(self, name: str, arguments: Mapping[str, str]) -> bytes:
        """Under which the answer to this is kept."""
        digest = hashlib.blake2b(key=self._salt, digest_size=16)
        for text in (name, *(text for pair in sorted(arguments.items()) for text in pair)):
            raw = text.encode("utf-8", "replace")
            digest.update(len(raw).to_bytes(4, "big") + raw)
        return digest.digest()

    def get(self, key: bytes) -> tuple[Answer, float] | None:
        """The answer and its age in seconds; None when there is none, or it holds no more."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = self._clock()
        if now >= entry.until:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.answer, now - entry.since

    def put(self, key: bytes, answer: Answer, holds_s: float) -> None:
        """Keep it; what was not asked for longest makes room."""
        if key in self._entries:
            self._drop(key)
        if holds_s <= 0 or answer.size > MOST_BYTES:
            return
        now = self._clock()
        self._entries[key] = _Entry(answer, now, now + holds_s)
        self.size += answer.size
        while len(self._entries) > MOST_ENTRIES or self.size > MOST_BYTES:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: bytes) -> None:
        self.size -= self._entries.pop(key).answer.size
