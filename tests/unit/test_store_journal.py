"""The journal of events that the database could not take: what is in it is whole, in order, and bounded."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.events import CallEnded, CallInfo, Do, EndedBy, MediaQuality, Signalled
from softswitch.news import (
    ActionEnded,
    Announced,
    CallAnswered,
    CallFinished,
    CallStarted,
    DiallingHeld,
    DiallingStopped,
    RecordingChanged,
    SessionEvent,
    StateSaved,
    TrunkChanged,
    TurnFinished,
)
from softswitch.store.journal import _KINDS, Frame, Journal
from softswitch.waiting import AgentChanged, CallerMoved, CallerOffered, Enqueue, LeaveQueue

A = "a" * 32
MEGABYTE = 1 << 20
TURN = TurnFinished(
    A, 3, "menu", "speech", "hi", 0.9, "greet", "Hi.", 1.0, 0.5, "Hi", 2.0, {"total": 1.5}, ("x",)
)
EVENTS: list[SessionEvent | Announced] = [
    CallStarted(
        CallInfo(A, "1@h", "sip:a@h", "sip:b@h", "h:1", 1.0, signalled=Signalled(identity=("x",))),
        "p",
        "v",
        1.0,
    ),
    CallAnswered(A, "PCMU", 1.0, "person"),
    StateSaved(
        A,
        "menu",
        '{"a": "кафе"}',
        2.0,
        (Do("book", (("day", "monday"),), "k", "o"),),
        (("name", "Ann"),),
        "+491",
        Enqueue("desk", 1, ("en",)),
        LeaveQueue("call_back", "+492"),
    ),
    TURN,
    CallFinished(A, CallEnded(16, 200, EndedBy.CALLER, MediaQuality(3, mos=4.1), "bye"), "menu", 3.0),
    RecordingChanged(A, "a.wav", "", 3.0),
    DiallingHeld(A, "+491", "day", "too many", 3.0),
    DiallingStopped("day", "too many", 3.0),
    TrunkChanged("t", "up", "down", "", 3.0),
    ActionEnded(1, "book", "p", A, "done", 1, "", 3.0),
    AgentChanged("ann", "busy", "available", "", 3.0, A),
    CallerMoved(A, "desk", "waiting", 3.0),
    CallerOffered("ann", A, "desk", "", "+491", 1.0, ({"via": "speech"},), {"day": "monday"}, 3.0),
]


def frames(count: int, first: int = 1, run: str = "r") -> list[Frame]:
    return [Frame(run, number, TURN) for number in range(first, first + count)]


_opened: list[Journal] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def opened(folder: Path, limit: int = MEGABYTE) -> Journal:
    _opened.append(Journal(folder / "journal.jsonl", limit))
    return _opened[-1]


def test_every_kind_of_event_comes_out_as_it_went_in(tmp_path: Path) -> None:
    assert {type(event).__name__ for event in EVENTS} == set(_KINDS)
    written = [Frame("r", number, event) for number, event in enumerate(EVENTS, 1)]
    assert opened(tmp_path).append(written) == len(EVENTS)
    assert opened(tmp_path).next(100) == written


def test_frames_of_several_runs_are_settled_in_order_and_the_file_is_emptied(tmp_path: Path) -> None:
    opened(tmp_path).append(frames(3))
    journal = opened(tmp_path)
    journal.append(frames(2, run="s"))
    assert (journal.pending, journal.runs) == (5, {"r": 0, "s": 1})
    assert [frame.number for frame in journal.next(2)] == [1, 2]
    journal.settle(1)
    assert [frame.number for frame in journal.next(9)] == [2, 3, 1, 2]
    journal.settle(4)
    assert (journal.pending, journal.size, journal.runs) == (0, 0, {})
    assert (tmp_path / "journal.jsonl").stat().st_size == 0
    journal.append(frames(1, 9))
    assert opened(tmp_path).next(9) == frames(1, 9)


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_frame_is_ignored_and_cut_off(tmp_path: Path, cut: int) -> None:
    opened(tmp_path).append(frames(3))
    file = tmp_path / "journal.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    journal = opened(tmp_path)
    assert (journal.pending, journal.damaged) == (2, 0)
    journal.append(frames(1, 7))
    assert [frame.number for frame in opened(tmp_path).next(9)] == [1, 2, 7]


def test_a_damaged_line_does_not_cost_those_behind_it(tmp_path: Path) -> None:
    opened(tmp_path).append(frames(3))
    file = tmp_path / "journal.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1].replace(b"menu", b"mono") + b"\xff\n" + lines[2])
    journal = opened(tmp_path)
    assert (journal.damaged, [frame.number for frame in journal.next(9)]) == (2, [1, 3])
    journal.settle(2)
    assert journal.size == 0


def test_it_takes_no_more_than_its_limit(tmp_path: Path) -> None:
    opened(tmp_path).append(frames(1))
    line = (tmp_path / "journal.jsonl").stat().st_size
    journal = opened(tmp_path, limit=line * 4)
    assert journal.append(frames(9, 2)) == 3
    assert journal.append(frames(1, 5)) == 0
    assert journal.size == line * 4
    journal.next(9)
    journal.settle(4)
    assert journal.append(frames(2)) == 2


def test_a_frame_is_one_readable_line_that_only_its_owner_may_read(tmp_path: Path) -> None:
    opened(tmp_path).append(frames(1))
    file = tmp_path / "journal.jsonl"
    checksum, _, text = file.read_text().partition(" ")
    assert len(checksum) == 8
    assert json.loads(text)[:3] == ["r", 1, "TurnFinished"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_text_that_no_file_takes_is_kept_as_the_database_would_keep_it(tmp_path: Path) -> None:
    started = CallStarted(CallInfo(A, "", "sip:\0x\udc80@host", "", "", 1.0), "p", "v", 1.0)
    opened(tmp_path).append([Frame("r", 1, started)])
    kept = opened(tmp_path).next(1)[0].event
    assert isinstance(kept, CallStarted)
    assert kept.info.from_uri == "sip:\0x\ufffd@host"


def test_a_disk_on_which_everything_fails_costs_neither_the_writer_nor_its_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "input/output error")

    journal = Journal(tmp_path / "j", MEGABYTE)
    assert journal.append([Frame("r", 1, TURN)]) == 1
    before = descriptors()
    with monkeypatch.context() as failing:
        for name in ("fsync", "truncate", "ftruncate"):
            failing.setattr(os, name, fails)
        assert [journal.append([Frame("r", 2, TURN)]) for _ in range(10)] == [0] * 10
    assert descriptors() < before, "the file is closed"
    assert journal.append([Frame("r", 3, TURN)]) == 1
    journal.close()
    assert [frame.number for frame in Journal(tmp_path / "j", MEGABYTE).next(9)] == [1, 3]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
