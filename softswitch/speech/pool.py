"""The speech pool: the threads that decode and synthesise. No other code of this room makes threads.

Vosk and onnxruntime release the interpreter's lock while they compute, so one thread per core uses
the machine fully; more would only add waiting.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from softswitch.errors import SoftswitchError

P = ParamSpec("P")
T = TypeVar("T")


class PoolFull(SoftswitchError):
    """More jobs wait than the pool may hold: the machine is far beyond what it can do."""


class SpeechPool:
    """Runs blocking jobs, first come first served, on a fixed number of threads.

    `workers` 0 means one per core. At most `limit` jobs wait; one more raises PoolFull.
    Counters for metrics: `jobs` done or begun, `waited` seconds that they waited in all.
    """

    def __init__(self, workers: int = 0, limit: int = 2000) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self.limit = limit
        self.jobs = 0
        self.waited = 0.0
        self.busy = 0
        self._queued: dict[int, float] = {}  # job number to the time it was queued, oldest first
        self._number = 0
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(self.workers, thread_name_prefix="speech")

    @property
    def waiting(self) -> int:
        return len(self._queued)

    @property
    def saturation(self) -> float:
        """Jobs per worker, begun and waiting; above 1 jobs wait."""
        return (self.busy + self.waiting) / self.workers

    @property
    def backlog(self) -> float:
        """Seconds that the oldest waiting job has waited; 0 when none waits."""
        with self._lock:
            oldest = next(iter(self._queued.values()), None)
        return 0.0 if oldest is None else time.monotonic() - oldest

    def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[T]":
        """Queue a job; await its result. Cancelling the future cancels a job that has not begun."""
        with self._lock:
            if len(self._queued) >= self.limit:
                raise PoolFull(
                    f"the speech pool is full ({self.limit} jobs wait): lower media.max_calls or add cores"
                )
            self._number += 1
            number = self._number
            self._queued[number] = time.monotonic()

        def job() -> T:
            self._begin(number)
            try:
                return fn(*args, **kwargs)
            finally:
                self._end()

        future = self._executor.submit(job)
        # A job that was cancelled while it waited never begins, so it leaves the queue here.
        future.add_done_callback(lambda _: self._forget(number))
        return asyncio.wrap_future(future)

    def close(self) -> None:
        """Drop waiting jobs and let the running ones end; does not wait for them."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _begin(self, number: int) -> None:
        with self._lock:
            self.waited += time.monotonic() - self._queued.pop(number)
            self.jobs += 1
            self.busy += 1

    def _end(self) -> None:
        with self._lock:
            self.busy -= 1

    def _forget(self, number: int) -> None:
        with self._lock:
            self._queued.pop(number, None)
