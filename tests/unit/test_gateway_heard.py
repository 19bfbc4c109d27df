"""What a caller heard at the time of each frame of his, as the media clock marks and a recording reads it."""

from typing import Any

import pytest

from softswitch.events import CallInfo
from softswitch.gateway.line import CallLine
from softswitch.gateway.rings import DOWN_FRAMES, HEARD, UP_FRAMES, Region, Slot, SlotView

FRAME = 320
INFO = CallInfo("c" * 32, "", "", "", "", 0.0)


def frame(number: int) -> bytes:
    return bytes([number % 250 + 1]) * FRAME


class Clock:
    """What the gateway does 50 times a second, as media_port has it."""

    def __init__(self, slot: SlotView) -> None:
        self._slot = slot

    def tick(self) -> None:
        counters, heard = self._slot.counters, 0
        read = max(counters[Slot.DOWN_READ], counters[Slot.DOWN_FLUSH])
        if read < counters[Slot.DOWN_WRITTEN]:
            counters[Slot.DOWN_READ] = heard = read + 1
            counters[Slot.DOWN_PLAYED] += 1
        written = counters[Slot.UP_WRITTEN]
        self._slot.up_frames[written % UP_FRAMES][:] = frame(written)
        counters[HEARD + written % UP_FRAMES] = heard
        counters[Slot.UP_WRITTEN] = written + 1


@pytest.fixture
def call() -> tuple[CallLine, Clock]:
    region = Region(Region.create(2, 8000), 2, 8000)
    sent: list[Any] = []
    return CallLine(INFO, region, 1, sent.append), Clock(region.slot(1))


def test_each_frame_comes_with_what_was_heard_at_its_time(call: tuple[CallLine, Clock]) -> None:
    line, clock = call
    clock.tick()
    line.play(frame(10) + frame(11))
    for _ in range(3):
        clock.tick()
    assert len(line.read()) == 4
    assert line.heard() == [b"", frame(10), frame(11), b""]
    assert line.read() == ()
    assert line.heard() == []


def test_what_was_dropped_was_not_heard(call: tuple[CallLine, Clock]) -> None:
    line, clock = call
    line.play(b"".join(frame(number) for number in range(10)))
    clock.tick()
    line.flush()
    clock.tick()
    line.play(frame(20))
    clock.tick()
    line.read()
    assert line.heard() == [frame(0), b"", frame(20)]


def test_what_was_heard_long_ago_in_the_ring_is_right_after_it_went_round(
    call: tuple[CallLine, Clock],
) -> None:
    line, clock = call
    heard: list[bytes] = []
    for number in range(DOWN_FRAMES + 200):
        line.play(frame(number))
        clock.tick()
        if number % 7 == 6:
            line.read()
            heard += line.heard()
    assert heard == [frame(number) for number in range(len(heard))]


def test_what_was_written_over_meanwhile_is_silence_rather_than_something_else(
    call: tuple[CallLine, Clock],
) -> None:
    line, clock = call
    line.play(frame(1))
    clock.tick()
    line.play(bytes(FRAME) * DOWN_FRAMES)
    line.read()
    assert line.heard() == [b""]


def test_who_is_bridged_hears_the_other_far_end_and_what_is_played_to_him_at_once() -> None:
    region = Region(Region.create(2, 8000), 2, 8000)
    lines = [CallLine(INFO, region, slot, lambda _: None) for slot in (0, 1)]
    clocks = [Clock(region.slot(slot)) for slot in (0, 1)]
    for _ in range(7):  # the other call is longer up
        clocks[1].tick()
    lines[0].hear("d" * 32, lines[1])
    lines[0].play(frame(100))
    for _ in range(2):
        for clock in clocks:
            clock.tick()
    assert len(lines[0].read()) == 2
    assert lines[0].heard() == [bytes([108 + 1]) * FRAME, frame(8)]
    lines[0].hear("", None)
    clocks[0].tick()
    assert len(lines[0].read()) == 1
    assert lines[0].heard() == [b""]
