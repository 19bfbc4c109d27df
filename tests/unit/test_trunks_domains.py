"""Which names of a certificate stand for a host (RFC 5922, and the wildcards that carriers use)."""

import pytest

from softswitch.trunks.domains import is_address, matches


@pytest.mark.parametrize(
    ("stated", "host", "fits"),
    [
        ("sip.example.com", "SIP.example.com.", True),
        ("sip:example.com", "example.com", True),
        ("sips:example.com", "example.com", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "[2001:db8::1]", True),
        ("*.example.com", "sip.example.com", True),
        ("*.example.com", "a.sip.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("sip.example.com", "sip.example.com.evil.test", False),
        ("example.com", "sip.example.com", False),
        ("", "example.com", False),
    ],
)
def test_a_name_stands_for_its_host_and_no_other(stated: str, host: str, fits: bool):
    assert matches(stated, host) is fits


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("192.0.2.1", True), ("[2001:db8::1]", True), ("2001:db8::1", True), ("a.test", False), ("", False)],
)
def test_an_address_is_no_name(host: str, is_one: bool):
    assert is_address(host) is is_one
