"""Broken models are named before an engine meets them."""

import json
import shutil
from pathlib import Path

import pytest

from softswitch.errors import SoftswitchError
from softswitch.speech import models


@pytest.fixture
def ear(tmp_path: Path) -> Path:
    return Path(shutil.copytree(models.DATA / "ear", tmp_path / "ear"))


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    return Path(shutil.copytree(models.DATA / "voice", tmp_path / "voice")) / "voice.onnx"


def test_finds_the_embedded_ones_and_those_at_a_path(ear: Path, voice: Path) -> None:
    assert models.ear("embedded").is_dir()
    assert models.ear(str(ear)) == ear
    assert models.voice(str(voice)).identity == models.voice("embedded").identity


def test_a_missing_model_names_the_setting() -> None:
    with pytest.raises(SoftswitchError, match=r"no Vosk model at /nowhere.*speech\.model"):
        models.ear("/nowhere")
    with pytest.raises(SoftswitchError, match=r"no Piper voice at /nowhere.*speech\.voice"):
        models.voice("/nowhere")


@pytest.mark.parametrize(
    "name", ["am/final.mdl", "conf/mfcc.conf", "graph/Gr.fst", "graph/phones/word_boundary.int"]
)
@pytest.mark.parametrize("damage", ["missing", "empty"])
def test_an_incomplete_ear_names_the_file(ear: Path, name: str, damage: str) -> None:
    (ear / name).unlink()
    if damage == "empty":
        (ear / name).touch()
    with pytest.raises(SoftswitchError, match=name):
        models.ear(str(ear))


def test_a_voice_needs_its_json(voice: Path) -> None:
    voice.with_name("voice.onnx.json").unlink()
    with pytest.raises(SoftswitchError, match=r"voice\.onnx\.json is missing"):
        models.voice(str(voice))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"audio": 3}', '{"audio": {"sample_rate": 16000}}'])
def test_a_json_that_describes_no_voice_is_refused(voice: Path, text: str) -> None:
    voice.with_name("voice.onnx.json").write_text(text)
    with pytest.raises(SoftswitchError, match="does not describe a Piper voice"):
        models.voice(str(voice))


def test_identity_changes_with_either_file(voice: Path) -> None:
    before = models.voice(str(voice)).identity
    described = voice.with_name("voice.onnx.json")
    described.write_text(json.dumps(json.loads(described.read_text()) | {"dataset": "other"}))
    changed = models.voice(str(voice)).identity
    with voice.open("ab") as file:
        file.write(b"\0")
    assert len({before, changed, models.voice(str(voice)).identity}) == 3
