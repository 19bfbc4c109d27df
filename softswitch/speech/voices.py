"""What callers of one dialplan hear: a voice for each of its languages, and the prompts rendered at load."""

from collections.abc import Callable, Iterable, Mapping

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


Progress = Callable[[int, int], None]


async def prepare(
    cache: PromptCache,
    wanted: Iterable[tuple[PlanVoice, Iterable[Say]]],
    progress: Progress | None = None,
    at_once: int = 0,
) -> None:
    """Have what dialplans say in memory, all in one set, so that none drives out another."""
    prompts = [voice.prompt(say) for voice, says in wanted for say in says]
    await cache.render_all(prompts, progress, at_once)
