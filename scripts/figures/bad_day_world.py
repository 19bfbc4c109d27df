"""What a node depends on, for a benchmark that takes it away: a language model and a customer's system, both
real servers on loopback, in a thread beside.
"""

import asyncio
import itertools
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self

from aiohttp import web

from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm

START_S = 10.0
STALL_S = 30.0
NAMES = ("Anna", "Bill", "Carla", "David", "Emma", "Frank", "Grace", "Henry", "Irene", "Jack")
SKIES = ("dry", "sunny", "cloudy", "windy", "cold", "warm", "rainy", "foggy", "bright", "wet")


class Forecaster(ScriptedLlm):
    """Never says the same twice in a row, so that every answer has to be synthesised."""

    def __init__(self) -> None:
        super().__init__(moods=Moods(median=0.2, sigma=0.4, pace=0.005))
        self._skies = itertools.cycle(itertools.permutations(SKIES, 3))

    def choose(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        return Answer("", "It is {} now. Tomorrow it is {} and {}.".format(*next(self._skies)), "call")


class World:
    """`with World() as world:`. The `llm` stalls while its `wait` is STALL_S, the office while `hangs`."""

    def __init__(self) -> None:
        self.llm = Forecaster()
        self.office = ""
        self.bookings = Counter[str]()
        """Requests by idempotency key."""
        self._hang = asyncio.Event()
        self._drivers = itertools.cycle(itertools.product(NAMES, SKIES))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.hang(False)
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()

    def hang(self, hangs: bool) -> None:
        """Whether the office's system takes requests and answers none of them."""
        self._loop.call_soon_threadsafe(self._hang.clear if hangs else self._hang.set)

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_S)

    async def _open(self) -> None:
        self._hang.set()
        await self.llm.__aenter__()
        app = web.Application()
        app.router.add_get("/driver/{room}", self._driver)
        app.router.add_post("/book", self._book)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.office = f"http://{host}:{port}"

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self.llm.__aexit__()

    async def _driver(self, request: web.Request) -> web.Response:
        await self._hang.wait()
        return web.json_response({"driver": " ".join(next(self._drivers))})

    async def _book(self, request: web.Request) -> web.Response:
        await self._hang.wait()
        self.bookings[request.headers["Idempotency-Key"]] += 1
        return web.Response(status=204)
