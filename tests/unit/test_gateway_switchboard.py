"""What fails in one part of the gateway, or at one order, and must end nothing else."""

from types import SimpleNamespace
from typing import Any, cast

import pjsua2 as pj
import pytest

from softswitch.events import CallEnded
from softswitch.gateway import messages
from softswitch.gateway.switchboard import Switchboard
from softswitch.trunks.targets import Target


def test_one_parts_bug_is_no_others_and_ends_no_call(caplog: pytest.LogCaptureFixture) -> None:
    ticked: list[float] = []
    board = Switchboard.__new__(Switchboard)
    parts = (
        SimpleNamespace(tick=None),
        SimpleNamespace(tick=None, apply=None),
        SimpleNamespace(tick=ticked.append),
    )
    board._admission, board.accounts, board._probing = cast(Any, parts)
    board._ports = cast(Any, SimpleNamespace(collect=lambda here: None))
    board._legs, board.control_here = {}, True
    board.tick()
    assert ticked
    board.obey(messages.Trunks(()))
    assert "TypeError" in caplog.text


def test_a_call_that_has_no_account_ends_at_once_and_takes_no_slot() -> None:
    def toward(trunk: str, target: Target) -> None:
        raise pj.Error

    board, sent = Switchboard.__new__(Switchboard), list[messages.Message]()
    board._admission = cast(Any, SimpleNamespace(refuse_outbound=lambda trunk: None))
    board.accounts = cast(Any, SimpleNamespace(toward=toward))
    board._ports, board._send, board._draining = cast(Any, None), sent.append, False
    target = Target("carrier.example", "192.0.2.1", 5060, "udp")
    board.obey(messages.Originate("c" * 32, "carrier", target, "sip:1@carrier.example", "sip:2@example.org"))
    (told,) = sent
    assert isinstance(told, messages.Happened)
    assert isinstance(told.event, CallEnded)
