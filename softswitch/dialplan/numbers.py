"""Phone numbers in dialplans: how a number is read out, and the patterns of routes."""

import re
from dataclasses import dataclass
from typing import Literal, Self

import phonenumbers
from phonenumbers import PhoneNumberFormat

from softswitch.dialplan import globs
from softswitch.e164 import ANONYMOUS, MAX_LENGTH, check_country, e164, phone_number, trunk_prefix, user_part

USER = re.compile(r"[A-Za-z0-9_.!~'()&=$,;?/*#-]+")
"""A SIP user name (RFC 3261 section 25.1) with `*` for anything."""

EXPECTED = (
    "expected a number such as +442079460000, the beginning of one such as +44*, 'anonymous', "
    "or a user name such as alice or 10*"
)


def spoken_groups(number: str) -> str:
    """How a number is read out: digit by digit, in the groups of its own country ("0 2 0, 7 9 4 6, 0 0 0 0").

    `number` is E.164; of anything else the digits are read in threes, the last group having up to four.
    """
    parsed = phone_number(number, "") if number.startswith("+") else None
    if parsed:
        groups = re.findall(r"[0-9]+", phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    else:
        groups = re.findall(r"[0-9]{4}$|[0-9]{1,3}", "".join(re.findall(r"[0-9]", number)))
    return ", ".join(" ".join(group) for group in groups)


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """Which numbers a route takes, as its author wrote it. Made by `parse`."""

    text: str
    country: str
    kind: Literal["number", "beginning", "user", "anonymous"]
    wanted: str
    """E.164 for a number, its first digits with `+` for a beginning, the user name with `*`."""

    @classmethod
    def parse(cls, text: str, country: str) -> Self:
        """A pattern from an author's text, national notation read as in `country`. Raises ValueError.

        An exact number in any notation; `+44*` or `020*` for all that begin so; `anonymous`; anything else is
        a user name as dialled, in which `*` stands for anything.
        """
        country = check_country(country)
        text = text.strip()
        if text.lower() == "anonymous":
            return cls(text, country, "anonymous", "")
        if number := e164(text, country):
            return cls(text, country, "number", number)
        if beginning := _beginning(text, country):
            return cls(text, country, "beginning", beginning)
        if len(text) > MAX_LENGTH or not USER.fullmatch(text):
            raise ValueError(f"'{text}' is no number of {country} and no user name; {EXPECTED}")
        return cls(text, country, "user", text)

    def matches(self, address: str) -> bool:
        """`address` is a SIP or tel URI, a number in any notation, or a user name."""
        if self.kind == "anonymous":
            return user_part(address).lower() in ANONYMOUS
        if self.kind == "user":
            return globs.matches(self.wanted, user_part(address))
        number = e164(address, self.country)
        return number == self.wanted if self.kind == "number" else number.startswith(self.wanted)

    def why(self, address: str) -> str:
        """One plain sentence, without its full stop, why it matches or not."""
        shown = e164(address, self.country) if self.kind in ("number", "beginning") else ""
        shown = shown or user_part(address)
        told = f"'{shown}'" if shown and not shown.startswith("+") else shown or "a call without a number"
        negated = "" if self.matches(address) else " not"
        if self.kind == "anonymous":
            return f"{told} is{negated} anonymous"
        if self.kind == "beginning":
            return (
                f"{told} begins with {self.wanted}"
                if not negated
                else f"{told} does not begin with {self.wanted}"
            )
        return f"{told} is{negated} {self.wanted}"


def _beginning(text: str, country: str) -> str:
    """The first digits of E.164 that `+44*`, `0044*` or `020*` means; "" when it is no beginning of a number.

    Trunk prefixes other than 0 (1 in North America, 8 in Russia) need three digits behind them, because 10*
    is rather an extension.
    """
    if not text.endswith("*") or not re.fullmatch(r"\+?[0-9 ()./-]*", text[:-1]):
        return ""
    digits = re.sub(r"[^0-9+]", "", text[:-1])
    if digits.startswith(("+", "00")):
        return "+" + digits.removeprefix("+" if digits.startswith("+") else "00")
    code = f"+{phonenumbers.country_code_for_region(country)}"
    prefix = trunk_prefix(country)
    if prefix and digits.startswith(prefix) and (prefix.startswith("0") or len(digits) >= len(prefix) + 3):
        return code + digits.removeprefix(prefix)
    # Italy, among others, has numbers whose own first digit is 0.
    return code + digits if digits.startswith("0") else ""
