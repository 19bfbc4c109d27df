"""Phone numbers: E.164 from any notation, read out in groups, and patterns of routes."""

import time

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.dialplan import globs
from softswitch.dialplan.numbers import NumberPattern, spoken_groups
from softswitch.e164 import check_country, e164, user_part

LONDON = "+442079460000"


@pytest.mark.parametrize(
    "text",
    [
        "+442079460000",
        "+44 20 7946 0000",
        "+44 (0)20 7946-0000",
        "020 7946 0000",
        "(020) 7946-0000",
        "0044 20 7946 0000",
        "442079460000",
        "sip:+442079460000@host;user=phone",
        "sip:02079460000@host:5060",
        "sips:%2B442079460000@host",
        "sip:+442079460000;isub=1:pw@host",
        '"Ann <x>" <sip:+442079460000@host>;tag=1',
        "tel:+44-20-7946-0000",
        "tel:7946-0000;phone-context=+4420",
        "tel:020-7946-0000;phone-context=example.com",
    ],
)
def test_every_notation_is_the_same_number(text: str) -> None:
    assert e164(text, "GB") == LONDON


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0044 20 7946 0000", "US", LONDON),
        ("011 44 20 7946 0000", "US", LONDON),
        ("(202) 555-0123", "US", "+12025550123"),
        ("1 202 555 0123", "US", "+12025550123"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("030 901820", "DE", "+4930901820"),
        ("01632 960123", "GB", "+441632960123"),
    ],
)
def test_numbers_are_read_as_their_country_writes_them(text: str, country: str, number: str) -> None:
    assert e164(text, country) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "1000",
        "100",
        "999",
        "+44",
        "+44 12",
        "bob02079460000",
        "sip:host",
        "sip:alice@host",
        "1" * 5000,
    ],
)
@pytest.mark.parametrize("country", ["GB", "DE"])
def test_what_is_no_number(text: str, country: str) -> None:
    assert e164(text, country) == ""


@settings(deadline=None)
@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_e164_of_each_country_comes_back_from_its_own_notations(country: str) -> None:
    example = phonenumbers.example_number(country)
    expected = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    international = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert e164(expected, "GB") == e164(international, country) == expected
    assert NumberPattern.parse(international, country).matches(f"sip:{expected}@host")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_number_or_none(text: str) -> None:
    number = e164(text, "GB")
    assert number == "" or e164(number, "US") == number
    spoken_groups(text)


@pytest.mark.parametrize(
    ("number", "groups"),
    [
        (LONDON, "0 2 0, 7 9 4 6, 0 0 0 0"),
        ("+12025550123", "2 0 2, 5 5 5, 0 1 2 3"),
        ("1001", "1 0 0 1"),
        ("12345", "1 2 3, 4 5"),
        ("1234567", "1 2 3, 4 5 6 7"),
        ("alice", ""),
    ],
)
def test_numbers_are_read_out_in_groups(number: str, groups: str) -> None:
    assert spoken_groups(number) == groups


@pytest.mark.parametrize(
    ("pattern", "country", "address", "matches"),
    [
        ("020 7946 0000", "GB", "sip:+442079460000@host", True),
        ("020 7946 0000", "GB", "+442079460001", False),
        ("+442079460000", "US", "tel:+44-20-7946-0000", True),
        ("+44*", "GB", "02079460000", True),
        ("+44*", "GB", "+33123456789", False),
        ("+44*", "GB", "sip:alice@host", False),
        ("+44 20*", "DE", LONDON, True),
        ("0044*", "GB", LONDON, True),
        ("+*", "GB", LONDON, True),
        ("+*", "GB", "1001", False),
        ("020*", "GB", "sip:+442079460000@host", True),
        ("020*", "GB", "+441632960123", False),
        ("06*", "IT", "+390612345678", True),
        ("8495*", "RU", "+74951234567", True),
        ("10*", "GB", "sip:1001@host", True),
        ("10*", "GB", "sip:2001@host", False),
        ("10*", "US", "1001", True),
        ("1001", "GB", "sip:1001@host", True),
        ("1001", "GB", "sip:10011@host", False),
        ("alice", "GB", "sip:Alice@host", True),
        ("alice", "GB", "sip:alice2@host", False),
        ("sales-*", "GB", "sip:sales-north@host", True),
        ("*", "GB", "sip:anonymous@anonymous.invalid", True),
        ("anonymous", "GB", "sip:anonymous@anonymous.invalid", True),
        ("Anonymous", "GB", "sip:host", True),
        ("anonymous", "GB", LONDON, False),
    ],
)
def test_patterns(pattern: str, country: str, address: str, matches: bool) -> None:
    assert NumberPattern.parse(pattern, country).matches(address) == matches


@pytest.mark.parametrize(
    ("pattern", "address", "why"),
    [
        ("020*", "sip:02079460000@host", "+442079460000 begins with +4420"),
        ("020*", "sip:+33123456789@host", "+33123456789 does not begin with +4420"),
        ("+44*", "sip:alice@host", "'alice' does not begin with +44"),
        ("020 7946 0000", "+441632960123", "+441632960123 is not +442079460000"),
        ("10*", "sip:1001@host", "'1001' is 10*"),
        ("anonymous", "sip:host", "a call without a number is anonymous"),
        ("anonymous", "1001", "'1001' is not anonymous"),
    ],
)
def test_why(pattern: str, address: str, why: str) -> None:
    assert NumberPattern.parse(pattern, "GB").why(address) == why


@pytest.mark.parametrize("text", ["", "+44 12", "+", "two words", "+44x*", "alice@host", "x" * 200])
def test_a_pattern_that_is_none_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"no number of GB and no user name; expected a number such as"):
        NumberPattern.parse(text, "GB")


def test_an_unknown_country_is_refused() -> None:
    assert check_country("gb") == "GB"
    with pytest.raises(ValueError, match="unknown country 'UK'; expected its code of two letters"):
        NumberPattern.parse("+44*", "UK")


@settings(deadline=None)
@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="abA", max_size=10))
def test_globs_match_as_their_definition_says(pattern: str, text: str) -> None:
    def defined(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(defined(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
        return text[:1].lower() == pattern[0] and defined(pattern[1:], text[1:])

    assert globs.matches(pattern, text) == defined(pattern, text)


def test_a_caller_cannot_make_matching_slow() -> None:
    pattern = NumberPattern.parse("*a" * 60 + "b", "GB")
    started = time.perf_counter()
    assert not pattern.matches("a" * 60_000)
    assert user_part("<" * 60_000) == ""
    assert time.perf_counter() - started < 1
