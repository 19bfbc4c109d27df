"""`softswitch serve`: starts the two processes, watches them, and has back at once what dies.

The supervisor owns what must outlive either process: the audio region, the configuration as it was read,
and the listening socket between the two. It does nothing else, so that nothing can make it die.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from softswitch.child import READY, WHERE, Inheritance, config_fd
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.gateway.rings import Node, Region
from softswitch.node_lock import sole_node

log = logging.getLogger(__name__)
START_LIMIT = 120.0
"""Seconds for a first start, prompts rendered and all."""
TELLING_S = 0.3
HANG_LIMIT = 15.0
"""Seconds without control's heartbeat after which it is killed, to be started anew."""
STOP_LIMIT = 10.0
SHORT_LIFE = 5.0
"""A process that lives shorter than this is restarted after a pause that doubles, up to LONGEST_PAUSE."""
LONGEST_PAUSE = 5.0
CONTROL = "softswitch.app"


@dataclass
class Child:
    """One of the two processes, again and again."""

    module: str
    inheritance: Inheritance
    ready_read: int
    restarts_counter: Node
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    came_up: bool = False
    process: asyncio.subprocess.Process | None = None

    async def live(self) -> str:
        """From its start to its end, and how that came about."""
        try:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                *self.inheritance.arguments(),
                pass_fds=self.inheritance.descriptors(),
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops them in order
            )
        except OSError as error:  # the machine is short of memory or processes, just now at least
            return f"it cannot be started: {error.strerror}"
        status = await self.process.wait()
        self.ready.clear()
        return f"status {status}"

    def signal(self, number: int) -> None:
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)

    def watch_ready(self, loop: asyncio.AbstractEventLoop) -> None:
        def readable() -> None:
            if READY in os.read(self.ready_read, 4096):
                self.came_up = True
                self.ready.set()

        loop.add_reader(self.ready_read, readable)


