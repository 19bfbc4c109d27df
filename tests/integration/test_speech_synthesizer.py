"""What the voice's audio is like: level, ends, lead-in, the same every time."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from speech_parts import RATE, active_dbfs, pool, signal, synthesizer, voiced_span

from softswitch.errors import SoftswitchError
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool", "synthesizer"]

TEXTS = [
    "Hello, how can I help you?", "Four o'clock.", "Shall I transfer you? Please hold.", "Yes.", "Ha!",
    "Your order 1234 costs $42.50 and arrives on 2026-11-22.", "Six fifty-six.", "Where? There. OK.",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
async def test_is_at_line_level_and_starts_at_once(synthesizer: PiperSynthesizer, text: str) -> None:
    audio = signal(await synthesizer.speak(text))
    first, last = voiced_span(audio, below_db=36)
    assert active_dbfs(audio) == pytest.approx(-20, abs=1)
    assert np.abs(audio).max() <= 0.91
    assert first <= 0.020
    assert len(audio) / RATE - last <= 0.060


@pytest.mark.parametrize("text", TEXTS)
def test_starts_and_ends_without_a_click(synthesizer: PiperSynthesizer, text: str) -> None:
    audio = signal(synthesizer.render(text))
    assert abs(audio[0]) < 0.002
    assert abs(audio[-1]) < 0.002


@pytest.mark.parametrize("nothing", ["", "  ", "...", "?!", "***"])
async def test_nothing_to_say_is_no_audio(synthesizer: PiperSynthesizer, nothing: str) -> None:
    assert await synthesizer.speak(nothing) == b""


async def test_a_text_sounds_the_same_on_every_thread(synthesizer: PiperSynthesizer) -> None:
    assert len(set(await asyncio.gather(*(synthesizer.speak(TEXTS[0]) for _ in range(16))))) == 1


def test_written_numbers_are_said_as_words(synthesizer: PiperSynthesizer) -> None:
    assert synthesizer.render("It costs $42.50.") == synthesizer.render(
        "It costs forty two dollars and fifty cents."
    )


def test_sentences_are_set_apart(synthesizer: PiperSynthesizer) -> None:
    both = len(synthesizer.render("Please hold. Thank you."))
    alone = len(synthesizer.render("Please hold.")) + len(synthesizer.render("Thank you."))
    assert both - alone == 2 * RATE // 4


@pytest.mark.parametrize("rate", [0.7, 0.85, 1.2])
def test_speech_is_slower_or_faster_by_its_rate(synthesizer: PiperSynthesizer, rate: float) -> None:
    plain, rated = (len(synthesizer.render(TEXTS[0], speed)) for speed in (1.0, rate))
    assert rated / plain == pytest.approx(1 / rate, rel=0.08)


def test_a_voice_of_another_language_reads_numbers_itself(pool: SpeechPool) -> None:
    voice = models.voice("embedded")
    spanish = replace(voice, settings=voice.settings | {"espeak": {"voice": "es"}})
    assert PiperSynthesizer(spanish, RATE, pool).words("Son  12 euros.") == "Son 12 euros."


async def test_a_wideband_node_gets_twice_the_samples(
    pool: SpeechPool, synthesizer: PiperSynthesizer
) -> None:
    wide = PiperSynthesizer(models.voice("embedded"), 16000, pool)
    assert len(wide.render(TEXTS[0])) == pytest.approx(2 * len(synthesizer.render(TEXTS[0])), rel=0.03)
    assert wide.identity != synthesizer.identity


def test_a_file_that_is_no_voice_is_an_error(tmp_path: Path, pool: SpeechPool) -> None:
    path = Path(shutil.copytree(models.DATA / "voice", tmp_path / "voice")) / "voice.onnx"
    path.write_bytes(b"not an onnx file")
    with pytest.raises(SoftswitchError, match="cannot be loaded"):
        PiperSynthesizer(models.voice(str(path)), RATE, pool)
