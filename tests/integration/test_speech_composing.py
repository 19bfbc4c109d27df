"""Sentences with variables are composed of fragments: at once where all was said before, without a click,
and as if they were said in one go.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pitch import contour
from speech_parts import RATE, pool, synthesizer

from softswitch.dialplan.markup import parse
from softswitch.dialplan.pieces import Voice
from softswitch.events import BargeIn, Say
from softswitch.speech.joining import joined
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.speech.voices import PlanVoice

__all__ = ["pool", "synthesizer"]

VOICE = Voice("en", 1.0, BargeIn.SPEECH)
SENTENCES = [
    ("Your order {a} left our house on {b}.", ("1 2 3 4", "November third")),
    ("We have booked a table for you and {a} for the whole evening of {b}.", ("five friends", "Saturday")),
    ("Thank you for waiting, {a}, the price of a large bouquet is {b}.", ("Robert", "$42.50")),
]


@pytest.fixture
def cache(pool: SpeechPool, tmp_path: Path) -> PromptCache:
    return PromptCache(pool, tmp_path)


@pytest.fixture
def voice(synthesizer: PiperSynthesizer, cache: PromptCache) -> PlanVoice:
    return PlanVoice({"en": synthesizer}, cache)


async def prepared(voice: PlanVoice, cache: PromptCache, text: str) -> None:
    (piece,) = parse(text)
    await cache.render_all(voice.prompts(piece.fixed(VOICE)))


def say_of(text: str, values: tuple[str, ...]) -> Say:
    (piece,) = parse(text)
    say = piece.say(VOICE, lambda name, how: values["ab".index(name)])
    assert say and len(say.fragments) > 2
    return say


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


async def test_only_what_varies_is_synthesised_and_nothing_a_second_time(
    voice: PlanVoice, cache: PromptCache
) -> None:
    text, values = SENTENCES[0]
    await prepared(voice, cache, text)
    say = say_of(text, values)
    assert voice.get(say) is None
    pcm = await voice.speak(say)
    assert cache.uses["anew"] == 2
    assert voice.get(say) == pcm
    other = say_of(text, ("5 6 7 8", values[1]))
    assert voice.get(other) is None
    assert await voice.speak(other) != pcm
    assert cache.uses["anew"] == 3


@pytest.mark.parametrize(("text", "values"), SENTENCES)
async def test_what_is_composed_sounds_as_if_it_were_said_in_one_go(
    voice: PlanVoice, cache: PromptCache, synthesizer: PiperSynthesizer, text: str, values: tuple[str, ...]
) -> None:
    await prepared(voice, cache, text)
    say = say_of(text, values)
    composed, whole = samples(await voice.speak(say)), samples(synthesizer.render(say.text))
    assert 0.98 < len(composed) / len(whole) < 1.12, "pace"
    assert abs(20 * np.log10(np.std(composed) / np.std(whole))) < 1.0, "level"
    melody, other = contour(composed, RATE), contour(whole, RATE)
    assert abs(12 * np.log2(np.median(melody) / np.median(other))) < 1.0, "pitch, in semitones"
    assert np.abs(np.diff(composed, 2)).max() < 1.3 * np.abs(np.diff(whole, 2)).max(), "no click"


def test_a_joint_is_smooth_wherever_in_its_period_a_voice_is_cut() -> None:
    period = RATE / 110
    for cut in range(0, round(period), 7):
        wave = 8000 * np.sin(2 * np.pi * np.arange(RATE) / period)
        other = 8000 * np.sin(2 * np.pi * (np.arange(RATE) + cut) / period)
        parts = [sound[:2000].astype("<i2").tobytes() for sound in (wave, other)]
        met = samples(joined(parts, RATE))
        assert np.abs(np.diff(met, 2)).max() < 3 * np.abs(np.diff(wave, 2)).max()
        near = met[1800:2000]
        assert 0.85 < near.std() / wave.std() < 1.1, "level kept"


async def test_what_would_be_read_in_another_way_is_said_whole(
    voice: PlanVoice, cache: PromptCache, synthesizer: PiperSynthesizer
) -> None:
    """A number alone is none of a month's days."""
    text, values = "We are closed on the whole of March {a} and open again on {b}.", ("5", "Monday")
    await prepared(voice, cache, text)
    say = say_of(text, values)
    assert b"" in [synthesizer.render_fragment(each) for each in say.fragments]
    assert await voice.speak(say) == synthesizer.render(say.text)


async def test_a_voice_that_does_not_tell_its_phones_says_sentences_whole(
    voice: PlanVoice, synthesizer: PiperSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesizer, "cuts", False)
    say = say_of(*SENTENCES[0])
    assert await voice.speak(say) == synthesizer.render(say.text)
    assert voice.prompts([Say("left our house", fragments=say.fragments[1:2])]) == []
