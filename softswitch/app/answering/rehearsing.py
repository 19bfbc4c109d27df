"""Remembered answers as audio before anybody asks again: rendered once they are remembered or reviewed."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable

import structlog

from softswitch.answer.remembering import Remembered
from softswitch.answer.sentences import sentences_of
from softswitch.app.answering.thinker import FACTS
from softswitch.dialplan.plan import Plan
from softswitch.events import Say
from softswitch.speech.voices import PlanVoice

log = structlog.get_logger(__name__)
MOST_WAITING = 2_000
"""Answers that wait to be rendered; of more the latest: what memory has no room for is rendered in vain."""


class Rehearsal:
    """One answer after the other, so that callers hardly notice."""

    def __init__(self) -> None:
        self._voices: dict[str, tuple[Plan, PlanVoice]] = {}
        self._waiting: deque[Remembered] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def speak_with(self, plan: Plan, voice: PlanVoice) -> None:
        """From here on answers of this version of the plan are rendered, and of no other."""
        self._voices[plan.name] = plan, voice

    def learn(self, answers: Iterable[Remembered]) -> None:
        """Those that may be given to callers, as they are now; the last ones are the likeliest."""
        self._waiting.extend(answer for answer in answers if self._voice(answer))
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Until none waits."""
        while self._waiting:
            await self._rehearse(self._waiting.popleft())

    async def _rehearse(self, answer: Remembered) -> None:
        voice = self._voice(answer)
        about_all = answer.scope in ("nothing", "plan") and set(answer.fields) <= set(FACTS)
        for sentence in sentences_of(answer.answer) if voice else ():
            try:
                say = Say(sentence, static=False, language=answer.language)
                await voice.expect(say, on_disk=about_all)  # type: ignore[union-attr]
            except Exception as error:  # it is made when it is asked for, and fails or not
                log.warning("a remembered answer is not rendered ahead", error=type(error).__name__)
                return

    def _voice(self, answer: Remembered) -> PlanVoice | None:
        plan, voice = self._voices.get(answer.plan, (None, None))
        if plan is None or plan.version != answer.version or plan.settings.answers is None:
            return None
        approved = answer.state == "approved" or plan.settings.answers.reuse != "approved"
        lives = answer.state != "forgotten" and time.time() < answer.expires_at
        return voice if approved and lives else None
