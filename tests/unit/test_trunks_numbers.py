"""Numbers on a trunk: E.164 inside, what the far end writes and takes outside, and why."""

from typing import Any

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from softswitch.e164 import e164
from softswitch.events import CallInfo, Signalled
from softswitch.trunks import numbers
from softswitch.trunks.numbers import WITHHELD, incoming, outgoing, shown
from softswitch.trunks.settings import Numbers, Trunk

BERLIN = "+493012345678"
ZERO_NINE = {"match": r"9(\d+)", "to": r"\1"}
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
HOMES = sorted(phonenumbers.SUPPORTED_REGIONS - {"HK"})
"""Behind Hong Kong's 00 the first digits of a country's code may as well be a carrier's."""


def trunk(**keys: Any) -> Trunk:
    return Trunk.model_validate({"name": "t", "kind": "ip", "allow": "192.0.2.0/24", **keys})


def call(signalled: Signalled | None = None, from_uri: str = "sip:03012345678@far") -> CallInfo:
    return CallInfo(
        "0" * 32, "1@far", from_uri, "sip:030111@near", "192.0.2.1:5060", 0.0, "t", "in", signalled
    )


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("sip:+493012345678@far;user=phone", BERLIN),
        ('"Ann" <sip:03012345678@far:5060>;tag=1', BERLIN),
        ("tel:+49-30-12345678", BERLIN),
        ("tel:3012345678;phone-context=+49", BERLIN),
        ("sip:00493012345678@far", BERLIN),
        ("sip:0012125551234@far", "+12125551234"),
        ("sip:alice@far", ""),
        ("sip:201@far", ""),
    ],
)
def test_what_arrives_is_read_as_its_country_writes_numbers(address: str, number: str) -> None:
    assert incoming(address, Numbers(country="DE")).number == number


@pytest.mark.parametrize("user", ["anonymous", "Anonymous", "unavailable", "restricted", ""])
def test_a_caller_without_a_number_is_withheld(user: str) -> None:
    reading = incoming(f"sip:{user}@far", Numbers(country="DE"))
    assert (reading.number, reading.address) == ("", WITHHELD)


def test_the_first_rule_that_fits_the_whole_number_is_taken() -> None:
    rules = Numbers.model_validate(
        {"country": "DE", "rewrite_in": [{"match": "30", "to": "x"}, ZERO_NINE, {"match": ".*", "to": "y"}]}
    )
    reading = incoming("sip:9030123456@far", rules)
    assert reading.number == "+4930123456"
    assert reading.trail == (
        "rewrite_in 1 '30' does not fit",
        r"rewrite_in 2 '9(\d+)' fits: 030123456",
        "030123456 is +4930123456 (DE notation)",
    )


def test_a_user_that_is_no_number_keeps_the_name_that_the_rules_give_it() -> None:
    rules = Numbers.model_validate({"rewrite_in": [{"match": r"ext-(\d+)", "to": r"\1"}]})
    reading = incoming("sip:ext-201@far", rules)
    assert (reading.number, reading.address) == ("", "201")


def test_a_rule_may_make_the_number_empty_and_the_call_keeps_its_address() -> None:
    rules = Numbers.model_validate({"rewrite_in": [{"match": ".*", "to": ""}]})
    assert incoming("sip:201@far", rules).address == "sip:201@far"


def test_digits_alone_are_international_where_the_trunk_writes_so() -> None:
    assert incoming("sip:493012345678@far", Numbers(send="plain")).number == BERLIN
    assert incoming("sip:493012345678@far", Numbers()).number == ""


def test_digits_alone_are_a_national_number_where_nothing_stands_before_those() -> None:
    rules = Numbers(send="plain", country="US")
    assert incoming("sip:4795551234@far", rules).number == "+14795551234"
    assert incoming("sip:493012345678@far", rules).number == BERLIN


def test_a_rule_that_would_take_for_ever_is_not_given_a_long_name() -> None:
    rules = Numbers.model_validate({"rewrite_in": [{"match": "a.*", "to": "1"}]})
    assert incoming(f"sip:{'a' * 1000}@far", rules).number == ""


@pytest.mark.parametrize(
    ("rules", "sent"),
    [
        ({}, BERLIN),
        ({"send": "plain"}, "493012345678"),
        ({"send": "national", "country": "DE"}, "03012345678"),
        ({"send": "national", "country": "AT"}, "00493012345678"),
        ({"send": "national", "country": "US"}, "011493012345678"),
        ({"rewrite_out": [{"match": r"\+(\d+)", "to": r"8*\1"}], "send": "plain"}, "8*493012345678"),
    ],
)
def test_what_is_dialled_looks_as_the_trunk_wants_it(rules: dict[str, Any], sent: str) -> None:
    assert outgoing(BERLIN, Numbers.model_validate(rules)).user == sent


