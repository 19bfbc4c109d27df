"""How the supervisor has back what dies, with processes that are none."""

import asyncio
import errno
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from softswitch import config, supervisor
from softswitch.gateway.rings import Node
from softswitch.supervisor import Supervisor


class Process:
    """Lives until it is told to `end`."""

    returncode: int | None = None

    def __init__(self) -> None:
        self.signals: list[int] = []
        self._over = asyncio.Event()

    async def wait(self) -> int:
        await self._over.wait()
        return 1

    def end(self) -> None:
        self.returncode = 1
        self._over.set()

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Supervisor]:
    """Its processes have been up before."""
    made = config.load(overrides=(f"data_dir={tmp_path}",))
    made.run_dir.mkdir(parents=True)
    node = Supervisor(made)
    node._control.came_up = True
    yield node
    node._listener.close()


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Process | OSError]:
    """What comes of starting a process, time after time; the first of them is the next."""
    coming: list[Process | OSError] = []

    async def start(*command: Any, **options: Any) -> Process:
        found = coming.pop(0)
        if isinstance(found, OSError):
            raise found
        return found

    monkeypatch.setattr(supervisor.asyncio, "create_subprocess_exec", start)
    return coming


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():
            await asyncio.sleep(0.01)


async def test_a_process_that_cannot_be_started_just_now_is_started_again(
    node: Supervisor, starts: list[Process | OSError], caplog: pytest.LogCaptureFixture
) -> None:
    process = Process()
    starts += [OSError(errno.EAGAIN, "Resource temporarily unavailable"), process]
    keeper = asyncio.create_task(node._keep(node._control))
    await until(lambda: node._control.process is process)  # type: ignore[comparison-overlap]
    assert "it cannot be started: Resource temporarily unavailable" in caplog.text
    assert node._region.node[Node.CONTROL_RESTARTS] == 1
    keeper.cancel()


async def test_a_reload_that_is_asked_for_while_control_is_dead_waits_for_the_next_one(
    node: Supervisor, starts: list[Process | OSError]
) -> None:
    first, second, third = processes = Process(), Process(), Process()
    starts += processes
    keeper = asyncio.create_task(node._keep(node._control))
    for number, process in enumerate((first, second), 1):  # what dies again at once has to wait for a while
        await until(lambda process=process: node._control.process is process)
        node._control.ready.set()
        process.end()
        await until(lambda number=number: node._region.node[Node.CONTROL_RESTARTS] == number)
    node._wish_reload()
    await until(lambda: node._control.process is third)  # type: ignore[comparison-overlap]
    assert not third.signals
    node._control.ready.set()
    await until(lambda: third.signals == [signal.SIGHUP])
    keeper.cancel()
