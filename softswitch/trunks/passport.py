"""Signed caller identities as they arrive: an Identity header field (RFC 8224), the PASSporT in it (RFC 8225)
and what "shaken" says of it (RFC 8588). Pure: certificates are fetched and their chains verified elsewhere.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

FRESH_S = 60.0
"""RFC 8224 section 6.2.2: an `iat` that is further away is stale, or stolen."""
LATEST = 1 << 40
MOST_BYTES = 8192
MOST_NUMBERS = 50
ATTESTATIONS = ("A", "B", "C")
PARAMETER = re.compile(r'\s*([A-Za-z0-9-]+)\s*=\s*(?:"([^"]*)"|<([^<>]*)>|([^\s;"<>]+))\s*')


class Rejected(ValueError):
    """Why an identity is not believed, in a few words."""


@dataclass(frozen=True, slots=True)
class Passport:
    """What an Identity header field says, before anything of it is believed.

    Numbers are canonical (RFC 8224 section 8.3): digits, `*` and `#`. `iat` is Unix seconds; `signature` is
    over `signed`, r and s of ES256 one after the other.
    """

    attest: str
    orig: str
    dest: tuple[str, ...]
    iat: int
    origid: str
    x5u: str
    signed: bytes
    signature: bytes


def kind(field: str) -> str:
    """The extension (`ppt`) that a header field announces, "" for none: only "shaken" is of use here."""
    _, parameters = _split(field)
    return parameters.get("ppt", "").lower()


def parse(field: str) -> Passport:
    """An Identity header field in full form, with the extension "shaken". Raises Rejected."""
    if len(field) > MOST_BYTES:
        raise Rejected("longer than 8 KB")
    token, parameters = _split(field)
    head, payload, signature = _three(token)
    header, claims = _object(head, "header"), _object(payload, "payload")
    x5u = _checked_header(header, parameters)
    return Passport(
        attest=_attest(claims),
        orig=_number(_mapping(claims, "orig").get("tn"), "orig"),
        dest=_numbers(_mapping(claims, "dest").get("tn")),
        iat=_time(claims),
        origid=str(claims.get("origid", ""))[:64],
        x5u=x5u,
        signed=f"{head}.{payload}".encode(),
        signature=_decoded(signature, "signature"),
    )


def canonical(number: str) -> str:
    """RFC 8224 section 8.3: without visual separators and the plus."""
    return re.sub(r"[^0-9*#]", "", number)


def check(passport: Passport, caller: str, called: str, now: float) -> None:
    """That it is fresh, and about this call: who calls whom as E.164, "" for no number. Raises Rejected."""
    if abs(now - passport.iat) > FRESH_S:
        raise Rejected(f"iat is {now - passport.iat:+.0f} s away from now")
    if not caller or passport.orig != canonical(caller):
        raise Rejected("orig is not who calls")
    if not called or canonical(called) not in passport.dest:
        raise Rejected("dest is not who is called")


def check_signature(passport: Passport, certificate: x509.Certificate) -> None:
    """ES256 (RFC 7518 section 3.4), nothing else. Raises Rejected."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Rejected("the certificate's key is not of P-256")
    if len(passport.signature) != 64:
        raise Rejected("the signature is not of ES256")
    r, s = (int.from_bytes(half, "big") for half in (passport.signature[:32], passport.signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), passport.signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Rejected("the signature is wrong") from None


def certificate_url(x5u: str, hosts: Collection[str]) -> SplitResult:
    """Where the certificate is: at one of `hosts` (`name` or `name:port`), by HTTPS. Raises Rejected."""
    try:
        url = urlsplit(x5u)
        port = url.port or 443
    except ValueError:
        raise Rejected("x5u is no URL") from None
    if url.scheme != "https" or not url.hostname or "@" in url.netloc or url.query or url.fragment:
        raise Rejected("x5u is no plain https URL")
    if not re.fullmatch(r"[!-~]*", x5u):
        raise Rejected("x5u is no URL")
    at = f"{url.hostname}:{port}"
    if at not in {host.lower() if ":" in host else f"{host.lower()}:443" for host in hosts}:
        raise Rejected("x5u is at a host that is not configured")
    return url


# --- the header field -------------------------------------------------------------------------------------


def _split(field: str) -> tuple[str, Mapping[str, str]]:
    """The token, and the parameters behind it."""
    token, *rest = field.strip().split(";", 1)
    parameters: dict[str, str] = {}
    for part in _parts(rest[0]) if rest else ():
        if not (found := PARAMETER.fullmatch(part)):
            raise Rejected("the header field cannot be read")
        name, *values = found.groups()
        parameters[name.lower()] = next(value for value in values if value is not None)
    return token.strip(), parameters


def _parts(text: str) -> list[str]:
    """Parameters, parted by semicolons that are in no quotes and no angle brackets."""
    return re.findall(r'(?:"[^"]*"|<[^<>]*>|[^;"<>])+', text)


def _three(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) == 3 and not (parts[0] or parts[1]):
        raise Rejected("the compact form is not supported")
    if len(parts) != 3 or not all(parts):
        raise Rejected("it is no PASSporT")
    return parts[0], parts[1], parts[2]


def _checked_header(header: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    """The URL of the certificate, from a header whose every word is as it must be."""
    if header.get("alg") != "ES256" or parameters.get("alg", "ES256") != "ES256":
        raise Rejected("alg is not ES256")
    if header.get("typ") != "passport":
        raise Rejected("typ is not passport")
    if header.get("ppt") != "shaken" or parameters.get("ppt", "").lower() != "shaken":
        raise Rejected("ppt is not shaken")
    if "crit" in header:
        raise Rejected("it needs an extension that is not known")
    x5u = header.get("x5u")
    if not isinstance(x5u, str) or x5u != parameters.get("info"):
        raise Rejected("x5u is not what info says")
    return x5u


# --- the claims ---------------------------------------------------------------------------------------------


def _attest(claims: Mapping[str, Any]) -> str:
    attest = claims.get("attest")
    if attest not in ATTESTATIONS:
        raise Rejected("attest is not A, B or C")
    return str(attest)


def _time(claims: Mapping[str, Any]) -> int:
    iat = claims.get("iat")
    if type(iat) is not int or not 0 <= iat <= LATEST:
        raise Rejected("iat is no time")
    return iat


def _mapping(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    if not isinstance(value, dict):
        raise Rejected(f"{name} is missing")
    return value


def _numbers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_NUMBERS:
        raise Rejected("dest has no numbers")
    return tuple(_number(each, "dest") for each in value)


def _number(value: object, name: str) -> str:
    number = canonical(value) if isinstance(value, str) and len(value) <= 40 else ""
    if not number:
        raise Rejected(f"{name} has no number")
    return number


# --- the token ----------------------------------------------------------------------------------------------


def _decoded(part: str, name: str) -> bytes:
    """base64url without padding (RFC 7515 section 2)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
        raise Rejected(f"the {name} is not base64url")
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise Rejected(f"the {name} is not base64url") from None


def _object(part: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_decoded(part, name), object_pairs_hook=_without_doubles, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, Rejected) else Rejected(f"the {name} is no JSON") from None
    if not isinstance(found, dict):
        raise Rejected(f"the {name} is no JSON object")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two of a name could mean one thing here and another elsewhere."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a name stands twice")
    return found


def _constant(name: str) -> NoReturn:
    raise Rejected(f"{name} is no JSON")
