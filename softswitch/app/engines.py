"""Ears, voices and prompts: what dialplans need before their first call."""

import asyncio
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.events import Say
from softswitch.speech import models
from softswitch.speech.endpointing import SpeechEndpointer
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import PromptCache
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.speech.voices import PlanVoice

SHOW_PROGRESS_AFTER_S = 1.0


@dataclass
class Bar:
    """A bar on standard error, for work that takes longer than a second."""

    label: str
    _began: float = field(default_factory=time.monotonic)

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._began < SHOW_PROGRESS_AFTER_S or not total:
            return
        bar = "#" * (30 * done // total)
        end = "\n" if done == total else "\r"
        print(f"{self.label} [{bar:<30}] {done}/{total}", end=end, file=sys.stderr, flush=True)


class Shelf:
    """Every ear and every voice is loaded once, however many languages and dialplans share it."""

    def __init__(self, config: Config, pool: SpeechPool) -> None:
        self._installed, self._rate, self._pool = config.models_dir, config.media.clock_rate, pool
        self._ears: dict[Path, asyncio.Task[VoskRecognizer]] = {}
        self._voices: dict[Path, asyncio.Task[PiperSynthesizer]] = {}

    @property
    def backlog(self) -> float:
        """Seconds of callers' audio that are not decoded yet."""
        loaded = (ear for ear in self._ears.values() if ear.done() and not ear.exception())
        return sum(ear.result().backlog for ear in loaded)

    async def ear(self, setting: str) -> VoskRecognizer:
        """Raises SoftswitchError when there is none, or none that Vosk can load."""
        path = models.ear(setting, self._installed).resolve()
        if path not in self._ears:
            loading = asyncio.to_thread(VoskRecognizer, path, self._rate, self._pool)
            self._ears[path] = asyncio.create_task(loading)
        return await self._ears[path]

    async def voice(self, setting: str) -> PiperSynthesizer:
        """Raises SoftswitchError when there is none, or none that Piper can load."""
        voice = await asyncio.to_thread(models.voice, setting, self._installed)
        path = voice.path.resolve()
        if path not in self._voices:
            loading = asyncio.to_thread(PiperSynthesizer, voice, self._rate, self._pool)
            self._voices[path] = asyncio.create_task(loading)
        return await self._voices[path]


class Engines:
    """The node's, shared by its dialplans."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.pool = SpeechPool(config.speech.workers)
        self.shelf = Shelf(config, self.pool)
        self.prompts = PromptCache(self.pool, config.data_dir / "prompts")

    def new_endpointer(self) -> SpeechEndpointer:
        return SpeechEndpointer(self._config.media.clock_rate)

    async def equip(self, plan: str, languages: Iterable[str]) -> tuple[dict[str, VoskRecognizer], PlanVoice]:
        """Ears by language, and the voice. Raises SoftswitchError with everything that is missing."""
        speech, languages = self._config.speech, tuple(languages)
        missing = [setting for language in languages for setting in speech.missing_for(language, plan)]
        if missing:
            raise SoftswitchError(
                f"the dialplan {plan} speaks {', '.join(languages)}, but the embedded models speak English "
                f"only: set {' and '.join(missing)}"
            )
        heard = [self.shelf.ear(speech.model_for(language, plan)) for language in languages]
        said = [self.shelf.voice(speech.voice_for(language, plan)) for language in languages]
        ears, spoken = await asyncio.gather(asyncio.gather(*heard), asyncio.gather(*said))
        by_language = dict(zip(languages, spoken, strict=True))
        return dict(zip(languages, ears, strict=True)), PlanVoice(by_language, self.prompts)


def write_holding_line(voice: PlanVoice, config: Config) -> Path:
    """The line that callers hear while control is away, as raw PCM where the gateway finds it."""
    path = config.run_dir / "holding-line.pcm"
    path.with_suffix(".new").write_bytes(voice.get(Say(config.survival.line)) or b"")
    path.with_suffix(".new").replace(path)
    return path
