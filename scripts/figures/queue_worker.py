"""A worker process for figures, to be killed: `python -m figures.queue_worker URL NODE ACTIONS_FILE`."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from softswitch import marked_yaml
from softswitch.actions import files
from softswitch.app.acting.registry import Means, Registry
from softswitch.app.acting.workers import Workers
from softswitch.errors import SoftswitchError
from softswitch.store.outbox.outbox import Outbox
from softswitch.store.writer import Records

READY = "ready"


@contextlib.asynccontextmanager
async def working(url: str, node: str, path: Path) -> AsyncIterator[Workers]:
    """Workers that do what the file of actions says."""
    records = Records(url, node)
    records.start()
    known = files.parse(marked_yaml.read(path), path.parent, mqtt=False)
    workers = Workers(Outbox(url, node, records), Registry(Means(known)))
    running = asyncio.create_task(workers.run())
    try:
        yield workers
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await workers.close()
        await records.close()


class Process:
    """Such a process, which works when this returns."""

    def __init__(self, url: str, node: str, path: Path) -> None:
        command = [sys.executable, "-m", "figures.queue_worker", url, node, str(path)]
        paths = os.environ | {"PYTHONPATH": ":".join(sys.path)}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=paths)
        assert self._process.stdout
        if self._process.stdout.readline().strip() != READY:
            raise SoftswitchError("a worker process did not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


async def main(url: str, node: str, path: Path) -> None:
    async with working(url, node, path):
        print(READY, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
