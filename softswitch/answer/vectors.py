"""Vectors of questions by their keys, bounded in number and memory: new ones take the place of the oldest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 4_000
MOST_BYTES = 32 << 20
MOST_NUMBERS = 8_192
"""Of one vector."""
Vector = NDArray[np.float32]


def vector_of(numbers: Sequence[float]) -> Vector:
    """Of length 1, so that the product of two is their cosine. ValueError: it is none."""
    vector = np.asarray(numbers, np.float32)
    length = float(np.linalg.norm(vector))
    if not 0 < vector.size <= MOST_NUMBERS or not np.isfinite(length) or length == 0:
        raise ValueError("this is no vector")
    return vector / np.float32(length)


class Vectors:
    """One length for all; what has another one begins anew, for it is another model's."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._begin(1)

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, key: str) -> bool:
        return key in self._at

    def _begin(self, size: int) -> None:
        rows = max(1, min(self._most, self._most_bytes // (4 * size)))
        self._rows = np.zeros((rows, size), np.float32)
        self._keys: list[str] = []
        self._at: dict[str, int] = {}
        self._next = 0

    def put(self, key: str, vector: Vector) -> None:
        if vector.size != self._rows.shape[1]:
            self._begin(vector.size)
        row = self._at.get(key)
        if row is None:
            row, self._next = self._next, (self._next + 1) % len(self._rows)
            if row < len(self._keys):
                del self._at[self._keys[row]]
                self._keys[row] = key
            else:
                self._keys.append(key)
            self._at[key] = row
        self._rows[row] = vector

    def near(self, vector: Vector, least: float) -> list[tuple[float, str]]:
        """Cosine and key of those that are so much alike, the most alike first."""
        if vector.size != self._rows.shape[1]:
            return []
        found = self._rows[: len(self._keys)] @ vector
        near = [(float(found[at]), self._keys[at]) for at in np.flatnonzero(found >= least)]
        return sorted(near, reverse=True)
