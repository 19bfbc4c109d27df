"""How soon a remembered answer is there, and a model's first sentence is audio, with the real voice."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from figures.figure import Measurement, Spec, Workshop, percentile
from softswitch.answer.answerer import Answerer, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.app.answering.thinker import PlanThinker
from softswitch.dialplan import loader
from softswitch.replay.bundled import FOLDER, NOBODY
from softswitch.replay.running import Kept
from softswitch.replay.scripted_llm import PIECE, Answer, Moods, ScriptedLlm, reply_text
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.thinking import Think

CLOCK_RATE = 8000
QUESTIONS = 200
MOODS = Moods(median=0.02, sigma=0.1, pace=0.01)
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet")
SAYS = "Yes, we have {} and {} in the shop. They are here all year, and last for about a week."


class TimedLlm(ScriptedLlm):
    """Notes when the piece that ends the first sentence was written to the connection."""

    written_at = 0.0
    _left = 0

    def choose(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        answer = super().choose(messages)
        self._left = reply_text(answer).index(". ") // PIECE + 1
        return answer

    async def _pause(self, seconds: float) -> None:
        self._left -= 1
        if self._left == 0:
            self.written_at = time.perf_counter()
        await super()._pause(seconds)


class Mouth:
    """Answers one question after the other, and says their first sentences."""

    def __init__(self, server: TimedLlm) -> None:
        plan = loader.load(FOLDER, NOBODY)
        kept = Kept(time.time)
        self._llm = Llm(Model("main", server.url, "scripted"))
        answerer = Answerer(self._llm, Settings(remember=3600))
        answerer.remember(kept.book, kept)
        self._thinker = PlanThinker(plan, answerer)
        self._voice = PiperSynthesizer(models.voice(models.EMBEDDED), CLOCK_RATE, SpeechPool(1))

    async def prepare(self) -> None:
        await self._llm.prepare()
        await self._voice.speak("One moment please.")

    async def answer(self, question: str) -> tuple[float, float]:
        """When the first sentence was there, and when it was audio."""
        thought = self._thinker.think(Think("", question), {"today": "2026-02-02"}, ())
        first = audio = 0.0
        async for sentence in thought.sentences:
            if not first:
                first = time.perf_counter()
                await self._voice.speak(sentence)
                audio = time.perf_counter()
        return first, audio

    async def close(self) -> None:
        await self._llm.close()


async def _times() -> tuple[list[float], list[float], list[float]]:
    """Milliseconds: a model's sentence to audio; a remembered answer to its text, and to audio."""
    pairs = [(one, other) for one in WORDS for other in WORDS if one != other]
    asked = [(f"do you have {one} {kind} {other}", SAYS.format(one, other)) for one, other in pairs
             for kind in ("and", "or", "with")][:QUESTIONS]  # fmt: skip
    thought, text, spoken = list[float](), list[float](), list[float]()
    server = TimedLlm([Answer(f"^{question}$", said) for question, said in asked], MOODS)
    async with server:
        mouth = Mouth(server)
        await mouth.prepare()
        for question, _ in asked:
            _, audio = await mouth.answer(question)
            thought.append(1000 * (audio - server.written_at))
        for question, _ in asked:
            began = time.perf_counter()
            first, audio = await mouth.answer(question)
            text.append(1000 * (first - began))
            spoken.append(1000 * (audio - began))
        await mouth.close()
        assert len(server.asked) == len(asked), "every second answer is remembered"
    return thought, text, spoken


def speed(workshop: Workshop) -> Sequence[float]:
    thought, text, spoken = asyncio.run(_times())
    return percentile(thought, 0.99), percentile(text, 0.99), percentile(spoken, 0.99)


SPEED = Measurement(
    f"first sentences of {QUESTIONS} answers, thought and remembered, in the embedded voice",
    (
        Spec("LLM's first sentence whole at the server, to its audio, p99", "ms", at_most=80),
        Spec("remembered answer, to its first sentence, p99", "ms", at_most=10),
        Spec("remembered answer, to the audio of its first sentence, p99", "ms"),
    ),
    speed,
)
