"""Hold music as the gateway wants it: raw, at the node's clock rate, written once."""

import wave
from pathlib import Path

import pytest

from softswitch.app.music import HoldMusic
from softswitch.config import Config
from softswitch.sections.media import Media


def config(folder: Path, **media: object) -> Config:
    return Config(data_dir=folder, media=Media.model_validate(media))


def piece(path: Path, seconds: float = 0.5, rate: int = 16000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x00\x10" * round(seconds * rate))
    return path


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_bundled_piece_is_at_the_clock_rate_of_the_node(tmp_path: Path, rate: int) -> None:
    written = Path(HoldMusic(config(tmp_path, clock_rate=rate)).file(""))
    assert written.parent == tmp_path / "run"
    assert written.stat().st_size == 48 * rate * 2


def test_the_operator_may_give_another_and_a_dialplan_its_own(tmp_path: Path) -> None:
    own, plans = piece(tmp_path / "own.wav"), piece(tmp_path / "plan.wav", 1.0, 8000)
    music = HoldMusic(config(tmp_path, hold_music=str(own)))
    music.prepare(["", str(plans)])
    assert Path(music.file("")).stat().st_size == 0.5 * 8000 * 2
    assert Path(music.file(str(plans))).stat().st_size == 8000 * 2
    assert len(list(tmp_path.glob("run/*.pcm"))) == 2


def test_one_piece_is_written_once_whoever_names_it(tmp_path: Path) -> None:
    same = [str(piece(tmp_path / name)) for name in ("a.wav", "b.wav")]
    music = HoldMusic(config(tmp_path))
    assert len({music.file(name) for name in same}) == 1


def test_what_cannot_be_read_is_silence_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    music = HoldMusic(config(tmp_path, hold_music=str(tmp_path / "none.wav")))
    assert [music.file(""), music.file("")] == ["", ""]
    assert caplog.text.count("hear no music") == 1
