"""Calls that control does nothing about: when the gateway takes them in hand, and when it lets go of them."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from softswitch import config
from softswitch.gateway import messages, obeying
from softswitch.gateway.caretaking import Caretaker
from softswitch.gateway.leg import Leg
from softswitch.gateway.music import MusicShelf
from softswitch.gateway.rings import Slot
from softswitch.gateway.timers import Timers

FRAME_BYTES = 320


@dataclass
class FakePort:
    holding_line: list[bytes] | None = None
    counters: dict[Slot, int] = field(default_factory=dict)

    @property
    def slot(self) -> "FakePort":
        return self


@dataclass
class FakeLeg:
    port: FakePort = field(default_factory=FakePort)
    timers: Timers = field(default_factory=Timers)
    kept: messages.Keep | None = None
    alone: object = None
    answered: bool = False
    outbound: bool = False
    bridged: "FakeLeg | None" = None
    fetched: bool = False
    hold_wanted: bool | None = None
    hung_up: int | None = None

    def answer(self) -> None:
        self.answered = True

    def hangup(self, cause: int) -> None:
        self.hung_up = cause

    @property
    def as_leg(self) -> Leg:
        return cast(Any, self)


@pytest.fixture
def caretaker(tmp_path: Path) -> Caretaker:
    line = tmp_path / "line.pcm"
    line.write_bytes(b"\1" * FRAME_BYTES)
    caretaker = Caretaker(config.load(overrides=(f"data_dir={tmp_path}",)), FRAME_BYTES)
    caretaker.learn_line(str(line))
    return caretaker


def test_a_call_that_control_answers_late_is_its_own_from_then_on(caretaker: Caretaker) -> None:
    leg = FakeLeg()
    caretaker.expect_answer(leg.as_leg)
    for take in leg.timers.due(time.monotonic() + 2):
        take()
    assert leg.answered
    assert leg.port.holding_line
    obeying.obey(leg.as_leg, messages.Answer("c" * 32), {}, MusicShelf(FRAME_BYTES))
    assert not leg.port.holding_line
    caretaker.tick(leg.as_leg, time.monotonic() + 3600)
    assert leg.hung_up is None


def test_a_call_that_control_never_answers_is_ended_in_the_end(caretaker: Caretaker) -> None:
    leg = FakeLeg()
    caretaker.take(leg.as_leg)
    caretaker.tick(leg.as_leg, time.monotonic() + 3600)
    assert leg.hung_up == 41


def test_a_holding_line_that_cannot_be_read_leaves_the_one_before(
    caretaker: Caretaker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caretaker.learn_line(str(tmp_path / "gone.pcm"))
    assert "the holding line cannot be read" in caplog.text
    caretaker.take((leg := FakeLeg()).as_leg)
    assert leg.port.holding_line
    assert leg.port.holding_line[0] == b"\1" * FRAME_BYTES


def test_without_any_line_no_new_calls_are_held(tmp_path: Path) -> None:
    caretaker = Caretaker(config.load(overrides=(f"data_dir={tmp_path}",)), FRAME_BYTES)
    assert not caretaker.may_take_calls
    caretaker.take((leg := FakeLeg()).as_leg)
    assert (leg.answered, leg.hung_up) == (False, 41)
