"""Audio of what was said, or will be said soon, held in memory within a bound."""

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
ENTRY = 500
"""Bytes that one takes beside its audio, about."""


class Kept(Generic[Key]):
    """At most `limit` bytes; what was used the longest ago goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[Key, bytes] = OrderedDict()
        self.bytes = 0

    def get(self, key: Key) -> bytes | None:
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def put(self, key: Key, pcm: bytes) -> None:
        if key in self._held:
            self._drop(key)
        self._held[key] = pcm
        self.bytes += ENTRY + len(pcm)
        while self.bytes > self._limit:
            self._drop(next(iter(self._held)))

    def _drop(self, key: Key) -> None:
        self.bytes -= ENTRY + len(self._held.pop(key))

    def __contains__(self, key: Key) -> bool:
        return key in self._held