def test_an_extension_is_dialled_as_it_is() -> None:
    assert outgoing("201", Numbers(send="plain")).user == "201"


@given(st.sampled_from(HOMES), st.sampled_from(REGIONS), st.sampled_from(["e164", "national"]))
def test_what_came_in_and_goes_out_comes_in_the_same(home: str, region: str, send: str) -> None:
    example = phonenumbers.example_number(region)
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    rules = Numbers.model_validate({"country": home, "send": send})
    read = incoming(number, rules).number
    assert read == number
    sent = outgoing(read, rules).user
    assert sent.removeprefix("+").isdigit()
    assert incoming(sent, rules).number == read


@given(st.sampled_from(REGIONS), st.integers(0, 10**7 - 1))
def test_plain_numbers_come_in_as_they_went_out(region: str, tail: int) -> None:
    code = phonenumbers.country_code_for_region(region)
    national = str(phonenumbers.example_number(region).national_number)
    number = e164(f"+{code}{national[:-3]}{tail % 1000:03}", "")
    assume(number)
    rules = Numbers(send="plain")
    assert incoming(outgoing(number, rules).user, rules).number == number


@given(st.text(max_size=300))
def test_whatever_arrives_is_a_number_or_none(text: str) -> None:
    rules = Numbers.model_validate({"country": "GB", "send": "plain", "rewrite_in": [ZERO_NINE]})
    number = incoming(text, rules).number
    assert number == "" or e164(number, "") == number


def test_a_call_shows_its_number_only_where_the_trunk_allows_it() -> None:
    own = trunk(caller_id={"number": BERLIN, "allowed": ["+4989"]}, numbers={"country": "DE"})
    assert shown("", own).number == BERLIN
    assert shown("08912345678", own).number == "+498912345678"
    refused = shown("+442079460000", own)
    assert refused.number == BERLIN
    assert refused.trail[:2] == (
        "+442079460000 may not be shown: caller_id.allowed has no beginning of it",
        f"caller_id.number is {BERLIN}",
    )


def test_a_trunk_without_a_number_shows_its_user() -> None:
    assert shown("", trunk(username="4711")).user == "4711"
    assert shown("+442079460000", trunk()).user == ""


def test_the_number_is_shown_in_the_form_of_the_trunk() -> None:
    own = trunk(caller_id={"number": BERLIN}, numbers={"country": "DE", "send": "national"})
    assert shown("", own).user == "03012345678"


def test_the_asserted_number_is_the_caller_where_the_trunk_is_trusted() -> None:
    asserted = call(Signalled(asserted="sip:+442079460000@far", diverted_from="sip:+33123456789@far"))
    rules = {"numbers": {"country": "DE"}}
    assert numbers.caller(asserted, trunk(**rules)).number == "+442079460000"
    assert numbers.diverted_from(asserted, trunk(**rules)).number == "+33123456789"
    doubted = trunk(caller_id={"trust": False}, **rules)
    assert numbers.caller(asserted, doubted).number == BERLIN
    assert numbers.diverted_from(asserted, doubted).number == ""


def test_a_caller_who_wants_privacy_has_no_number_though_the_trunk_asserts_one() -> None:
    private = call(Signalled(asserted="sip:+442079460000@far", private=True))
    assert numbers.caller(private, trunk()).address == WITHHELD


def test_a_call_to_no_user_keeps_its_address() -> None:
    assert numbers.called(call(), trunk(numbers={"country": "DE"})).number == "+4930111"
    to_host = CallInfo("0" * 32, "", "", "sip:192.0.2.9", "", 0.0)
    assert numbers.called(to_host, trunk()).address == "sip:192.0.2.9"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"numbers": {"country": "XX"}}, "unknown country 'XX'"),
        ({"numbers": {"send": "national"}}, "needs `country`"),
        ({"caller_id": {"number": "030123456"}}, "expected an E.164 number"),
        ({"numbers": {"rewrite_in": [{"match": r"(\d+)+x", "to": ""}]}}, "a group must not be repeated"),
        ({"numbers": {"rewrite_in": [{"match": r"(\d+)x", "to": r"\2"}]}}, "invalid group reference"),
        ({"username": "a\r\nVia: b"}, "expected one word"),
        ({"domain": "sip example"}, "expected one word"),
    ],
)
def test_rules_that_make_no_sense_are_refused(keys: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        trunk(**keys)
