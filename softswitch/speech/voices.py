"""What callers of one dialplan hear: a voice for each of its languages, and the prompts rendered at load."""

from collections.abc import Iterable, Mapping

import structlog

from softswitch.errors import SoftswitchError
from softswitch.events import Say
from softswitch.speech.prompts import Prompt, PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer

log = structlog.get_logger(__name__)


class PlanVoice:
    """Implements ports.Voice. `voices` by language, the plan's first one first: it speaks what has none."""

    def __init__(self, voices: Mapping[str, PiperSynthesizer], cache: PromptCache) -> None:
        self._voices = voices
        self._first = next(iter(voices.values()))
        self._cache = cache

    def prompt(self, say: Say) -> Prompt:
        return Prompt(self._voices.get(say.language, self._first), say.text, say.rate, say.audio)

    def prompts(self, says: Iterable[Say]) -> list[Prompt]:
        return [self.prompt(say) for say in says]

    def get(self, say: Say) -> bytes | None:
        return self._cache.get(self.prompt(say))

    async def speak(self, say: Say) -> bytes:
        """Synthesised now. A recording that memory had no room for is read anew, or its text is spoken."""
        prompt = self.prompt(say)
        if prompt.audio:
            try:
                return await self._cache.fetch(prompt)
            except SoftswitchError as error:
                log.error("recording not played", error=str(error))
        return await prompt.voice.speak(prompt.text, prompt.rate)
