"""The time that a transfer may take without a word of the far end, and one that cannot even begin."""

import time
from types import SimpleNamespace
from typing import Any

import pjsua2 as pj
import pytest
from fakes import INFO

from softswitch.events import TransferProgress
from softswitch.gateway import transfer
from softswitch.gateway.leg import SUCCESSION_LIMIT, Leg
from softswitch.gateway.timers import Timers


class Call:
    """One that takes every REFER, or none."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def xfer(self, uri: str, options: object) -> None:
        if self.broken:
            raise pj.Error


@pytest.fixture
def told() -> list[TransferProgress]:
    return []


def leg(told: list[TransferProgress], call: Call) -> Any:
    owner = SimpleNamespace(happened=lambda _, event: told.append(event))
    return SimpleNamespace(
        call=call, confirmed=True, ended=False, owner=owner, timers=Timers(), consulted=None, notified=0
    )


def fire(leg: Any, now: float) -> None:
    for do in leg.timers.due(now):
        do()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(transfer, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_refer_that_cannot_be_sent_fails_at_once(told: list[TransferProgress]) -> None:
    one = leg(told, Call(broken=True))
    transfer.blind(one, "sip:human@192.0.2.1")
    assert told == [TransferProgress(500, True)]
    assert not one.transferring


def test_silence_ends_it_sooner_before_the_answer_than_while_a_phone_may_ring(
    told: list[TransferProgress], clock: SimpleNamespace
) -> None:
    for words, limit in ((0, 5.0), (1, 10.0), (2, 45.0), (3, 45.0)):
        one = leg(told, Call())
        transfer.blind(one, "sip:human@192.0.2.1")
        for _ in range(words):
            transfer.on_notify(one, 100, False)
        fire(one, clock.now + limit - 0.1)
        assert not any(event.final for event in told)
        fire(one, clock.now + limit)
        assert told.pop() == TransferProgress(408, True)
        told.clear()


class Successor:
    """The call that a far end's REFER makes; rings for ever."""

    hung_up = False

    def isActive(self) -> bool:
        return not self.hung_up

    def hangup(self, options: object) -> None:
        self.hung_up = True


def test_whom_a_far_end_has_us_call_may_not_ring_for_ever() -> None:
    nobody: Any = None
    one, successor = Leg(INFO, nobody, nobody, nobody), Successor()
    one.expect_successor(successor)  # type: ignore[arg-type]
    fire(one, time.monotonic() + SUCCESSION_LIMIT - 1)
    assert not successor.hung_up
    fire(one, time.monotonic() + SUCCESSION_LIMIT + 1)
    assert successor.hung_up
