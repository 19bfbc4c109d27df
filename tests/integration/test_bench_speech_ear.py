"""The accuracy bench on a few utterances, with the embedded ear: figures come out, and they are true."""

import json
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest
from figures import speech_calls, speech_said, speech_speed
from figures.figure import Estimate, Workshop, figures_of
from figures.speech_accuracy import RATES, measurement
from figures.speech_ear import Job, hear
from figures.speech_line import CLEAN
from figures.speech_material import OUTSIDE, PHRASE, STRANGE, Material, Said, Step
from speech_parts import pool, synthesizer

from softswitch.errors import SoftswitchError
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool", "synthesizer"]

ROOT = Path(__file__).parents[2]
INTENTS = {"hours": ["what are your opening hours"], "order": ["order status"], "bye": ["goodbye"]}
RECORDED = {
    "opening": ("what are your opening hours", "hours"),
    "status": ("order status", "order"),
    "end": ("goodbye", "bye"),
    "yes": ("yes please", "none"),
    "human": ("i want to speak to a human", ""),
}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, lambda text: None)


@pytest.fixture
def material(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Material:
    """A few utterances by the voice of the bench, in the place of the whole set."""
    texts = {
        "what are your opening hours": (PHRASE, "hours"),
        "order status": (PHRASE, "order"),
        "i want to speak to a human": (OUTSIDE, ""),
        "wolves howl in the tundra": (STRANGE, ""),
    }
    sounds = speech_said.sounds(list(texts), tmp_path / "said", lambda text: None)
    said = tuple(
        Said(tuple(text.split()), sound, *meant)
        for (text, meant), sound in zip(texts.items(), sounds, strict=True)
    )
    made = Material(tuple(Said(each.words, each.sound) for each in said[:3]), (Step(INTENTS, said),))
    monkeypatch.setattr(speech_said, "material", lambda workshop: made)
    return made


def test_the_held_out_voice_speaks_each_sentence_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    first = speech_said.sounds(["order status", "it is A B C"], tmp_path, told.append)
    assert told == ["festival speaks 2 of 2 sentences"]
    assert all(0.4 < len(sound) / 8000 < 3 for sound in first)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    (again,) = speech_said.sounds(["order status"], tmp_path, told.append)
    assert (again == first[0]).all()
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(SoftswitchError, match="festival is not installed"):
        speech_said.sounds(["never said"], tmp_path, told.append)


def test_a_voice_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_said, "VOICE", "voice_nobody_diphone")
    with pytest.raises(SoftswitchError, match=r"voice_nobody_diphone.*install festival and festvox-kdlpc16k"):
        speech_said.sounds(["order status"], tmp_path, lambda text: None)


def test_every_rate_comes_with_its_sample(workshop: Workshop, material: Material) -> None:
    made = measurement(CLEAN, lambda _: material)
    values = made.run(workshop)
    assert [value.of for value in values if isinstance(value, Estimate)] == [
        *[14, 7, 2, 2, 1, 1],
        *[7, 2, 1, 1],
        *[2, 2, 1, 1],
    ]
    assert len(figures_of("speech", made, values)) == len(RATES)


def test_a_deaf_ear_hears_no_words_and_no_intents(workshop: Workshop, material: Material) -> None:
    silent = tuple(
        Said(said.words, said.sound * 0, said.kind, said.intent) for said in material.steps[0].said
    )
    made = measurement(CLEAN, lambda _: Material(silent[:1], (Step(INTENTS, silent),)))
    found = dict(zip((spec.name for spec in made.specs), made.run(workshop), strict=True))
    expected = {"word errors, whole vocabulary": 100, "intents wrong, with grammar": 100}
    expected |= {"another intent answered, with grammar": 0, "unknown words answered, with grammar": 0}
    for name, value in expected.items():
        estimate = found[f"{name}, clean"]
        assert isinstance(estimate, Estimate)
        assert estimate.value == value


def test_utterances_heard_side_by_side_come_back_in_their_order(synthesizer: PiperSynthesizer) -> None:
    jobs = [Job(None, synthesizer.render(text) + bytes(8000)) for text, _ in RECORDED.values()] * 3
    heard = hear("embedded", jobs, lambda done: None)
    assert [each.text for each in heard] == [text for text, _ in RECORDED.values()] * 3


@pytest.mark.slow
def test_speed_memory_and_backlog_are_measured(
    workshop: Workshop, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_speed, "NOISE_S", 2.0)
    monkeypatch.setattr(speech_speed, "LOADS", 1)
    monkeypatch.setattr(speech_calls, "SPAN_S", 2.0)
    monkeypatch.setattr(speech_calls, "CYCLE_S", 1.0)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "scripts"))
    assert all(0 < factor < 1 for factor in numbers(speech_speed.factors(workshop)))
    load_ms, model_mb, recognizer_mb = numbers(speech_speed.footprint(workshop))
    assert 0 < load_ms < 5000
    assert 1 < model_mb < 200
    assert 0 < recognizer_mb < 20
    worst, p99 = numbers(speech_calls.backlog(workshop))
    assert 0 < p99 <= worst


def numbers(values: Sequence[float | Estimate]) -> list[float]:
    return [value for value in values if not isinstance(value, Estimate)]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "figures", *arguments]
    paths = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=paths, check=False)


@pytest.fixture
def recordings(tmp_path: Path, synthesizer: PiperSynthesizer) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name, (text, intent) in RECORDED.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(synthesizer.render(text))
        (folder / f"{name}.txt").write_text(text.capitalize() + ".")
        if intent:
            (folder / f"{name}.intent").write_text(intent)
    (folder / "intents.yaml").write_text(json.dumps(INTENTS))
    return folder


@pytest.mark.slow
def test_recordings_are_measured_like_the_held_out_set(recordings: Path) -> None:
    done = bench("speech", "--recordings", str(recordings), "--only", "clean", "--json")
    assert done.returncode == 0, done.stderr
    found = {figure["name"]: figure for figure in json.loads(done.stdout)["figures"]}
    assert found["word errors, whole vocabulary, clean"]["value"] < 20
    assert found["word errors, whole vocabulary, clean"]["sample"].startswith("n = 17, ")
    assert found["intents wrong, with grammar, clean"]["value"] == 0
    assert found["other requests answered, with grammar, clean"]["value"] == 0
    assert "5 recordings over a line: clean" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["speech", "--recordings", "/gone"], "/gone is no folder"),
        (["speech", "--card", "/gone.md"], "--card /gone.md: expected an ear's card"),
        (["call", "--model", "/gone"], "belong to the group speech"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(arguments: list[str], message: str) -> None:
    done = bench(*arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_model_that_is_none_is_named_and_measures_nothing(recordings: Path) -> None:
    done = bench("speech", "--recordings", str(recordings), "--only", "clean", "--model", "/gone", "--json")
    assert done.returncode == 1
    assert "not measured" in done.stderr
    assert "no Vosk model at /gone" in done.stderr
    assert all(figure["value"] is None for figure in json.loads(done.stdout)["figures"])
