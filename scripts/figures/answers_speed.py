"""How soon an answer is audio, in the real voice: remembered, composed of what is known, or just thought."""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from figures.figure import Measurement, Spec, Workshop, percentile
from softswitch.answer.answerer import Answerer, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.app.answering.rehearsing import Rehearsal
from softswitch.app.answering.thinker import PlanThinker
from softswitch.dialplan import loader
from softswitch.dialplan.markup import parse
from softswitch.dialplan.pieces import Piece
from softswitch.dialplan.pieces import Voice as How
from softswitch.events import BargeIn, Say
from softswitch.replay.bundled import FOLDER, NOBODY
from softswitch.replay.scripted_llm import PIECE, Answer, Moods, ScriptedLlm, reply_text
from softswitch.replay.shop import Kept
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.speech.voices import PlanVoice
from softswitch.thinking import Think

CLOCK_RATE = 8000
QUESTIONS = 200
MOODS = Moods(median=0.02, sigma=0.1, pace=0.01)
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet")
SAYS = "Yes, we have {} and {} in the shop. They are here all year, and last for about a week."
COMPOSED = "Your order {order} left our house this morning and should arrive on {day}."
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
USUAL = How("en", 1.0, BargeIn.SPEECH)


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
    """Says what it is given, as a node that has just started."""

    def __init__(self, folder: Path) -> None:
        pool = SpeechPool()
        synthesizer = PiperSynthesizer(models.voice(models.EMBEDDED), CLOCK_RATE, pool)
        self.cache = PromptCache(pool, folder)
        self.voice = PlanVoice({"en": synthesizer}, self.cache)

    async def prepare(self, says: Sequence[Say]) -> None:
        await self.cache.render_all(self.voice.prompts(says))
        await self.voice.speak(Say("One moment please.", static=False))

    async def audio(self, say: Say) -> float:
        """When it is audio."""
        pcm = self.voice.get(say) or await self.voice.speak(say)
        assert pcm
        return time.perf_counter()


class Head:
    """Answers one question after the other, by a model or what it said before."""

    def __init__(self, server: TimedLlm) -> None:
        self.plan = loader.load(FOLDER, NOBODY)
        self.kept = Kept(time.time)
        self.llm = Llm(Model("main", server.url, "scripted"))
        answerer = Answerer(self.llm, Settings(remember=3600))
        answerer.remember(self.kept.book, self.kept)
        self._thinker = PlanThinker(self.plan, answerer)

    async def answer(self, question: str, mouth: Mouth) -> float:
        """When its first sentence was audio."""
        thought = self._thinker.think(Think("", question), {"today": "2026-02-02"}, ())
        times = [await mouth.audio(Say(text, static=False)) async for text in thought.sentences]
        return times[0]


async def _rehearsed(head: Head, folder: Path) -> Mouth:
    """A mouth that was told what is remembered."""
    mouth, rehearsal = Mouth(folder), Rehearsal()
    await mouth.prepare([])
    rehearsal.speak_with(head.plan, mouth.voice)
    rehearsal.learn(head.kept.book)
    await rehearsal.catch_up()
    return mouth


async def _answered(folder: Path) -> tuple[list[float], list[float]]:
    """Milliseconds: from a model's first sentence to its audio; from a question to a remembered answer's."""
    pairs = [(one, other) for one in WORDS for other in WORDS if one != other]
    asked = [(f"do you have {one} {kind} {other}", SAYS.format(one, other)) for one, other in pairs
             for kind in ("and", "or", "with")][:QUESTIONS]  # fmt: skip
    thought, remembered = list[float](), list[float]()
    server = TimedLlm([Answer(f"^{question}$", said) for question, said in asked], MOODS)
    async with server:
        head, mouth = Head(server), Mouth(folder)
        await head.llm.prepare()
        await mouth.prepare([])
        for question, _ in asked:
            thought.append(1000 * (await head.answer(question, mouth) - server.written_at))
        mouth = await _rehearsed(head, folder)
        for question, _ in asked:
            began = time.perf_counter()
            remembered.append(1000 * (await head.answer(question, mouth) - began))
        await head.llm.close()
        assert len(server.asked) == len(asked), "every second answer is remembered"
        assert mouth.cache.uses["anew"] == 1, "and is audio already"
    return thought, remembered


def _orders(piece: Piece) -> Iterator[Say]:
    chance = random.Random(7)
    for _ in range(QUESTIONS):
        number = " ".join(str(chance.randint(1000, 9999)))
        day = f"{chance.choice(DAYS)} at {chance.randint(1, 11)}:{chance.randint(10, 59)}"
        said = {"order": number, "day": day}
        say = piece.say(USUAL, lambda name, how, said=said: said[name])  # type: ignore[misc]
        assert say
        yield say


async def _composed(folder: Path) -> list[float]:
    """Milliseconds to a sentence of which two parts vary, each time others."""
    (piece,) = parse(COMPOSED)
    mouth, took = Mouth(folder), list[float]()
    await mouth.prepare(list(piece.fixed(USUAL)))
    for say in _orders(piece):
        began = time.perf_counter()
        took.append(1000 * (await mouth.audio(say) - began))
    return took


def speed(workshop: Workshop) -> Sequence[float]:
    with tempfile.TemporaryDirectory() as folder:
        thought, remembered = asyncio.run(_answered(Path(folder)))
        composed = asyncio.run(_composed(Path(folder)))
    return percentile(remembered, 0.99), percentile(composed, 0.99), percentile(thought, 0.99)


SPEED = Measurement(
    f"{QUESTIONS} answers: remembered, composed and thought, in the embedded voice",
    (
        Spec("remembered answer: intent known, to the audio of its first sentence, p99", "ms", at_most=10),
        Spec("composed answer with two variable parts, to its audio, p99", "ms", at_most=60),
        Spec("LLM's first sentence whole at the server, to its audio, p99", "ms", at_most=80),
    ),
    speed,
)
