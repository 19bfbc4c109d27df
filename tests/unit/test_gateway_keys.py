"""DTMF keys in SIP INFO, counted once, as tones; a leg's timers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.gateway.keys import KEYS, Pending, Pressed, read_info, tone
from softswitch.gateway.timers import Timers


def info(kind: str, body: str) -> str:
    return f"INFO sip:a@b SIP/2.0\r\nCSeq: 2 INFO\r\n{kind}\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("Content-Type: application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
        ("content-type : application/dtmf-relay", "Duration= 160\r\nSignal= #\r\n", "#"),
        ("c: application/dtmf-relay", "Signal = 10\nDuration=100", "*"),
        ("Content-Type: application/dtmf-relay", "Signal=11\r\n", "#"),
        ("Content-Type: application/dtmf-relay", "Signal=d\r\n", "D"),
        ("Content-Type: application/dtmf", "7", "7"),
        ("Content-Type: application/dtmf", " * \r\n", "*"),
        ("Content-Type: application/dtmf", "Signal=3\r\n", "3"),
        ("Content-Type: application/dtmf-relay", "Signal=16\r\n", ""),  # hook flash
        ("Content-Type: application/dtmf-relay", "Signal=", ""),
        ("Content-Type: application/dtmf", "", ""),
        ("Content-Type: application/media_control+xml", "5", ""),
        ("X: y", "Signal=5", ""),
    ],
)
def test_keys_are_read_from_info(kind: str, body: str, key: str) -> None:
    assert read_info(info(kind, body)) == key


@given(st.text(max_size=60))
def test_no_info_makes_reading_fail(text: str) -> None:
    for kind in ("dtmf", "dtmf-relay"):
        key = read_info(info(f"Content-Type: application/{kind}", text))
        assert key == "" or key in KEYS
    read_info(text)


def test_keys_that_come_by_two_means_count_once_each() -> None:
    pressed = Pressed()
    assert pressed.is_new("5", "rfc4733", 10.0)
    assert pressed.is_new("5", "rfc4733", 10.2), "the same key twice by one means is two keys"
    assert not pressed.is_new("5", "info", 10.3)
    assert not pressed.is_new("5", "info", 10.5)
    assert pressed.is_new("5", "info", 10.6)
    assert pressed.is_new("6", "info", 10.7)
    assert pressed.is_new("6", "rfc4733", 12.8), "so late it is another"
    assert not pressed.is_new("!", "info", 20.0)
    assert not pressed.is_new("", "info", 30.0)


def test_keys_to_be_sent_are_few_and_known() -> None:
    pending = Pending()
    pending.add("1x2d" + "5" * 100)
    assert pending.take(2) == "12"
    assert pending.take(1) == "D"
    assert pending.take(99) == "5" * 61
    assert pending.take(1) == ""


@pytest.mark.parametrize("clock_rate", [8000, 16000])
def test_a_tone_is_whole_frames_of_two_tones_and_a_pause(clock_rate: int) -> None:
    frame = clock_rate // 50 * 2
    for key in KEYS:
        pcm = tone(key, clock_rate)
        assert len(pcm) == 10 * frame
        assert max(memoryview(pcm[: 5 * frame]).cast("h")) > 15000
        assert not any(pcm[5 * frame :])


def test_a_timer_is_due_once_replaced_by_its_like_and_forgotten_when_cancelled() -> None:
    timers, done = Timers(), list[str]()
    timers.set("a", 2.0, lambda: done.append("a"))
    timers.set("b", 1.0, lambda: done.append("b"))
    timers.set("c", 1.0, lambda: done.append("c"))
    timers.cancel("c", "none")
    assert timers.due(0.9) == []
    for do in timers.due(2.0):
        do()
    assert done == ["b", "a"]
    assert timers.due(9.0) == []
    timers.set("a", 2.0, lambda: done.append("old"))
    timers.set("a", 3.0, lambda: done.append("new"))
    assert timers.due(2.5) == []
    assert "a" in timers
    timers.clear()
    assert "a" not in timers
