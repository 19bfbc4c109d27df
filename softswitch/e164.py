"""E.164 numbers from what people and SIP write: any notation, SIP and tel URIs."""

import re
from urllib.parse import unquote

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

MAX_LENGTH = 128
"""Characters of a number or user name; whatever is longer is none."""

WRITTEN = re.compile(r"\+?[0-9()][0-9 ()./-]*")
"""A number as people write it. phonenumbers alone would also find one inside other words."""

ANONYMOUS = frozenset({"", "anonymous", "unavailable", "unknown", "restricted", "private"})
"""User names under which calls without a number arrive (RFC 3323 section 4.1 and what trunks write)."""


def check_country(country: str) -> str:
    """The ISO 3166 code of a country, in capitals. Raises ValueError when it is none that has numbers."""
    if country.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"unknown country '{country}'; expected its code of two letters, such as GB or US")
    return country.upper()


def user_part(address: str) -> str:
    """Who is called or calls: the user of `"Name" <sip:user;…@host;…>`, of `tel:`, or the text itself."""
    address = address.rpartition("<")[2].partition(">")[0].strip()
    scheme, colon, rest = address.partition(":")
    if not colon or scheme.lower() not in ("sip", "sips", "tel"):
        return address
    if scheme.lower() == "tel":
        return _global_tel(rest)
    user, at, _ = rest.rpartition("@")
    return unquote(re.split("[;:]", user)[0]) if at else ""


def e164(text: str, country: str) -> str:
    """The number as `+442079460000`, or "" when it is none.

    `text` is a SIP or tel URI, or a number in international notation (`+` or `00` in front) or that of the
    `country` (ISO 3166, two letters). Numbers in international notation need only the right length, because
    new ranges are used before every list of them is new; national ones must be in use, or begin with 0, so
    that an extension is taken for no number.
    """
    user = user_part(text)
    if len(user) > MAX_LENGTH or not WRITTEN.fullmatch(user):
        return ""
    number = phone_number(user, country)
    if number is None and user.startswith("00"):
        number = phone_number(f"+{user[2:].lstrip()}", country)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else ""


def _global_tel(rest: str) -> str:
    """RFC 3966: a local number is whole with its phone-context, where that is one of digits."""
    number, *parameters = rest.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.lower() == "phone-context" and value.startswith("+") and not number.startswith("+"):
            return value + number
    return number


def phone_number(text: str, country: str) -> PhoneNumber | None:
    """The number where it is one: possible in international notation, in use in that of the country."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    complete = text.startswith("+") or (text.startswith("0") and trunk_prefix(country).startswith("0"))
    return number if (possible and complete) or phonenumbers.is_valid_number(number) else None


def trunk_prefix(country: str) -> str:
    """What goes before a national number, such as 0; "" where nothing does."""
    metadata = PhoneMetadata.metadata_for_region(country, None) if country else None
    return (metadata.national_prefix or "") if metadata else ""
