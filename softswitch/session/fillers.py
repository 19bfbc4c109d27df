"""What is heard when an answer is late: when, and which, so that no two in a row are the same."""

from collections.abc import Callable

from softswitch.events import Await, Listen, Say

FRAME_S = 0.02
AGAIN_S = 1.2
"""Silence after a filler until the next one."""
MOST = 6
"""Fillers for one answer: who still waits then is not helped by more of them."""


class Fillers:
    """One call's. They take turns, and `seed` says where they begin: another number in each call."""

    def __init__(self, seed: int, played: Callable[[], None]) -> None:
        """`played` is told of each that is said."""
        self._next = seed
        self._told = played
        self._says: tuple[Say, ...] = ()
        self._after = 0.0
        self.rewind()

    def use(self, step: Listen | Await) -> None:
        """Those of this step from here on."""
        self._says, self._after = step.filler, step.filler_after

    def rewind(self) -> None:
        """A new answer is being waited for."""
        self.said = 0  # fillers for this answer
        self._waited = 0.0

    def due(self, playing: bool) -> Say | None:
        """To be asked for every frame in which there is no answer yet: the filler to say now, if any."""
        if playing or not self._says or self.said >= MOST:
            return None
        self._waited += FRAME_S
        if self._waited < (AGAIN_S if self.said else self._after) - 1e-9:
            return None
        self._waited = 0.0
        self.said += 1
        self._next += 1
        self._told()
        return self._says[self._next % len(self._says)]
