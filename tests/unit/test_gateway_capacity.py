"""What the gateway can still carry, as it is measured."""

import time

import pytest

from softswitch.gateway.capacity import Capacity
from softswitch.gateway.rings import PACING_BOUNDS_MS, Node, Region
from softswitch.sections.media import Media

CPU = "softswitch.gateway.capacity.time.process_time"


class Clock:
    """Ticks a Capacity ten times a second, with what happened in each tenth."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self._cpu = time.monotonic(), 0.0
        monkeypatch.setattr(CPU, lambda: self._cpu)
        self.region = Region(Region.create(1, 8000), 1, 8000)
        self.capacity = Capacity(Media(busy_limit=0.8, backlog_limit=0.5), self.region)

    def run(
        self, seconds: float, *, busy: float = 0.1, late: float = 0.0, backlog: float = 0.0, beats: int = 1
    ) -> str:
        """`beats`: control gives a heartbeat in one of so many tenths; 0: none."""
        for step in range(1, round(seconds * 10) + 1):
            self.now += 0.1
            self._cpu += 0.1 * busy
            node = self.region.node
            if beats and not step % beats:
                node[Node.CONTROL_AT_NS] = round(self.now * 1e9)
            node[Node.BACKLOG_MS] = round(1000 * backlog)
            for tick in range(5):
                is_late = (step * 5 + tick) % 20 < 20 * late
                self.region.observe_pacing(round((60 if is_late else PACING_BOUNDS_MS[5]) * 1e6))
            self.capacity.tick(self.now)
        return self.capacity.shortage


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_gateway_with_time_to_spare_lacks_nothing(clock: Clock) -> None:
    assert clock.run(5, busy=0.7, late=0.05, backlog=0.4) == ""


def test_a_busy_gateway_takes_calls_again_only_once_it_is_calm(clock: Clock) -> None:
    assert clock.run(2, busy=0.9) == "gateway busy"
    assert clock.run(2, busy=0.75) == "gateway busy"
    assert clock.run(2, busy=0.6) == ""


def test_late_audio_is_a_shortage(clock: Clock) -> None:
    assert clock.run(2, late=0.3) == "audio late"
    assert clock.run(3) == ""


def test_speech_that_waits_for_a_whole_second_is_a_shortage_and_a_burst_is_none(clock: Clock) -> None:
    clock.run(2)
    assert clock.run(0.5, backlog=3.0) == ""
    assert clock.run(1, backlog=3.0) == "speech waiting"
    assert clock.run(1) == ""


def test_the_backlog_of_a_control_that_died_counts_no_more(clock: Clock) -> None:
    assert clock.run(2, backlog=3.0) == "speech waiting"
    clock.now += 2
    for _ in range(15):
        clock.now += 0.1
        clock.capacity.tick(clock.now)
    assert clock.capacity.shortage == ""


def test_a_control_that_is_late_with_everything_gets_no_more_calls_until_it_is_not(clock: Clock) -> None:
    assert clock.run(3, beats=4) == ""
    assert clock.run(3, beats=9) == "control late"
    assert clock.run(2) == ""


def test_a_single_stall_of_control_is_no_shortage_and_its_death_is_not_its_lateness(clock: Clock) -> None:
    clock.run(3)
    for silent, lively in ((0.9, 3.0), (5.0, 3.0)):
        for beats, seconds in ((0, silent), (1, lively)):
            for _ in range(round(seconds * 10)):
                assert clock.run(0.1, beats=beats) == ""


def test_a_process_that_just_began_is_not_judged(clock: Clock) -> None:
    assert clock.run(0.4, busy=1.0) == ""
