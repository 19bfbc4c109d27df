"""The chain that builds the ear, on a handful of sentences and without training: repeated and resumed.

`scripts/train_demo_model --quick` runs the same chain with training; that needs PyTorch and minutes.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import vosk
from ear import lexicon, speech_plan, synthesis, vocabulary
from ear.audio import RATE
from ear.phones import PHONES
from stopwatch import Stopwatch

SCRIPTS = Path(__file__).parents[2] / "scripts"


def chain(work: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ear", "--micro", "--processes", "1", "--work", work, "--out", out]
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def finished(run: subprocess.Popen[bytes]) -> str:
    _, told = run.communicate(timeout=120)
    assert run.returncode == 0, told.decode()
    return told.decode()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_chain_makes_the_same_model_again_even_after_a_kill(tmp_path):
    told = finished(chain(tmp_path / "work", tmp_path / "model"))
    assert "tuning" in told
    vosk.SetLogLevel(-1)
    assert vosk.Model(str(tmp_path / "model")).vosk_model_find_word("parcel") > 0
    words = vocabulary.known(vocabulary.load())
    assert f"{len(words):,} words" in (tmp_path / "model/card.md").read_text(encoding="utf-8")

    cut = chain(tmp_path / "cut", tmp_path / "again")
    watch = Stopwatch()
    while not list((tmp_path / "cut").glob("speech-flite*")):
        assert watch.own_s < 60
        time.sleep(0.01)
    cut.send_signal(signal.SIGKILL)
    cut.communicate()
    assert not (tmp_path / "again").exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cut").glob("[!.]*")}
    assert kept

    finished(chain(tmp_path / "cut", tmp_path / "again"))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert contents(tmp_path / "again") == contents(tmp_path / "model")
    assert not list((tmp_path / "cut").glob(".partial-*"))


def test_a_folder_that_is_no_model_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    run = chain(tmp_path / "work", tmp_path)
    _, told = run.communicate(timeout=60)
    assert run.returncode == 1
    assert b"--out" in told
    assert (tmp_path / "precious.txt").read_text(encoding="utf-8") == "mine"


def test_flite_says_every_word_of_the_vocabulary():
    words = vocabulary.known(vocabulary.load())
    said = lexicon.pronounce(words)
    assert set(said) == set(words)
    assert all(ways and all(set(way) <= set(PHONES) for way in ways) for ways in said.values())
    assert ("p", "aa", "r", "s", "ax", "l") in said["parcel"]
    assert said["b"][0] == ("b", "iy")
    assert ("ey",) in said["a"]


def spoken(engine: str, tmp_path: Path) -> list[synthesis.Spoken]:
    known = vocabulary.load()
    first, again = (tmp_path / name for name in ("first", "again"))
    for path in (first, again):
        synthesis.write_shard(path, engine, speech_plan.training(known, engine, 4, "1"))
    assert first.read_bytes() == again.read_bytes()
    return synthesis.read_shard(first)


def check(said: list[synthesis.Spoken]) -> None:
    assert len(said) >= 3
    for utterance in said:
        assert utterance.utterance.words
        assert len(utterance.audio) >= RATE // 10
        assert abs(utterance.audio).max() == synthesis.PEAK


def test_espeak_says_the_same_again(tmp_path):
    check(spoken("espeak", tmp_path))


def test_foreign_speech_is_to_be_written_as_unknown(tmp_path):
    said = spoken("foreign", tmp_path)
    check(said)
    assert all(utterance.utterance.words == ("[unk]",) for utterance in said)


@pytest.mark.parametrize("voice", ["kal16", "slt"])
def test_flite_tells_when_its_phones_end(voice, tmp_path):
    timed(spoken(f"flite_{voice}", tmp_path))


def test_festival_tells_when_its_phones_end(tmp_path):
    timed(spoken("festival_kal", tmp_path))


def timed(said: list[synthesis.Spoken]) -> None:
    check(said)
    for utterance in said:
        ends = [end for _, end in utterance.segments]
        assert ends == sorted(ends)
        # Statistical voices say a little less than their last pause.
        assert ends[-1] == pytest.approx(len(utterance.audio) / RATE, abs=0.35)


def test_no_plan_asks_for_the_voice_that_the_bench_keeps_unheard():
    for path in (SCRIPTS / "ear").glob("*.py"):
        code = path.read_text(encoding="utf-8")
        assert "voice_kdlpc" not in code
        assert "ked_diphone" not in code
