"""Where a REFER may lead: every way of a URI to lead elsewhere than its host is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.gateway.referring import destination


@pytest.mark.parametrize(
    ("refer_to", "place"),
    [
        ("<sip:human@192.0.2.1>", "192.0.2.1:5060"),
        ("sip:human@192.0.2.1:5070", "192.0.2.1:5070"),
        ('"The desk" <sips:+4930123@[2001:db8::1]:5061;transport=tcp;user=phone>', "[2001:db8::1]:5061"),
        ("Desk <sip:192.0.2.1;lr>", "192.0.2.1:5060"),
        ("<sip:a@192.0.2.1?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>", "192.0.2.1:5060"),
        ("<sip:human@desk.example>", "desk.example:5060"),
    ],
)
def test_the_place_is_the_uris_host_and_port(refer_to: str, place: str) -> None:
    assert destination(refer_to) == place


@pytest.mark.parametrize(
    "refer_to",
    [
        "<sip:a@192.0.2.1;maddr=203.0.113.9>",
        "<sip:a@192.0.2.1;x=1;MADDR=203.0.113.9>",
        "<sip:a@192.0.2.1?Route=%3Csip:203.0.113.9;lr%3E>",
        "<sip:a@192.0.2.1?Replaces=x&route=%3Csip:203.0.113.9%3E>",
        "<sip:a@192.0.2.1?P-Asserted-Identity=%3Csip:boss@own%3E>",
        "<sip:a@192.0.2.1@203.0.113.9>",
        "<sip:203.0.113.9;x=a@192.0.2.1>",
        "<sip:a:secret@192.0.2.1>",
        "<sip:a@192.0.2.1>, <sip:b@203.0.113.9>",
        '"<sip:b@203.0.113.9>" <sip:a@192.0.2.1>',
        "sip:a@192.0.2.1;maddr=203.0.113.9",
        "<tel:+1900>",
        "<sip:a@192.0.2.1%00>",
        "<sip:>",
        "nonsense",
        "",
    ],
)
def test_what_could_lead_elsewhere_leads_nowhere(refer_to: str) -> None:
    assert destination(refer_to) is None


@given(st.text(max_size=80))
def test_nothing_makes_it_fail(text: str) -> None:
    destination(text)
    destination(f"<sip:a@192.0.2.1{text}>")
