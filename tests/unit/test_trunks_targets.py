"""Where somebody is called who has a SIP address of his own."""

import pytest

from softswitch.errors import SoftswitchError
from softswitch.trunks.targets import host_of


@pytest.mark.parametrize(
    ("address", "host", "transport"),
    [
        ("sip:ann@192.0.2.7", "192.0.2.7", "udp"),
        ("sip:ann@192.0.2.7:5062;transport=tcp", "192.0.2.7:5062", "tcp"),
        ("SIP:+4930123@[2001:db8::7]:5060;transport=UDP", "[2001:db8::7]:5060", "udp"),
        ("sip:pbx.example.com", "pbx.example.com", "udp"),
    ],
)
def test_an_address_has_a_host_and_a_transport(address: str, host: str, transport: str) -> None:
    assert host_of(address) == (host, transport)


@pytest.mark.parametrize(
    "address",
    [
        "+442079460000",
        "sips:ann@192.0.2.7",
        "sip:ann@192.0.2.7;transport=tls",
        "sip:ann@192.0.2.7;maddr=192.0.2.8",
        "sip:ann@192.0.2.7?Route=sip:elsewhere",
        "sip:ann@192.0.2.7 ",
        "",
    ],
)
def test_anything_else_is_refused_with_what_to_give(address: str) -> None:
    with pytest.raises(SoftswitchError, match="cannot be called: give one such as sip:ann@"):
        host_of(address)
