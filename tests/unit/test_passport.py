"""Identity fields and certificates from anybody: whatever they hold, it is believed or rejected."""

import json
import string
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from figures.stir import CALLER, SPC, _encoded, identity, issue, numbers
from hypothesis import given
from hypothesis import strategies as st

from softswitch.trunks import certificates, passport
from softswitch.trunks.passport import Rejected

KEY = ec.generate_private_key(ec.SECP256R1())
X5U = "https://cr.example.com/cert.pem"
GOOD = identity(KEY, X5U)


def field(header: object, claims: object) -> str:
    parts = (_encoded(json.dumps(each).encode()) for each in (header, claims))
    return f"{'.'.join(parts)}.{_encoded(bytes(64))};info=<{X5U}>;alg=ES256;ppt=shaken"


def test_a_field_is_read_with_its_numbers_as_digits() -> None:
    found = passport.parse(identity(KEY, X5U, orig={"tn": "+44 (20) 7946-0000"}, attest="B"))
    assert (found.orig, found.attest, found.x5u) == (CALLER[1:], "B", X5U)
    assert len(found.signature) == 64


@pytest.mark.parametrize(
    "behind",
    [
        "info=<X>;alg=ES256;ppt=shaken",
        'info=<X>;ppt="shaken"',
        " info = <X> ; alg=ES256 ; ppt = shaken ; x=y",
    ],
)
def test_parameters_may_be_written_in_all_ways_of_the_standard(behind: str) -> None:
    token = GOOD.split(";")[0]
    read = f"{token};{behind.replace('X', X5U)}"
    assert passport.kind(read) == "shaken"
    assert passport.parse(read).x5u == X5U


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (f"..{'A' * 86};info=<{X5U}>;ppt=shaken", "the compact form is not supported"),
        (GOOD.replace("info=<https", "info=<http"), "x5u is not what info says"),
        (GOOD.replace(";alg=ES256", ";alg=RS256"), "alg is not ES256"),
        (GOOD.replace(".", "=.", 1), "the header is not base64url"),
        (GOOD + ";" + "x" * 9000, "longer than 8 KB"),
        (GOOD.replace("info=<", "info=<<"), "the header field cannot be read"),
        (field([], {}), "the header is no JSON object"),
        (field({"alg": "ES256", "typ": "passport", "ppt": "shaken", "x5u": X5U}, {"iat": 10**400}), "attest"),
    ],
)
def test_a_field_that_is_not_as_it_must_be_is_rejected(spoiled: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        passport.parse(spoiled)


@pytest.mark.parametrize("iat", [10**400, -1, 1.5, True, None, "1"])
def test_a_time_that_is_none_is_rejected(iat: object) -> None:
    with pytest.raises(Rejected, match="iat is no time"):
        passport.parse(identity(KEY, X5U, iat=iat))


def test_a_name_that_stands_twice_is_rejected() -> None:
    head, _, signature = GOOD.split(";")[0].split(".")
    twice = _encoded(b'{"attest":"C","attest":"A"}')
    with pytest.raises(Rejected, match="a name stands twice"):
        passport.parse(f"{head}.{twice}.{signature};info=<{X5U}>;ppt=shaken")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("tn", "uri")), inner),
    max_leaves=5,
)
CLAIMS = st.dictionaries(st.sampled_from(("attest", "orig", "dest", "iat", "origid")), JSON)
HEADER = st.dictionaries(st.sampled_from(("alg", "typ", "ppt", "x5u")), JSON)
TOKEN = string.ascii_letters + string.digits + '-_.;=<>" :/{}'


def read(text: str) -> None:
    with suppress(Rejected):
        passport.kind(text)
        found = passport.parse(text)
        passport.check(found, CALLER, CALLER, 1e9)


@given(st.text(max_size=300) | st.text(TOKEN, max_size=300))
def test_any_text_is_read_or_rejected(text: str) -> None:
    read(text)


@given(st.fixed_dictionaries({"alg": st.just("ES256"), "typ": st.just("passport")}) | HEADER, CLAIMS)
def test_any_claims_are_read_or_rejected(header: dict[str, Any], claims: dict[str, Any]) -> None:
    read(field({"ppt": "shaken", "x5u": X5U} | header, claims))


@given(st.integers(0, len(GOOD) - 1), st.text(TOKEN, max_size=3))
def test_a_field_with_a_change_anywhere_is_read_or_rejected(at: int, instead: str) -> None:
    read(GOOD[:at] + instead + GOOD[at + 1 :])


@given(st.text(max_size=60) | st.text(string.ascii_letters + ":/?#@[]%.0123456789", max_size=60))
def test_any_url_is_of_a_configured_host_or_rejected(text: str) -> None:
    for url in (text, f"https://{text}", f"https://cr.example.com{text}"):
        with suppress(Rejected):
            assert passport.certificate_url(url, ["cr.example.com"]).hostname == "cr.example.com"


@given(st.binary(max_size=60))
def test_any_bytes_are_a_certificate_or_rejected(data: bytes) -> None:
    for each in (data, b"-----BEGIN CERTIFICATE-----\n" + data):
        with suppress(Rejected):
            certificates.read(each)


SPOILED = st.builds(
    lambda at, byte: SPC[:at] + byte + SPC[at + 1 :], st.integers(0, len(SPC)), st.binary(max_size=2)
)


@given(st.binary(max_size=40) | SPOILED)
def test_any_list_of_numbers_is_read_or_rejected(tn_auth_list: bytes) -> None:
    with suppress(Rejected):
        certificates.check_number(issue("leaf", tn_auth_list=tn_auth_list).certificate, CALLER[1:])


@pytest.mark.parametrize(
    ("spans", "number", "holds"),
    [
        ([("442079460000", 1)], "442079460000", True),
        ([("442079460000", 1)], "442079460001", False),
        ([("442079460000", 10)], "442079460009", True),
        ([("442079460000", 10)], "442079460010", False),
        ([("442079460000", 10)], "44207946000", False),
        ([], "442079460000", False),
    ],
)
def test_a_certificate_is_for_the_numbers_it_names(
    spans: list[tuple[str, int]], number: str, holds: bool
) -> None:
    certificate = issue("leaf", tn_auth_list=numbers(*spans)).certificate
    if holds:
        certificates.check_number(certificate, number)
    else:
        with pytest.raises(Rejected, match="not for orig"):
            certificates.check_number(certificate, number)
