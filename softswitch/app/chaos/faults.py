"""Which faults there are at this moment. Whoever stands before a dependency asks here and suffers them."""

import asyncio
import contextlib
import random
import threading
from dataclasses import dataclass, field

FOR_EVER_S = 1e6


class Injected(OSError):
    """A fault on purpose."""


@dataclass(eq=False)
class Fault:
    """`latency` seconds before each use, `errors` the share of uses that fail, `hang`: no use ever ends."""

    latency: float = 0.0
    errors: float = 0.0
    hang: bool = False
    met: int = 0
    """How often it was met."""
    over: threading.Event = field(default_factory=threading.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Whoever suffers it goes on."""
        self.over.set()
        self._over.set()

    async def wait(self, seconds: float) -> bool:
        """Until it is over, or for so long; whether it is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds if seconds < FOR_EVER_S else None)
        return self._over.is_set()

    def strike(self) -> float:
        """How long this use takes more, infinity for ever. Raises Injected."""
        self.met += 1
        if self.errors and random.random() < self.errors:
            raise Injected("a fault on purpose")
        return float("inf") if self.hang else self.latency


class Faults:
    """At most one for each dependency, by name."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}

    def begin(self, name: str, fault: Fault) -> None:
        """Raises ValueError when there is one already."""
        if name in self._active:
            raise ValueError(f"{name} has a fault already")
        self._active[name] = fault

    def end(self, name: str) -> None:
        if fault := self._active.pop(name, None):
            fault.end()

    async def meet(self, name: str, patience: float = float("inf")) -> None:
        """Suffer what there is, until it is over. Raises Injected; TimeoutError after `patience` seconds."""
        fault = self._active.get(name)
        if fault is None:
            return
        wait = fault.strike()
        if not await fault.wait(min(wait, patience)) and wait > patience:
            raise TimeoutError

    def meet_blocking(self, name: str, patience: float) -> None:
        """The same in a thread."""
        fault = self._active.get(name)
        if fault is None:
            return
        wait = fault.strike()
        if not fault.over.wait(min(wait, patience)) and wait > patience:
            raise TimeoutError