class Supervisor:
    """`control` is the module that is the control process; the benchmark has one that is busy."""

    def __init__(self, config: Config, control: str = CONTROL) -> None:
        self._config = config
        self._listener = listen(config.run_dir / "gateway.sock")
        region_fd = Region.create(config.media.max_calls, config.media.clock_rate)
        self._region = Region(region_fd, config.media.max_calls, config.media.clock_rate)
        settings = config_fd(config)
        self._gateway = self._child(
            "softswitch.gateway.process", settings, region_fd, self._listener.fileno(), Node.GATEWAY_RESTARTS
        )
        self._control = self._child(
            control, settings, region_fd, self._listener.fileno(), Node.CONTROL_RESTARTS
        )
        self._draining = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failed = ""
        self._reload: asyncio.Task[None] | None = None

    @staticmethod
    def _child(module: str, settings: int, region: int, listener: int, counter: Node) -> Child:
        ready_read, ready_write = os.pipe()
        return Child(module, Inheritance(settings, region, listener, ready_write), ready_read, counter)

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Until SIGTERM or SIGINT: then the calls that are up may end within `drain_limit`; a second signal
        ends them. Raises SoftswitchError when a process cannot start at all.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._wish_end)
        children = (self._gateway, self._control)
        for child in children:
            child.watch_ready(loop)
        loop.add_signal_handler(signal.SIGHUP, self._wish_reload)
        keepers = [asyncio.create_task(self._keep(child)) for child in children]
        try:
            await self._until_ready(on_ready)
            watcher = asyncio.create_task(self._watch_heartbeat())
            await self._until_drained()
            watcher.cancel()
        finally:
            self._stopping.set()
            await self._stop(keepers)
        if self._failed:
            raise SoftswitchError(self._failed)

    async def _until_ready(self, on_ready: Callable[[], None]) -> None:
        ready = asyncio.create_task(self._both_ready())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((ready, stopping), timeout=START_LIMIT, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            on_ready()
        elif not self._stopping.is_set():
            self._failed = f"the node was not ready after {START_LIMIT:.0f} s; see the messages above"
            self._stopping.set()
        ready.cancel()
        stopping.cancel()

    def _wish_end(self) -> None:
        if self._draining.is_set() or not self._config.drain_limit or not self._control.came_up:
            self._stopping.set()
        self._draining.set()

    async def _until_drained(self) -> None:
        """Until calls have ended, or may not go on any longer. The gateway ends by itself after the last."""
        wishes = [asyncio.create_task(event.wait()) for event in (self._draining, self._stopping)]
        await asyncio.wait(wishes, return_when=asyncio.FIRST_COMPLETED)
        if not self._stopping.is_set():
            log.info("no new calls; those up may go on for %.0f s", self._config.drain_limit)
            for child in (self._gateway, self._control):
                if child.ready.is_set():  # one that is starting would die of the signal
                    child.signal(signal.SIGUSR1)
            await asyncio.wait(wishes[1:], timeout=self._config.drain_limit)
        for wish in wishes:
            wish.cancel()

    def _wish_reload(self) -> None:
        """SIGHUP: control loads its dialplans anew, as soon as it is there to do so."""
        if self._reload is None or self._reload.done():
            self._reload = asyncio.create_task(self._pass_on_reload())

    async def _pass_on_reload(self) -> None:
        await self._control.ready.wait()  # one that is starting would die of the signal
        self._control.signal(signal.SIGHUP)

    async def _both_ready(self) -> None:
        await self._gateway.ready.wait()
        await self._control.ready.wait()

    async def _keep(self, child: Child) -> None:
        """Start a process whenever it is not there. One that never came up once ends the node."""
        pause = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            how = await child.live()
            if self._stopping.is_set():
                return
            if self._ends_node(child, how):
                self._stopping.set()
                return
            self._region.node[child.restarts_counter] += 1
            log.error("%s died (%s); starting it again", child.module, how)
            pause = min(LONGEST_PAUSE, 2 * pause or 0.1) if time.monotonic() - began < SHORT_LIFE else 0.0
            await asyncio.sleep(pause if pause > 0.1 else 0)

    def _ends_node(self, child: Child, how: str) -> bool:
        """Whether that was the end of a gateway that drains, or of a process that never came up."""
        if self._draining.is_set() and child is self._gateway:
            return True
        if not child.came_up:
            self._failed = f"{child.module} did not start ({how}); its reason is above"
        return not child.came_up

    async def _watch_heartbeat(self) -> None:
        """A control process that hangs for long is killed; the gateway keeps its callers meanwhile."""
        while True:
            await asyncio.sleep(1)
            silent = time.monotonic() - self._region.node[Node.CONTROL_AT_NS] / 1e9
            # One that is starting may be loading a large model.
            if silent > (HANG_LIMIT if self._control.ready.is_set() else START_LIMIT):
                log.error("control has not moved for %.0f s; killing it where it is", silent)
                self._control.signal(WHERE)
                await asyncio.sleep(TELLING_S)
                self._region.node[Node.CONTROL_AT_NS] = time.monotonic_ns()
                self._control.signal(signal.SIGKILL)

    async def _stop(self, keepers: list[asyncio.Task[None]]) -> None:
        """The gateway first, so that it ends its calls and control records their end."""
        for child in (self._gateway, self._control):
            child.signal(signal.SIGTERM)
            if child.process:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(child.process.wait(), STOP_LIMIT)
                child.signal(signal.SIGKILL)
        await asyncio.gather(*keepers)


def listen(path: Path) -> socket.socket:
    """The gateway's socket, readable for this user only. It outlives the gateway: connecting never fails."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
    except OSError as error:
        raise SoftswitchError(
            f"cannot make the socket {path}: {error.strerror or error}. Set data_dir to a shorter path"
        ) from None
    path.chmod(0o600)
    listener.listen(4)
    return listener


def serve(config: Config, on_ready: Callable[[], None], control: str = CONTROL) -> None:
    """Run a node until it is told to stop."""

    async def run() -> None:
        await Supervisor(config, control).run(on_ready)

    with sole_node(config):
        asyncio.run(run())
