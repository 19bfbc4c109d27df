"""Ear, voice, dialplan and prompts, loaded side by side: what a node needs before its first call."""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from softswitch.app import plans
from softswitch.config import Config
from softswitch.dialplan.plan import Plan
from softswitch.speech import models
from softswitch.speech.endpointing import SpeechEndpointer
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import PromptCache
from softswitch.speech.recognizer import VoskRecognizer
from softswitch.speech.synthesizer import PiperSynthesizer

SHOW_PROGRESS_AFTER_S = 1.0


@dataclass
class Progress:
    """A bar on standard error, for work that takes longer than a second."""

    label: str
    _began: float = field(default_factory=time.monotonic)

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._began < SHOW_PROGRESS_AFTER_S or not total:
            return
        bar = "#" * (30 * done // total)
        end = "\n" if done == total else "\r"
        print(f"{self.label} [{bar:<30}] {done}/{total}", end=end, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Engines:
    plan: Plan
    pool: SpeechPool
    recognizer: VoskRecognizer
    synthesizer: PiperSynthesizer
    prompts: PromptCache
    clock_rate: int

    def new_endpointer(self) -> SpeechEndpointer:
        return SpeechEndpointer(self.clock_rate)


class Shelf:
    """Every ear and every voice is loaded once, however many languages and dialplans share it."""

    def __init__(self, config: Config, pool: SpeechPool) -> None:
        self._installed, self._rate, self._pool = config.models_dir, config.media.clock_rate, pool
        self._ears: dict[Path, asyncio.Task[VoskRecognizer]] = {}
        self._voices: dict[Path, asyncio.Task[PiperSynthesizer]] = {}

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


async def load(config: Config, restarted: bool) -> Engines:
    """Raises SoftswitchError (or InvalidFile) when a model is missing or the dialplan is wrong."""
    pool = SpeechPool(config.speech.workers)
    rate = config.media.clock_rate
    plan = await asyncio.to_thread(plans.load, config, restarted)
    shelf, chosen = Shelf(config, pool), (plan.settings.language, plan.name)
    recognizer, synthesizer = await asyncio.gather(
        shelf.ear(config.speech.model_for(*chosen)), shelf.voice(config.speech.voice_for(*chosen))
    )
    prompts = PromptCache(synthesizer, pool, config.data_dir / "prompts")
    await prompts.render_all((*plan.static_prompts(), config.survival.line), Progress("Rendering prompts"))
    return Engines(plan, pool, recognizer, synthesizer, prompts, rate)


def write_holding_line(engines: Engines, config: Config) -> Path:
    """The line that callers hear while control is away, as raw PCM where the gateway finds it."""
    path = config.run_dir / "holding-line.pcm"
    path.with_suffix(".new").write_bytes(engines.prompts.get(config.survival.line) or b"")
    path.with_suffix(".new").replace(path)
    return path
