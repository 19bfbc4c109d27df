"""The public address as a STUN server tells it."""

import socket
import struct

import pytest
from stun_server import StunServer, attribute, response, xored

from softswitch.gateway import stun

PLAIN = attribute(stun.MAPPED_ADDRESS, struct.pack("!BBH", 0, 1, 4000) + socket.inet_aton("198.51.100.9"))
T = bytes(range(12))


def test_addresses_are_read_plain_or_xored_after_whatever_comes_before_them():
    assert stun.mapped_address(response(T, PLAIN), T) == "198.51.100.9"
    assert (
        stun.mapped_address(response(T, attribute(0x8022, b"odd"), xored("203.0.113.7")), T) == "203.0.113.7"
    )
    assert stun.mapped_address(response(T, PLAIN, xored("203.0.113.7")), T) == "203.0.113.7"


@pytest.mark.parametrize(
    "message",
    [b"", response(T[::-1], PLAIN), response(T, PLAIN, kind=0x0111), response(T), response(T, PLAIN)[:24]],
)
def test_anything_else_is_no_answer(message):
    assert stun.mapped_address(message, T) == ""


def test_a_server_is_asked_again_when_the_first_request_was_lost():
    with StunServer("203.0.113.7", loses=1) as server:
        assert stun.public_address(f"127.0.0.1:{server.port}", "127.0.0.1") == "203.0.113.7"


def test_a_silent_server_is_given_up(monkeypatch):
    monkeypatch.setattr(stun, "WAITS_S", (0.05, 0.05))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with pytest.raises(TimeoutError, match="no answer within"):
            stun.public_address(f"127.0.0.1:{server.getsockname()[1]}", "127.0.0.1")
