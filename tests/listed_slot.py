"""A slot for tests of matching: the values are given, each by how it is said."""

from collections.abc import Mapping, Sequence
from datetime import datetime


class ListedSlot:
    """Satisfies the Protocol Slot."""

    def __init__(self, values: Mapping[str, str], type: str = "list") -> None:
        """`values`: the canonical value by how it is said."""
        self.type, self._values = type, dict(values)
        self.keys, self.phrases = (0, 0), tuple(values)

    def begins(self, token: str) -> bool:
        return any(said.split()[:1] == [token] for said in self._values)

    def read(self, tokens: Sequence[str], at: int, now: datetime) -> list[tuple[int, str]]:
        found = [
            (at + len(said.split()), value)
            for said, value in self._values.items()
            if list(tokens[at : at + len(said.split())]) == said.split()
        ]
        return sorted(found, key=lambda reading: -reading[0])

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> list[tuple[int, str]]:
        return self.read(tokens, at, now)

    def fits(self, value: str) -> bool:
        return value in self._values.values()

    def keyed(self, digits: str, now: datetime) -> str | None:
        return None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        return value
