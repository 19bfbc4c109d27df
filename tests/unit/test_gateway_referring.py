"""Where a REFER may lead: every way of a URI to lead elsewhere than its host is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.gateway.referring import destination, dialled, may_be_dialled, number
from softswitch.sections.dialing import Dialing
from softswitch.trunks.settings import Trunk

CARRIER = Trunk.model_validate(
    {"name": "line", "kind": "ip", "hosts": ["192.0.2.1"], "numbers": {"country": "DE"}}
)
PBX = Trunk.model_validate({"name": "pbx", "kind": "extension", "hosts": ["192.0.2.1"], "username": "7"})


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


@pytest.mark.parametrize(
    ("refer_to", "user"),
    [
        ("<sip:+4930123456@192.0.2.1>", "+4930123456"),
        ("<sip:%2B4930123456@192.0.2.1?Replaces=x%40y>", "+4930123456"),
        ("sip:0190*1@192.0.2.1", "0190*1"),
        ("<sip:ann@192.0.2.1>", ""),
        ("<sip:4u@192.0.2.1>", ""),
        ("<sip:192.0.2.1>", ""),
        ("<sip:%00900123@192.0.2.1>", "\x00900123"),
    ],
)
def test_what_has_no_letter_is_dialled(refer_to: str, user: str) -> None:
    assert dialled(refer_to) == user


@pytest.mark.parametrize(
    ("user", "trunk", "found", "may"),
    [
        ("+4930123456", CARRIER, "+4930123456", True),
        ("030123456", CARRIER, "+4930123456", True),
        ("+49900123456", CARRIER, "+49900123456", False),
        ("0900123456", CARRIER, "+49900123456", False),
        ("+18765550123", CARRIER, "+18765550123", False),
        ("11833", CARRIER, None, False),
        ("*31*030123456", CARRIER, None, False),
        ("\x00900123", CARRIER, None, False),
        ("203", PBX, "", True),
        ("203", None, "", True),
        ("030123456", PBX, None, False),
        ("123456", None, None, False),
        ("+4930123456", None, "+4930123456", True),
    ],
)
def test_a_number_is_dialled_only_where_the_prefixes_allow_it(
    user: str, trunk: Trunk | None, found: str | None, may: bool
) -> None:
    settings = Dialing(prefixes=("+49",), forbidden=("+49900",))
    assert (number(user, trunk), may_be_dialled(user, trunk, settings)) == (found, may)
