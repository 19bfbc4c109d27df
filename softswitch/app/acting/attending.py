"""Promises that callers wait for: claimed before others, and told as soon as it is known what came of them,
whoever does them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from softswitch.actions.action import Action
from softswitch.store.outbox.claiming import Outcome
from softswitch.store.outbox.looking import Standing

MOST = 200
"""Callers who wait at once; of more, what they were promised is noted and done in its turn."""


class Fate(NamedTuple):
    """What a caller is told: it is done, it is noted and will be done, or it never can be."""

    outcome: Literal["done", "noted", "refused"]
    result: Mapping[str, str]


NOTED = Fate("noted", {})


class Attended:
    """By idempotency key, who waits for which action."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[Fate]]] = defaultdict(list)

    @property
    def keys(self) -> list[str]:
        return list(self._waiting)

    async def wait(self, key: str) -> Fate:
        """Until it is known what came of it, or that it takes longer."""
        if len(self._waiting) >= MOST:
            return NOTED
        future: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(future)
        try:
            return await future
        finally:
            self._drop(key, future)

    def look(self, known: Sequence[Standing]) -> dict[str, list[str]]:
        """Tell of those that have come to something; the keys, by name, of those that nobody does now."""
        free = defaultdict[str, list[str]](list)
        for each in known:
            match each.state:
                case "done":
                    self._tell(each.idempotency_key, Fate("done", texts(each.result or {})))
                case "dead" | "cancelled":
                    self._tell(each.idempotency_key, Fate("refused", texts(each.result or {})))
                case "queued" | "failed":
                    free[each.name].append(each.idempotency_key)
        return free

    def look_again(self, known: Sequence[Standing], claimed: Sequence[Action]) -> None:
        """Those that have failed, and are not tried again now, are noted: their next try is a while away."""
        under_way = {action.idempotency_key for action in claimed}
        for each in known:
            if each.state == "failed" and each.idempotency_key not in under_way:
                self._tell(each.idempotency_key, NOTED)

    def told(self, outcome: Outcome) -> None:
        """A worker of this process has written down what came of an attempt."""
        key = outcome.action.idempotency_key
        if key in self._waiting:
            result = texts(outcome.result or {})
            fates = {"done": Fate("done", result), "dead": Fate("refused", result), "failed": NOTED}
            self._tell(key, fates[outcome.state])

    def _tell(self, key: str, fate: Fate) -> None:
        for future in self._waiting.get(key, ()):
            if not future.done():
                future.set_result(fate)

    def _drop(self, key: str, future: "asyncio.Future[Fate]") -> None:
        self._waiting[key].remove(future)
        if not self._waiting[key]:
            del self._waiting[key]


def texts(result: Mapping[str, Any]) -> dict[str, str]:
    """What came back as texts, as variables have them; what is no single value is left out."""
    said = {True: "yes", False: "no"}
    return {
        name: said[value] if isinstance(value, bool) else str(value)
        for name, value in result.items()
        if isinstance(value, str | int | float)
    }
