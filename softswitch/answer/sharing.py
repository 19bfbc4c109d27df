"""One stream for many who want the same: a hundred callers who ask the same thing cause one request."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
Source = TypeVar("Source")


class Flight(Generic[Source, Value]):
    """A stream that is under way: its values so far, and those to come, for as many as want them.

    It goes on while anybody listens; when the last one has left before its end it is given up. `source` is
    what the stream comes from.
    """

    def __init__(self, source: Source, stream: AsyncGenerator[Value, None]) -> None:
        self.source = source
        self._stream = stream
        self._values: list[Value] = []
        self._news = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None
        self._listeners = 0
        self._task = asyncio.create_task(self._pump())

    @property
    def ended(self) -> bool:
        return self._ended

    async def _pump(self) -> None:
        try:
            async for value in self._stream:
                self._values.append(value)
                self._tell()
        except asyncio.CancelledError:
            self._error = asyncio.CancelledError()
            raise
        except Exception as error:
            self._error = error
        finally:
            await self._stream.aclose()
            self._ended = True
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def values(self) -> AsyncGenerator[Value, None]:
        """From the first. Raises what the stream raised."""
        self._listeners += 1
        at = 0
        try:
            while True:
                while at < len(self._values):
                    at += 1
                    yield self._values[at - 1]
                if self._ended:
                    break
                await self._news.wait()
            if self._error is not None:
                raise self._error
        finally:
            self._listeners -= 1
            if not self._listeners and not self._ended:
                self._task.cancel()

    async def first(self, known: Callable[[], bool]) -> None:
        """Until `known()`, which is looked at after each value, or the end."""
        while not known() and not self._ended:
            await self._news.wait()

    def when_ended(self, do: Callable[[], None]) -> None:
        self._task.add_done_callback(lambda _: do())


class Flights(Generic[Source, Value]):
    """Streams under way, by what they are about."""

    def __init__(self) -> None:
        self._flights: dict[object, Flight[Source, Value]] = {}

    def find(self, key: object) -> Flight[Source, Value] | None:
        """One that is under way still."""
        flight = self._flights.get(key)
        return flight if flight and not flight.ended else None

    def begin(
        self, key: object, source: Source, stream: AsyncGenerator[Value, None]
    ) -> Flight[Source, Value]:
        flight = self._flights[key] = Flight(source, stream)
        flight.when_ended(lambda: self._forget(key, flight))
        return flight

    def _forget(self, key: object, flight: Flight[Source, Value]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
