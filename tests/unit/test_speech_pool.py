"""The pool's bounds and counters."""

import asyncio
import threading

import pytest

from softswitch.speech.pool import PoolFull, SpeechPool


async def test_results_and_errors_come_back() -> None:
    pool = SpeechPool(2)
    assert await pool.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await pool.run(divmod, 7, 0)
    pool.close()
    assert pool.jobs == 2


async def test_counts_what_runs_and_what_waits() -> None:
    pool = SpeechPool(2)
    gate = threading.Event()
    jobs = [pool.run(gate.wait, 5) for _ in range(5)]
    while pool.busy < 2:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)
    assert (pool.busy, pool.waiting, pool.saturation) == (2, 3, 2.5)
    assert pool.backlog >= 0.02
    gate.set()
    assert all(await asyncio.gather(*jobs))
    assert (pool.busy, pool.waiting, pool.backlog) == (0, 0, 0.0)
    assert pool.waited >= 0.06
    pool.close()


async def test_refuses_more_waiting_jobs_than_its_limit() -> None:
    pool = SpeechPool(1, limit=2)
    gate = threading.Event()
    jobs = [pool.run(gate.wait, 5)]
    while pool.busy < 1:
        await asyncio.sleep(0.001)
    jobs += [pool.run(gate.wait, 5) for _ in range(2)]
    with pytest.raises(PoolFull, match="add cores"):
        pool.run(gate.wait, 5)
    gate.set()
    await asyncio.gather(*jobs)
    pool.close()


async def test_a_cancelled_job_that_had_not_begun_leaves_the_queue() -> None:
    pool = SpeechPool(1)
    gate = threading.Event()
    first, second = pool.run(gate.wait, 5), pool.run(gate.wait, 5)
    while pool.busy < 1:
        await asyncio.sleep(0.001)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await asyncio.sleep(0)
    assert pool.waiting == 0
    gate.set()
    await first
    assert pool.jobs == 1
    pool.close()


def test_has_a_thread_per_core_unless_told_otherwise() -> None:
    pools = SpeechPool(), SpeechPool(3)
    assert pools[0].workers >= 1
    assert pools[1].workers == 3
    for pool in pools:
        pool.close()
