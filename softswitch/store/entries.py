"""What waits to be written: an event, or other work, until it is known what came of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from softswitch.news import Announced, SessionEvent

Value = TypeVar("Value")
Work = Callable[[sa.Connection], Value]
"""Something else to write: it may be run again when its transaction could not be committed."""
Tells = Callable[[Value], Sequence[Announced]]
"""What is to be told of it, by its value: in the same transaction, or not at all."""


@dataclass(slots=True, eq=False)
class Entry:
    """`submitted` is monotonic, in seconds; `number` its place in the order of all."""

    event: SessionEvent | Announced | Work[Any]
    done: asyncio.Future[Any]
    submitted: float
    result: Any = None
    number: int = 0
    lasts: bool = True
    tells: Tells[Any] | None = None

    @property
    def is_event(self) -> bool:
        return not callable(self.event)

    def work(self, connection: sa.Connection) -> Sequence[Announced]:
        """Do it; what is to be told of it."""
        assert callable(self.event)
        self.result = self.event(connection)
        return self.tells(self.result) if self.tells else ()
