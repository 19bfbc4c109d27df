"""The gateway's pure rules: causes, survival, and what crosses the socket."""

import pytest

from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, CallInfo, Cause, DtmfReceived, EndedBy, MediaQuality
from softswitch.gateway import causes, messages, wire
from softswitch.gateway.survival import Alone, Order, line_frames
from softswitch.sections.media import Survival


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (200, Cause.NORMAL_CLEARING),
        (404, Cause.UNALLOCATED_NUMBER),
        (486, Cause.USER_BUSY),
        (487, Cause.NORMAL_CLEARING),
        (488, Cause.INCOMPATIBLE_DESTINATION),
        (500, Cause.TEMPORARY_FAILURE),
        (499, Cause.NORMAL_UNSPECIFIED),
    ],
)
def test_sip_statuses_have_their_q850_cause(status: int, cause: Cause) -> None:
    assert causes.cause_of(status) == cause


def test_a_stated_cause_is_read_from_the_reason_header() -> None:
    message = 'BYE sip:a@b SIP/2.0\r\nreason : SIP;cause=200, Q.850 ;cause=31;text="x"\r\n\r\n'
    assert causes.stated_cause(message) == 31
    assert causes.stated_cause("BYE sip:a@b SIP/2.0\r\nSubject: Q.850;cause=31\r\n\r\n") is None


def test_a_cause_unknown_to_us_still_makes_a_reason_header_and_a_status() -> None:
    assert causes.reason_header(99).startswith("Q.850;cause=99")
    assert causes.status_of(99) == 480


def test_a_caller_left_alone_is_transferred_once_and_given_up_in_the_end() -> None:
    policy = Survival(transfer_after=30, give_up_after=300)
    alone = Alone(since=1000.0)
    orders = [alone.next(1000.0 + s, policy, "sip:desk@example.org") for s in (0, 29, 30, 31, 299, 300)]
    assert orders == [None, None, Order.TRANSFER, None, None, Order.GIVE_UP]


def test_without_a_human_nobody_is_transferred() -> None:
    alone = Alone(since=0.0)
    assert alone.next(100.0, Survival(), None) is None


def test_the_holding_line_has_a_pause_and_whole_frames() -> None:
    frames = line_frames(b"\1" * 500, 320, pause_s=0.1)
    assert len(frames) == 2 + 5
    assert {len(frame) for frame in frames} == {320}


INFO = CallInfo("a" * 32, "id", "sip:a@b", "sip:c@d", "192.0.2.1:5060", 1.5)
ENDED = CallEnded(16, 200, EndedBy.CALLER, MediaQuality(1, 2, 3, 4.5, 6), "bye")


@pytest.mark.parametrize(
    "message",
    [
        messages.Offered(INFO, 3, True, "PCMU"),
        messages.Happened("a" * 32, ENDED),
        messages.Happened("a" * 32, DtmfReceived("5")),
        messages.Hello("/run/line.pcm"),
        messages.Hangup("a" * 32, 41),
    ],
    ids=lambda message: message.type,
)
def test_messages_cross_the_socket_whole_in_whatever_pieces(message: messages.Message) -> None:
    data = wire.encode(message) * 2
    for cut in (1, 3, 4, 5, len(data) - 1):
        decoder = wire.Decoder()
        assert decoder.feed(data[:cut]) + decoder.feed(data[cut:]) == [message, message]


def test_a_length_that_nobody_sends_is_refused() -> None:
    with pytest.raises(SoftswitchError):
        wire.Decoder().feed(b"\xff\xff\xff\xff")


def test_text_that_is_no_utf8_crosses_the_socket_with_marks_in_its_place() -> None:
    info = CallInfo(
        "a" * 32, "b\udce7", 'sip:"\udcff\udcfe"@x', "sip:gr\u00fc\u00df@x", "192.0.2.1:5060", 1.0
    )
    (offered,) = wire.Decoder().feed(wire.encode(messages.Offered(info, 3)))
    assert isinstance(offered, messages.Offered)
    assert offered.info.sip_call_id == "b\ufffd"
    assert offered.info.from_uri == 'sip:"\ufffd\ufffd"@x'
    assert offered.info.to_uri == "sip:gr\u00fc\u00df@x"
