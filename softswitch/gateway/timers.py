"""A leg's timers: what is to be done later unless something happens first. Pure: time is handed in."""

from collections.abc import Callable


class Timers:
    """At most one timer of each name; setting it anew replaces it. As exact as `run` is called often."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[float, Callable[[], None]]] = {}

    def set(self, name: str, at: float, do: Callable[[], None]) -> None:
        self._due[name] = (at, do)

    def cancel(self, *names: str) -> None:
        for name in names:
            self._due.pop(name, None)

    def clear(self) -> None:
        self._due.clear()

    def __contains__(self, name: str) -> bool:
        return name in self._due

    def due(self, now: float) -> list[Callable[[], None]]:
        """What is to be done now, earliest first; those timers are over."""
        ripe = sorted((at, name) for name, (at, _) in self._due.items() if at <= now)
        return [self._due.pop(name)[1] for _, name in ripe]
