"""`chaos` of the node's desk: one fault, for a time, and what callers experienced meanwhile."""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from softswitch.answer.asking import Llm, Model
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.calls import Calls
from softswitch.app.chaos import seams
from softswitch.app.chaos.experience import Experience
from softswitch.app.chaos.faults import Fault, Faults
from softswitch.app.chaos.seams import FaultyEar, FaultyLlm, FaultyRegistry, FaultyVoice
from softswitch.app.desk import Desk, Tell
from softswitch.errors import SoftswitchError
from softswitch.news import SessionEvent
from softswitch.ports import Recognizer
from softswitch.publish.mqtt import Broker
from softswitch.session.parts import Parts
from softswitch.store.engine import sqlite_file
from softswitch.values import Section

log = logging.getLogger(__name__)
PROGRESS_S = 1.0
Dependency = Literal[
    "llm", "sql", "recogniser", "synthesiser", "integration", "mqtt", "gateway", "control", "disk", "clock"
]


class Order(Section):
    """`seconds` it lasts; `jump` seconds of the clock; see app.chaos.faults.Fault for the others."""

    do: str = ""
    dependency: Dependency
    name: str = Field("", max_length=100)
    seconds: float = Field(30.0, gt=0, le=3600)
    latency: float = Field(0.0, ge=0, le=600)
    errors: float = Field(0.0, ge=0, le=1)
    hang: bool = False
    jump: float = Field(0.0, ge=-86400 * 400, le=86400 * 400)

    @property
    def key(self) -> str:
        return f"{self.dependency} {self.name}".strip()


class Chaos:
    """The node's, where its configuration allows it; see calm.Calm for all other nodes."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._watching: set[Experience] = set()
        self._calls: Calls | None = None
        self._broker: Broker | None = None

    def open(self, desk: Desk, calls: Calls, broker: Broker | None) -> None:
        self._calls, self._broker = calls, broker
        desk.register("chaos", self.answer)

    def llm(self, model: Model) -> Llm:
        return FaultyLlm(model, self.faults)

    def registry(self, means: Means) -> Registry:
        return FaultyRegistry(means, self.faults)

    def worsen(self, parts: Parts) -> Parts:
        """The same with seams, and with somebody who counts."""
        ears: dict[str, Recognizer] = {
            name: FaultyEar(ear, self.faults) for name, ear in parts.recognizers.items()
        }

        def filled() -> None:
            parts.filled()
            for experience in self._watching:
                experience.fillers += 1

        return replace(parts, recognizers=ears, voice=FaultyVoice(parts.voice, self.faults), filled=filled)

    def before_commit(self, url: str) -> Callable[[], None]:
        return partial(seams.before_commit, self.faults, sqlite_file(url) is not None)

    def before_journal(self) -> None:
        seams.before_journal(self.faults)

    def take(self, event: SessionEvent) -> None:
        for experience in self._watching:
            experience.take(event)

    async def answer(self, request: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Tells every second how things stand. Who asks and goes away ends the fault."""
        try:
            order = Order.model_validate(request)
        except ValidationError as error:
            raise SoftswitchError(f"this is no fault: {error.errors()[0]['msg']}") from None
        assert self._calls
        experience, began = Experience(self._calls.sessions), time.monotonic()
        watch = asyncio.create_task(experience.run())
        self._watching.add(experience)
        log.warning("chaos: %s for %g s", order.key, order.seconds)
        try:
            async with self._fault(order):
                while (left := began + order.seconds - time.monotonic()) > 0:
                    tell({"left_s": round(left, 1), **experience.told()})
                    await asyncio.sleep(min(PROGRESS_S, left))
        finally:
            log.warning("chaos: %s is over", order.key)
            watch.cancel()
            self._watching.discard(experience)
        return {"seconds": round(time.monotonic() - began, 1), **experience.told()}

    @contextlib.asynccontextmanager
    async def _fault(self, order: Order) -> Any:
        begin, end = self._means(order)
        begin()
        try:
            yield
        finally:
            end()

    def _means(self, order: Order) -> tuple[Callable[[], object], Callable[[], object]]:
        """How it begins, and how it ends. Raises SoftswitchError."""
        match order.dependency:
            case "gateway":
                return lambda: os.kill(gateway_pid(), signal.SIGKILL), lambda: None
            case "control":
                return lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: None
            case "mqtt":
                if self._broker is None:
                    raise SoftswitchError("this node has no broker: set mqtt.url")
                return self._broker.cut, self._broker.mend
            case "clock":
                return lambda: _jump(order.jump), lambda: _jump(-order.jump)
        if not (order.latency or order.errors or order.hang):
            raise SoftswitchError("say what is to go wrong: latency, errors or hang")
        fault = Fault(order.latency, order.errors, order.hang)
        return lambda: self._begin(order.key, fault), lambda: self.faults.end(order.key)

    def _begin(self, key: str, fault: Fault) -> None:
        try:
            self.faults.begin(key, fault)
        except ValueError as error:
            raise SoftswitchError(f"{error}: wait until it is over, or end it with Ctrl-C") from None


def gateway_pid() -> int:
    """The other process of this node: a child of the same supervisor. Raises SoftswitchError."""
    supervisor = os.getppid()
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"softswitch.gateway.process" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise SoftswitchError("the gateway is not running just now: try again in a moment")


_time = time.time


def _jump(seconds: float) -> None:
    """Set this process's clock, for all that ask `time.time`: the machine's own is others', too."""
    before = time.time
    offset = before() - _time() + seconds
    time.time = _time if abs(offset) < 1e-3 else lambda: _time() + offset
