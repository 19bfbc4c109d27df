"""A REFER that nobody says any more of is over in time."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from softswitch.events import CallInfo, LegEvent, TransferProgress
from softswitch.gateway import transfer
from softswitch.gateway.leg import Leg


@dataclass
class FakeCall:
    referred: list[str] = field(default_factory=list)

    def xfer(self, uri: str, _: object) -> None:
        self.referred.append(uri)


@dataclass
class Told:
    """The switchboard, as far as a transfer needs it."""

    events: list[LegEvent] = field(default_factory=list)

    def happened(self, _: Leg, event: LegEvent) -> None:
        self.events.append(event)


@pytest.fixture
def leg() -> Leg:
    info = CallInfo("c" * 32, "sip", "sip:a@b", "sip:c@d", "192.0.2.1:5060", 0.0)
    return Leg(info, SimpleNamespace(), Told(), SimpleNamespace(), call=FakeCall(), confirmed=True)  # type: ignore[arg-type]


def test_a_transfer_without_a_last_notify_has_failed_in_time(leg: Leg) -> None:
    transfer.blind(leg, "sip:human@192.0.2.7")
    assert leg.call.referred == ["sip:human@192.0.2.7"]
    transfer.on_notify(leg, 100, over=False)
    leg.tick(time.monotonic() + transfer.NOTIFY_LIMIT - 1)
    assert leg.owner.events == [TransferProgress(100, False)]
    leg.tick(time.monotonic() + transfer.NOTIFY_LIMIT + 1)
    assert leg.owner.events[1:] == [TransferProgress(408, True)]
    transfer.on_notify(leg, 200, over=True)  # too late: the caller was told otherwise
    assert len(leg.owner.events) == 2


def test_a_call_that_is_not_up_cannot_be_transferred(leg: Leg) -> None:
    leg.confirmed = False
    transfer.blind(leg, "sip:human@192.0.2.7")
    transfer.attended(leg, None)
    assert leg.owner.events == [TransferProgress(481, True)] * 2
