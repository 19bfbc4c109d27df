"""The chain that builds the voice, on few sentences: made twice to the bit, and spoken with."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from speech_parts import RATE, active_dbfs, signal
from voice.flite import Flite
from voice.lessons import Teacher
from voice.symbols import PAUSES

from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer

SCRIPTS = Path(__file__).parents[2] / "scripts"


def chain(work: Path, out: Path, processes: int = 1) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "voice", "--quick", "--work", work, "--out", out]
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "OPENBLAS_NUM_THREADS": "1"}
    command += ["--processes", str(processes)]
    return subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)


@pytest.mark.slow
def test_two_builds_are_the_same_to_the_bit_and_speak(tmp_path):
    for name, processes in (("first", 1), ("second", 2)):
        done = chain(tmp_path / f"work-{name}", tmp_path / name, processes)
        assert done.returncode == 0, done.stderr.decode()
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()

    pool = SpeechPool(workers=1)
    voice = PiperSynthesizer(models.voice(str(tmp_path / "first/voice.onnx")), RATE, pool)
    audio = signal(voice.render("Thank you for calling, how can I help you today?"))
    pool.close()
    assert 2 < len(audio) / RATE < 5
    assert active_dbfs(audio) == pytest.approx(-20, abs=1)
    card = (tmp_path / "first/card.md").read_text(encoding="utf-8")
    assert "(quick build, seed" in card
    assert "Carnegie Mellon University" in card


def test_a_folder_that_is_no_voice_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    done = chain(tmp_path / "work", tmp_path)
    assert done.returncode == 1
    assert b"--out" in done.stderr
    assert (tmp_path / "precious.txt").read_text(encoding="utf-8") == "mine"


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return Teacher()


def test_flite_says_what_it_is_given(teacher):
    said = teacher.flite.say("hello, wurld.", {"hello": ["hh", "ax0", "l", "ow1"], "wurld": ["z", "iy1"]})
    assert said.phones == ["pau", "hh", "ax", "l", "ow", "pau", "z", "iy", "pau"]
    assert said.ends == sorted(said.ends)
    assert said.cepstra.shape == (said.ends[-1], 25)
    assert said.ends[-1] * 80 == pytest.approx(len(said.audio), abs=160)
    voiced = said.f0[said.f0 > 0]
    assert 70 < np.median(voiced) < 150


def test_five_bands_share_out_the_whole_spectrum():
    filters = Flite().band_filters
    assert filters.shape[0] == 5
    middle = filters.shape[1] / 2
    whole = filters.sum(axis=0)
    assert np.abs(whole).argmax() == pytest.approx(middle, abs=1)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for calling, how can I help you today?",
        "The end of the road was not in the plan of a man.",
        "I'm afraid that isn't what's on the card: it's number twelve.",
    ],
)
def test_a_lesson_has_a_length_for_every_phone(teacher, text):
    lesson = teacher.lesson(text)
    assert lesson is not None
    assert len(lesson.lengths) == len(lesson.read.phones)
    assert lesson.lengths.min() >= 1
    assert lesson.lengths.sum() == len(lesson.f0) == len(lesson.cepstra) == len(lesson.strengths)
    # flite gives every phone a pitch, and pauses none.
    silent = np.repeat(lesson.read.phones < len(PAUSES), lesson.lengths)
    assert (lesson.f0[silent] > 0).mean() < 0.2
    assert (lesson.f0[~silent] > 0).mean() > 0.95


def test_what_flite_cannot_follow_is_refused_with_a_reason(teacher):
    assert teacher.lesson("One sentence. And another.") is None
    assert "not one sentence" in teacher.refused
