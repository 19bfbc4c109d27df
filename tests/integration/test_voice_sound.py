"""What the embedded voice sounds like: the tune of questions, silence, and no clicks at any pace."""

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pitch import contour
from speech_parts import block_rms, pool, signal
from voice.clicks import spike

from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool"]

WIDE = 16000
PACES = (0.7, 1.0, 1.5)
YES_OR_NO = [
    "You need a table", "This is your number", "Your name is Miller", "You are calling about a delivery",
    "It is ready", "They will arrive on Monday",
]  # fmt: skip
ASKED_FOR = [
    "What is your name", "When will you arrive", "Where do you live", "How many people will come",
    "Who is calling", "Which one would you like",
]  # fmt: skip
TEXTS = [
    "Thank you for calling, how can I help you today?", "Yes.", "Six fifty-six.", "Press zero, then hold.",
    "Did the package arrive?", "Please stop: it is too late.",
]  # fmt: skip


@pytest.fixture(scope="module")
def voice(pool: SpeechPool) -> PiperSynthesizer:
    return PiperSynthesizer(models.voice(models.EMBEDDED), WIDE, pool)


def spoken(voice: PiperSynthesizer, text: str, rate: float = 1.0) -> NDArray[np.float64]:
    return signal(voice.render(text, rate))


def last(voice: PiperSynthesizer, text: str) -> float:
    """Pitch of the end in semitones above the middle of the sentence's."""
    found = contour(spoken(voice, text), WIDE)
    return float(12 * np.log2(np.median(found[-4:]) / np.median(found)))


@pytest.mark.parametrize("text", YES_OR_NO)
def test_a_question_to_be_answered_with_yes_or_no_rises_where_the_statement_falls(voice, text):
    assert last(voice, f"{text}?") > last(voice, f"{text}.") + 5
    assert last(voice, f"{text}?") > 2
    assert last(voice, f"{text}.") < -1


@pytest.mark.parametrize("text", ASKED_FOR)
def test_a_question_with_a_question_word_falls(voice, text):
    assert last(voice, f"{text}?") < -1


def test_no_corner_is_sharper_than_those_of_the_voice_it_learnt_from(voice, tmp_path):
    taught = max(spike(flite(text, tmp_path / "flite.wav"), WIDE) for text in TEXTS)
    for pace in PACES:
        for text in TEXTS:
            audio = spoken(voice, text, pace)
            assert spike(audio, WIDE) <= 1.1 * taught


def test_a_click_between_words_would_be_noticed(voice, tmp_path):
    audio = spoken(voice, TEXTS[0])
    taught = spike(flite(TEXTS[0], tmp_path / "flite.wav"), WIDE)
    quietest = int(block_rms(audio, 160)[5:-5].argmin() + 5) * 160
    audio[quietest + 80] += 0.01
    assert spike(audio, WIDE) > 1.2 * taught


def flite(text: str, path: Path) -> NDArray[np.float64]:
    subprocess.run(["flite", "-voice", "rms", "-t", text, "-o", path], check=True, capture_output=True)
    with wave.open(str(path)) as heard:
        return signal(heard.readframes(heard.getnframes()))


def test_a_pause_is_silent(voice):
    audio = spoken(voice, "Your number, please.")
    levels = 20 * np.log10(block_rms(audio, WIDE // 100) + 1e-9)
    middle = levels[len(levels) // 5 : -len(levels) // 5]
    assert middle.min() < -80


def test_every_pace_takes_its_time(voice):
    normal, fast, slow = (len(spoken(voice, TEXTS[0], rate)) for rate in (1.0, 1.25, 0.75))
    assert fast == pytest.approx(normal / 1.25, rel=0.06)
    assert slow == pytest.approx(normal / 0.75, rel=0.06)
