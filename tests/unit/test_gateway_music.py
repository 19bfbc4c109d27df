"""Hold music in frames: how it begins, and what the shelf keeps of it."""

import os
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from softswitch.gateway import music
from softswitch.gateway.music import FADE_FRAMES, START_EVERY, MusicShelf, Piece

FRAME = 320
LOUD = array("h", [10000] * 160).tobytes()


def test_a_piece_is_whole_frames_of_what_was_given() -> None:
    piece = Piece(LOUD * 3 + LOUD[:100], FRAME)
    assert b"".join(piece.frames) == LOUD * 3 + LOUD[:100] + bytes(220)


def test_it_may_begin_every_two_seconds_with_a_level_that_rises_without_a_step() -> None:
    piece = Piece(LOUD * 250, FRAME)
    assert sorted({at - at % START_EVERY for at in piece.rising}) == [0, 100, 200]
    for start in (0, 100, 200):
        rise = array("h", b"".join(piece.rising[start + number] for number in range(FADE_FRAMES)))
        assert rise[0] == 0
        assert rise[-1] > 9900
        assert max(later - earlier for earlier, later in pairwise(rise)) < 25


def test_one_file_is_read_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    shelf, path = MusicShelf(FRAME), tmp_path / "piece.pcm"
    path.write_bytes(LOUD * 2)
    piece = shelf.get(str(path))
    assert piece
    assert shelf.get(str(path)) is piece
    path.write_bytes(LOUD * 3)
    os.utime(path, ns=(1, 1))
    changed = shelf.get(str(path))
    assert changed
    assert len(changed.frames) == 3


def test_only_the_latest_pieces_are_kept(tmp_path: Path) -> None:
    shelf = MusicShelf(FRAME)
    paths = [tmp_path / f"{number}.pcm" for number in range(music.PIECES + 1)]
    for path in paths:
        path.write_bytes(LOUD)
    pieces = [shelf.get(str(path)) for path in paths]
    assert shelf.get(str(paths[-1])) is pieces[-1]
    assert shelf.get(str(paths[0])) is not pieces[0]


@pytest.mark.parametrize("size", [None, 0, FRAME * (music.LONGEST_S * 50 + 1)])
def test_what_cannot_be_played_is_silence_and_the_log_tells(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, size: int | None
) -> None:
    path = tmp_path / "piece.pcm"
    if size is not None:
        path.touch()
        os.truncate(path, size)
    assert MusicShelf(FRAME).get(str(path)) is None
    assert "piece.pcm cannot be played" in caplog.text


def test_no_path_is_no_music() -> None:
    assert MusicShelf(FRAME).get("") is None
