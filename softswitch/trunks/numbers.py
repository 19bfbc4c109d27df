"""Numbers on a trunk: what arrives becomes E.164, what is dialled and shown becomes what the far end takes.

Each answer carries its trail: one plain sentence, without its full stop, for each rule that was tried.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import phonenumbers
from phonenumbers import PhoneNumberFormat

from softswitch.e164 import ANONYMOUS, MAX_LENGTH, e164, trunk_prefix, user_part
from softswitch.events import CallInfo
from softswitch.trunks.settings import Numbers, Rewrite, Trunk

WITHHELD = "sip:anonymous@anonymous.invalid"
"""How a caller without a number is written (RFC 3323 section 4.1.1.3)."""
Trail = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """`number` is E.164, "" where there is none. `address` is what stands for it then: the user name as the
    rules made it, or WITHHELD; it is the number where there is one.
    """

    number: str
    address: str
    trail: Trail = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """`user` goes into the URI (RFC 3261 section 19.1); `number` is what it stands for, E.164 or ""."""

    number: str
    user: str
    trail: Trail = ()


def incoming(address: str, rules: Numbers) -> Reading:
    """A SIP or tel URI, or a number as it arrives: the first rule that fits, then the country's notation."""
    user = user_part(address)
    if user.lower() in ANONYMOUS:
        return Reading("", WITHHELD, (f"'{user}' withholds the number",))
    if len(user) > MAX_LENGTH:
        return Reading("", address, (f"longer than {MAX_LENGTH} characters: no number",))
    rewritten, trail = _rewritten(user, rules.rewrite_in, "rewrite_in")
    text = user if rewritten is None else rewritten
    number, told = _number(text, rules)
    return Reading(number, number or text or address, (*trail, told))


def outgoing(number: str, rules: Numbers) -> Sent:
    """A number to be dialled, E.164 or an extension: the first rule that fits, else the form of `send`."""
    rewritten, trail = _rewritten(number, rules.rewrite_out, "rewrite_out")
    if rewritten is not None:
        return Sent(number, rewritten, trail)
    user, told = _formatted(number, rules)
    return Sent(number, user, (*trail, told))


def shown(wanted: str, trunk: Trunk) -> Sent:
    """The number that an outbound call shows, and the user of From: the one wanted ("" for none in
    particular) where the trunk allows it, else the trunk's own; without that the trunk's user name.
    """
    rules = trunk.caller_id
    number, trail = e164(wanted, trunk.numbers.country), list[str]()
    if number and (number == rules.number or number.startswith(rules.allowed)):
        trail.append(f"{number} may be shown")
    else:
        if wanted:
            why = "may not be shown: caller_id.allowed has no beginning of it" if number else "is no number"
            trail.append(f"{number or repr(wanted)} {why}")
        number = e164(rules.number, trunk.numbers.country)
        trail.append(f"caller_id.number is {number or 'not set'}")
    if not number:
        trail.append(f"username is {trunk.username or 'not set'}")
        return Sent("", trunk.username, tuple(trail))
    user, told = _formatted(number, trunk.numbers)
    return Sent(number, user, (*trail, told))


def caller(info: CallInfo, trunk: Trunk) -> Reading:
    """Who calls: withheld where he wants that (RFC 3323), else as the trunk asserts (RFC 3325) if it is
    trusted, else From.
    """
    signalled = info.signalled
    if signalled and signalled.private:
        return Reading("", WITHHELD, ("Privacy withholds the number",))
    asserted = signalled.asserted if signalled and trunk.caller_id.trust else ""
    return incoming(asserted or info.from_uri, trunk.numbers)


def discreet(info: CallInfo) -> CallInfo:
    """What may be kept and told of a call: without its caller, where he wants that (RFC 3323 section 4.2).

    What a network asserts of such a caller stays within those that trust each other (RFC 3325 section 7),
    and records and events go farther; signed identities name him, too.
    """
    if info.signalled is None or not info.signalled.private:
        return info
    return replace(info, from_uri=WITHHELD, signalled=replace(info.signalled, asserted="", identity=()))


def called(info: CallInfo, trunk: Trunk) -> Reading:
    """Who is called; a call to no user at all keeps the address that it came to."""
    reading = incoming(info.to_uri, trunk.numbers)
    return reading if reading.address != WITHHELD else Reading("", info.to_uri, reading.trail)


def diverted_from(info: CallInfo, trunk: Trunk) -> Reading:
    """Whose call was forwarded here (RFC 5806); no number where none was, or the trunk is not trusted."""
    diverted = info.signalled.diverted_from if info.signalled and trunk.caller_id.trust else ""
    return incoming(diverted, trunk.numbers) if diverted else Reading("", "")


def _rewritten(text: str, rules: Sequence[Rewrite], key: str) -> tuple[str | None, Trail]:
    """What the first rule that fits makes of it, None when none does."""
    trail: list[str] = []
    for number, rule in enumerate(rules, 1):
        if found := re.fullmatch(rule.match, text):
            result = found.expand(rule.to)
            return result, (*trail, f"{key} {number} '{rule.match}' fits: {result}")
        trail.append(f"{key} {number} '{rule.match}' does not fit")
    return None, tuple(trail)


def _number(text: str, rules: Numbers) -> tuple[str, str]:
    """E.164, and how it was read. Where the trunk writes so, digits without any prefix are international:
    first of all where national numbers begin with 0, and elsewhere when they are no national number.
    """
    plain = e164(f"+{text}", "") if rules.send == "plain" and re.fullmatch("[1-9][0-9]+", text) else ""
    national = "" if plain and trunk_prefix(rules.country) == "0" else e164(text, rules.country)
    if national:
        notation = rules.country if rules.country and not text.startswith(("+", "00")) else "international"
        return national, f"{text} is {national} ({notation} notation)"
    if plain:
        return plain, f"{text} is {plain} (send: plain, so digits alone are international)"
    why = f" of {rules.country}" if rules.country else ": numbers.country is not set"
    return "", f"'{text}' is no number{why}"


def _formatted(number: str, rules: Numbers) -> tuple[str, str]:
    if not number.startswith("+"):
        return number, f"'{number}' is not E.164: sent as it is"
    match rules.send:
        case "plain":
            sent = number[1:]
        case "national":
            sent = _national(number, rules.country)
        case _:
            sent = number
    return sent, f"send: {rules.send} makes it {sent}"


def _national(number: str, country: str) -> str:
    """As it is dialled in that country, with its international prefix for numbers of others."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code == phonenumbers.country_code_for_region(country):
        written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    else:
        written = phonenumbers.format_out_of_country_calling_number(parsed, country)
    return re.sub(r"[^0-9+]", "", written)
