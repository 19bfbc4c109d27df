"""The file of actions is read anew when it has changed, whatever is wrong with it."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from softswitch.app.acting import rereading
from softswitch.app.acting.registry import Means, Registry
from softswitch.errors import SoftswitchError


async def test_neither_a_mistake_nor_a_bug_ends_the_watch_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "RELOAD_S", 0.01)
    path, used = tmp_path / "actions.yaml", asyncio.Queue[Registry]()
    path.write_text("1")
    outcomes = [SoftswitchError("a mistake"), RuntimeError("a bug"), Registry(Means())]
    registry = outcomes[-1]

    def read() -> Registry:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return cast(Registry, outcome)

    watching = asyncio.create_task(rereading.watch(path, read, used.put))
    async with asyncio.timeout(5.0):
        while outcomes:
            path.write_text(path.read_text() + "1")
            await asyncio.sleep(0.02)
    assert await used.get() is registry
    watching.cancel()
