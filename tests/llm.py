"""A scripted language model beside a test that is not asynchronous: its loop runs in a thread."""

import asyncio
import threading
from collections.abc import Sequence

from softswitch.replay.scripted_llm import Answer, Moods, ScriptedLlm


class LlmBeside:
    """`with LlmBeside(answers) as llm:`, then ask `llm.server.url`."""

    def __init__(self, answers: Sequence[Answer], moods: Moods | None = None) -> None:
        self.server = ScriptedLlm(answers, moods or Moods(median=0.05, sigma=0.1, pace=0.002))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "LlmBeside":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.__aenter__(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.server.__aexit__(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
