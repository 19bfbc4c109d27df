"""What an INVITE says about its caller: RFC 3323, 3325, 5806, 7044, 8224; and whatever else may come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.events import Signalled
from softswitch.gateway.headers import present, read
from softswitch.trunks.settings import CallerId

START = "INVITE sip:reception@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"


def signalled(*fields: str, trusted: bool = True) -> Signalled:
    return read(START + "\r\n".join(fields) + "\r\n\r\nP-Asserted-Identity: <sip:body@x>", trusted)


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        (["P-Asserted-Identity: <sip:+4930123@carrier.example>"], "sip:+4930123@carrier.example"),
        (
            ['p-asserted-identity:"A, <B>" <sip:+4930123@c.example;user=phone>'],
            "sip:+4930123@c.example;user=phone",
        ),
        (["P-Asserted-Identity: sip:bob@c.example;tag=1"], "sip:bob@c.example"),
        (["P-Asserted-Identity: tel:+4930123"], "tel:+4930123"),
        (["P-Asserted-Identity: <sip:bob@c.example>, <tel:+4930123>"], "tel:+4930123"),
        (["P-Asserted-Identity: <sip:bob@c.example>", "P-Asserted-Identity: <tel:+49301>"], "tel:+49301"),
        (["P-Asserted-Identity: <tel:+4930123>", "P-Asserted-Identity: <sip:1@x>"], "tel:+4930123"),
        (["P-Asserted-Identity:", '\t"Bob"', " <sip:bob@c.example>"], "sip:bob@c.example"),
        (['P-Asserted-Identity: "Bob"\r\n  <sip:bob@c.example>'], "sip:bob@c.example"),
        (["P-Asserted-Identity: <mailto:bob@c.example>"], ""),
        (["P-Asserted-Identity: <sip:bob@c.example"], ""),
        (['P-Asserted-Identity: "Bob <sip:bob@c.example>'], ""),
        (["P-Asserted-Identity: <sip:" + "9" * 400 + "@c.example>"], ""),
        (["X-P-Asserted-Identity: <sip:bob@c.example>"], ""),
        ([], ""),
    ],
)
def test_the_asserted_identity_is_one_uri_with_a_number_if_there_is_one(fields: list[str], uri: str) -> None:
    assert signalled(*fields).asserted == uri


def test_what_an_untrusted_trunk_asserts_is_not_believed_but_its_wish_for_privacy_is_kept() -> None:
    fields = ("P-Asserted-Identity: <tel:+49301>", "Diversion: <sip:1@a>", "Privacy: id")
    assert signalled(*fields, trusted=False) == Signalled(private=True)
    assert signalled(*fields) == Signalled("tel:+49301", True, "sip:1@a")


@pytest.mark.parametrize(
    ("value", "private"),
    [("id", True), ("Header; critical", True), ("user;id", True), ("none", False), ("session", False)],
)
def test_privacy_is_asked_for_by_three_of_its_words(value: str, private: bool) -> None:
    assert signalled(f"Privacy: {value}").private is private


def test_the_first_diversion_is_who_sent_the_call_here() -> None:
    first = 'Diversion: "Desk, front" <sip:+4930111@pbx.example>;reason=no-answer;counter=1, <sip:2@a>'
    assert signalled(first, "Diversion: <tel:+4930222>").diverted_from == "sip:+4930111@pbx.example"


def test_history_info_tells_the_last_change_of_target_where_there_is_no_diversion() -> None:
    history = (
        "History-Info: <sip:first@a.example?Reason=SIP%3Bcause%3D302>;index=1,",
        " <sip:second@a.example?Reason=SIP%3Bcause%3D408>;index=1.1,<sip:reception@b.example>;index=1.2",
    )
    assert signalled(*history).diverted_from == "sip:second@a.example"
    assert signalled("History-Info: <sip:reception@b.example>;index=1").diverted_from == ""
    assert signalled(*history, "Diversion: <sip:d@a.example>").diverted_from == "sip:d@a.example"


def test_identity_fields_are_kept_whole_and_few_whoever_sent_them() -> None:
    token = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://cr.example.com/1.pem>;alg=ES256;ppt=shaken"
    found = signalled(f"Identity: {token}", f"y: {token}", "Identity: " + "x" * 9000, trusted=False)
    assert found.identity == (token, token)
    assert len(signalled(*[f"Identity: {token}"] * 9).identity) == 4


def test_the_user_agent_is_plain_text_of_bounded_length() -> None:
    assert signalled("User-Agent: friendly\x1b[31m scanner\udc80").user_agent == "friendly[31m scanner"
    assert len(signalled("User-Agent: " + "x" * 999).user_agent) == 200


@given(
    st.lists(
        st.sampled_from(
            ["P-Asserted-Identity", "Diversion", "History-Info", "Privacy", "Identity", "y"]
        ).flatmap(lambda name: st.text(max_size=60).map(lambda text: f"{name}: {text}")),
        max_size=6,
    ),
    st.text(max_size=40),
)
def test_no_message_makes_reading_fail(fields: list[str], start: str) -> None:
    read(start, True)
    found = read(START + "\r\n".join(fields), True)
    for uri in (found.asserted, found.diverted_from):
        assert uri == "" or (uri.isascii() and uri.isprintable() and " " not in uri)
    assert all(identity.isascii() for identity in found.identity)


def test_our_number_stands_in_from_or_is_asserted_with_privacy() -> None:
    assert present("sip:+49301@own.example", CallerId()) == ("sip:+49301@own.example", ())
    assert present("sip:+49301@own.example", CallerId(header="p-asserted-identity")) == (
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        (("P-Asserted-Identity", "<sip:+49301@own.example>"), ("Privacy", "id")),
    )
