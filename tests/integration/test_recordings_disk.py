"""Recordings on a real disk: whole files, and what becomes of them when the disk or the process fails."""

import asyncio
import os
import resource
import stat
import threading
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from stopwatch import Stopwatch

from softswitch.store import wav
from softswitch.store.tape_files import file_of, prune
from softswitch.store.tapes import Taped, Tapes

RATE = 8000
FRAME = 320
CALL = "1f" * 16
AT = 1_795_333_944.0  # 2026-11-22 in UTC
FILE = f"2026/11/22/{CALL}.wav"


def frame(value: int) -> bytes:
    return np.full(FRAME // 2, value, "<i2").tobytes()


def sides(path: Path) -> tuple[list[int], list[int]]:
    """The first sample of each frame, left and right."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    every = samples[:: FRAME // 2]
    return every[:, 0].tolist(), every[:, 1].tolist()


class Room:
    """Tapes in a folder, and what they told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Taped] = []

    def open(self, **options: int) -> Tapes:
        self.tapes = Tapes(self.folder, RATE, self.told.append, **options)
        self.tapes.start()
        return self.tapes

    @property
    def ended(self) -> list[Taped]:
        return [taped for taped in self.told if taped.ended]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path / "recordings")
    yield room
    await room.tapes.close()


@pytest.fixture
def small_files() -> Iterator[int]:
    """No file of this process can grow beyond 100,000 bytes: the kernel refuses, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_recording_is_a_wav_file_that_only_its_owner_reads(room: Room) -> None:
    tape = room.open().open(CALL, AT)
    for number in range(1, 121):
        tape.write(frame(number), frame(-number) if number > 60 else b"")
    tape.close()
    await room.tapes.close()
    path = room.folder / FILE
    left, right = sides(path)
    assert left == list(range(1, 121))
    assert right == [0] * 60 + [-number for number in range(61, 121)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(room.folder.stat().st_mode) == 0o700
    assert room.told == [Taped(CALL, FILE, "", ended=False), Taped(CALL, FILE, "", ended=True)]
    assert list(room.folder.rglob("*.part")) == []


async def test_a_recording_is_a_part_until_it_is_whole(room: Room) -> None:
    tape = room.open().open(CALL, AT)
    for number in range(50):
        tape.write(frame(number), b"")
    part = room.folder / f"{FILE}.part"
    for _ in range(100):
        if part.exists() and part.stat().st_size > 30_000:
            break
        await asyncio.sleep(0.02)
    assert part.stat().st_size == 44 + 50 * 2 * FRAME
    assert not (room.folder / FILE).exists()


async def test_what_is_to_be_forgotten_is_silence_on_both_sides(room: Room) -> None:
    tape = room.open().open(CALL, AT)
    for number in range(1, 101):
        tape.write(frame(number), frame(number))
    tape.forget(30)
    tape.write(frame(7), frame(7))
    await room.tapes.close()
    expected = [*range(1, 71), *[0] * 30]
    assert sides(room.folder / FILE) == (expected, expected)  # what was handed over, though nobody closed it


async def test_a_recording_that_is_started_again_goes_on_in_its_file(room: Room) -> None:
    recordings = room.open()
    for value in (1, 2):
        tape = recordings.open(CALL, AT)
        for _ in range(10):
            tape.write(frame(value), b"")
        tape.close()
    await recordings.close()
    assert sides(room.folder / FILE)[0] == [1] * 10 + [2] * 10


async def test_a_full_disk_cuts_the_recording_and_not_the_call(room: Room, small_files: int) -> None:
    tape = room.open().open(CALL, AT)
    for _ in range(1000):
        tape.write(frame(5), frame(6))
        await asyncio.sleep(0)
    tape.close()
    await room.tapes.close()
    (ended,) = room.ended
    assert ended.note == "cut: file too large"
    left, _ = sides(room.folder / FILE)
    assert 100 <= len(left) <= small_files / (2 * FRAME)
    assert set(left) == {5}


async def test_a_frame_of_another_size_cuts_its_own_recording_and_no_other(room: Room) -> None:
    recordings = room.open()
    odd, other = recordings.open(CALL, AT), recordings.open("b" * 32, AT)
    odd.write(b"\1", b"")
    odd.close()
    other.write(frame(1), b"")
    other.close()
    await recordings.close()
    assert [taped.note for taped in room.ended] == ["cut: the node failed to write it", ""]


async def test_a_disk_that_is_nearly_full_is_left_to_others(room: Room) -> None:
    tape = room.open(reserve=1 << 60).open(CALL, AT)
    tape.write(frame(1), b"")
    tape.close()
    await room.tapes.close()
    assert room.told == [Taped(CALL, "", "not recorded: the disk is nearly full", ended=True)]


async def test_a_slow_disk_cuts_the_recording_and_nobody_waits_for_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, real = threading.Event(), wav.interleave

    def slow(*arguments: object) -> bytes:
        stuck.wait(10)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(wav, "interleave", slow)
    recordings = room.open(limit=3)
    tape = recordings.open(CALL, AT)
    watch = Stopwatch()
    for number in range(1000):
        tape.write(frame(number), b"")
    assert watch.own_s < 0.5
    assert recordings.waiting_s <= 3.0
    stuck.set()
    await recordings.close()
    assert [ended.note for ended in room.ended] == ["cut: the disk is too slow"]
    assert sides(room.folder / FILE)[0] == list(range(150))


async def test_what_a_process_that_died_has_left_is_made_whole(room: Room) -> None:
    part = room.folder / f"{FILE}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(wav.header(RATE, 0) + wav.interleave([frame(9)] * 20, [b""] * 20, FRAME) + b"\1\2\3")
    empty = part.with_name(f"{'e' * 32}.wav.part")
    empty.write_bytes(wav.header(RATE, 0))
    live = part.with_name(f"{'a' * 32}.wav.part")
    live.write_bytes(part.read_bytes())
    recordings = room.open()
    tape = recordings.open("b" * 32, AT)
    tape.write(frame(1), b"")
    recordings.repair({"a" * 32})
    await recordings.close()
    assert sides(room.folder / FILE)[0] == [9] * 20
    assert not empty.exists()
    assert live.exists()
    assert Taped(CALL, FILE, "cut: the node died", ended=True) in room.told
    assert not any(taped.note for taped in room.told if taped.call_id != CALL)


async def test_a_call_that_goes_on_after_a_crash_goes_on_in_its_part(room: Room) -> None:
    part = room.folder / f"{FILE}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(wav.header(RATE, 0) + wav.interleave([frame(1)] * 20, [b""] * 20, FRAME) + b"\1\2\3")
    recordings = room.open()
    recordings.repair({CALL})
    tape = recordings.open(CALL, AT)
    for _ in range(10):
        tape.write(frame(2), b"")
    tape.close()
    await recordings.close()
    assert sides(room.folder / FILE)[0] == [1] * 20 + [2] * 10


@pytest.mark.parametrize("call_id", ["", "../../etc/passwd", "A" * 32, "a" * 31, "a" * 31 + "/"])
def test_no_call_is_recorded_outside_of_the_folder(call_id: str) -> None:
    with pytest.raises(ValueError, match="32 hex digits"):
        file_of(call_id, AT)


async def test_a_link_in_the_stead_of_a_recording_is_not_followed(room: Room, tmp_path: Path) -> None:
    part = room.folder / f"{FILE}.part"
    part.parent.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    part.symlink_to(victim)
    tape = room.open().open(CALL, AT)
    tape.write(frame(1), b"")
    tape.close()
    await room.tapes.close()
    assert victim.read_text() == "precious"
    assert room.ended[0].note.startswith("not recorded: too many levels of symbolic links")


def recording(folder: Path, number: int, age: float, size: int = 1000) -> Path:
    path = folder / file_of(f"{number:032x}", AT - age)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (AT - age, AT - age))
    return path


def test_recordings_are_deleted_when_they_are_too_old(tmp_path: Path) -> None:
    day = 86400.0
    old, new = recording(tmp_path, 1, 40 * day), recording(tmp_path, 2, day)
    assert prune(tmp_path, AT - 30 * day, 1 << 30) == 1
    assert (old.exists(), new.exists()) == (False, True)
    assert not old.parent.exists()


def test_the_oldest_recordings_are_deleted_when_they_are_too_many(tmp_path: Path) -> None:
    made = [recording(tmp_path, number, number * 60.0) for number in range(10)]
    part = made[9].rename(wav.part_of(made[9]))
    assert prune(tmp_path, 0.0, 4500) == 5
    assert [path.exists() for path in made[:9]] == [True] * 4 + [False] * 5
    assert part.exists()  # somebody writes it
    assert prune(tmp_path / "nothing", 0.0, 0) == 0
