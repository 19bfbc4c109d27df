"""What callers of one dialplan hear: a voice for each of its languages, and the prompts rendered at load."""

import asyncio
from collections.abc import Iterable, Mapping

import structlog

from softswitch.errors import SoftswitchError
from softswitch.events import Say
from softswitch.speech.joining import joined
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
        return Prompt(self._voice(say), say.text, say.rate, say.audio)

    def prompts(self, says: Iterable[Say]) -> list[Prompt]:
        """What has to be rendered for them."""
        return [prompt for say in says for prompt in self._fragments(say) or self._whole(say)]

    def get(self, say: Say) -> bytes | None:
        """Of fragments too, where each of them is there."""
        if fragments := self._fragments(say):
            found = [self._cache.get(prompt) for prompt in fragments]
            if pcm := _joined(found, fragments):
                return pcm
        return self._cache.get(self.prompt(say))

    async def speak(self, say: Say) -> bytes:
        """Synthesised now, as much of it as was not said before. A recording that memory had no room for is
        read anew, or its text is spoken.
        """
        prompt = self.prompt(say)
        if prompt.audio:
            try:
                return await self._cache.fetch(prompt)
            except SoftswitchError as error:
                log.error("recording not played", error=str(error))
                prompt = prompt._replace(audio="")
        if fragments := self._fragments(say):
            found = await asyncio.gather(*(self._said(each) for each in fragments))
            if pcm := _joined(found, fragments):
                return pcm
        return await self._cache.say(prompt)

    async def expect(self, say: Say, *, on_disk: bool) -> None:
        """Have ready what is likely to be said soon; `on_disk` too where anybody may hear it."""
        await self._cache.expect(self.prompt(say), on_disk=on_disk)

    async def _said(self, prompt: Prompt) -> bytes:
        pcm = self._cache.get(prompt)
        return await self._cache.say(prompt) if pcm is None else pcm

    def _voice(self, say: Say) -> PiperSynthesizer:
        return self._voices.get(say.language, self._first)

    def _whole(self, say: Say) -> list[Prompt]:
        """None of what is said only as part of a sentence."""
        return [] if say.static and say.fragments else [self.prompt(say)]

    def _fragments(self, say: Say) -> list[Prompt]:
        voice = self._voice(say)
        if not voice.cuts:
            return []
        return [Prompt(voice, each.text, say.rate, fragment=each) for each in say.fragments]


def _joined(found: Iterable[bytes | None], prompts: list[Prompt]) -> bytes:
    """b"" where one of them is not there, or cannot be cut."""
    there = [pcm for pcm in found if pcm]
    return joined(there, prompts[0].voice.clock_rate) if len(there) == len(prompts) else b""
