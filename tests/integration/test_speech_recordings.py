"""Recordings of a dialplan beside its voice: as they were recorded, at whatever rate the node has."""

import wave
from pathlib import Path

import numpy as np
import pytest
from speech_parts import RATE, Signal, pcm, pool, signal, synthesizer

from softswitch.errors import SoftswitchError
from softswitch.events import Say
from softswitch.ports import Voice
from softswitch.speech import recordings
from softswitch.speech.pool import SpeechPool
from softswitch.speech.prompts import PromptCache
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.speech.voices import PlanVoice

__all__ = ["pool", "synthesizer"]


def tone(seconds: float, rate: int, hertz: float = 440, peak: float = 0.25) -> Signal:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def wav(path: Path, samples: Signal, rate: int, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(pcm(samples))
    return path


@pytest.fixture
def cache(tmp_path: Path, pool: SpeechPool) -> PromptCache:
    return PromptCache(pool, tmp_path / "prompts")


@pytest.fixture
def voice(cache: PromptCache, synthesizer: PiperSynthesizer) -> PlanVoice:
    return PlanVoice({"en": synthesizer}, cache)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_every_rate_becomes_the_nodes_with_length_level_and_pitch_kept(tmp_path: Path, rate: int) -> None:
    silence = np.zeros(rate // 2)
    samples = np.concatenate((silence, tone(1.0, rate), silence))
    heard = signal(recordings.read(wav(tmp_path / "tone.wav", samples, rate), RATE))
    assert len(heard) == pytest.approx(2 * RATE, abs=2)
    middle = heard[RATE : RATE + 2000]
    assert np.abs(middle).max() == pytest.approx(0.25, abs=0.005)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(2000)))
    assert spectrum.argmax() * RATE / 2000 == pytest.approx(440, abs=4)


def test_a_recording_cut_in_the_middle_of_a_sound_does_not_click(tmp_path: Path) -> None:
    path = wav(tmp_path / "cut.wav", np.full(RATE, 0.5), RATE)
    heard = signal(recordings.read(path, RATE))
    assert abs(heard[0]) < 0.01
    assert abs(heard[-1]) < 0.01
    assert np.abs(np.diff(heard)).max() < 0.05


@pytest.mark.parametrize(
    ("channels", "width", "seconds"),
    [(2, 2, 1.0), (1, 1, 1.0), (1, 2, 0.0)],
    ids=["stereo", "8 bit", "empty"],
)
def test_anything_else_is_an_error_that_names_the_file(
    tmp_path: Path, channels: int, width: int, seconds: float
) -> None:
    path = wav(tmp_path / "odd.wav", tone(seconds, RATE), RATE, channels, width)
    with pytest.raises(SoftswitchError, match=r"odd.wav.*(16-bit mono|cut it)"):
        recordings.read(path, RATE)


@pytest.mark.parametrize("data", [b"", b"not audio", b"RIFF\0\0\0\0WAVEfmt "])
def test_a_file_that_is_no_wav_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "no.wav").write_bytes(data)
    with pytest.raises(SoftswitchError, match=r"no.wav cannot be read"):
        recordings.read(tmp_path / "no.wav", RATE)
    with pytest.raises(SoftswitchError, match="cannot be read"):
        recordings.read(tmp_path / "missing.wav", RATE)


async def test_a_recording_is_heard_instead_of_its_text_at_any_rate_of_speech(
    voice: PlanVoice, cache: PromptCache, tmp_path: Path
) -> None:
    path = wav(tmp_path / "hello.wav", tone(0.7, 16000), 16000)
    say = Say("Hello.", audio=str(path))
    await cache.render_all(voice.prompts([say]))
    port: Voice = voice
    assert port.get(say) == port.get(Say("Hello.", audio=str(path), rate=0.85)) == recordings.read(path, RATE)
    assert port.get(Say("Hello.")) is None


async def test_a_recording_that_is_not_in_memory_is_read_and_a_lost_one_is_spoken(
    voice: PlanVoice, synthesizer: PiperSynthesizer, tmp_path: Path
) -> None:
    say = Say("Hello.", audio=str(wav(tmp_path / "hello.wav", tone(0.7, RATE), RATE)))
    assert await voice.speak(say) == recordings.read(Path(say.audio), RATE)
    assert await voice.speak(Say("Hello.", audio="/nowhere.wav")) == synthesizer.render("Hello.")


async def test_each_language_has_its_voice_and_each_rate_its_prompt(
    cache: PromptCache, synthesizer: PiperSynthesizer
) -> None:
    other = PiperSynthesizer.__new__(PiperSynthesizer)
    other.__dict__ |= synthesizer.__dict__ | {"identity": "another voice"}
    voice = PlanVoice({"en": synthesizer, "es": other}, cache)
    says = [Say("Hola.", language=language, rate=rate) for language in ("en", "es") for rate in (1.0, 0.85)]
    assert len({voice.prompt(say).address for say in says}) == 4
    await cache.render_all(voice.prompts(says))
    assert cache.rendered == 4
    assert len(voice.get(says[1]) or b"") > len(voice.get(says[0]) or b"")
    assert voice.prompt(Say("Hallo.", language="de")).voice is synthesizer
