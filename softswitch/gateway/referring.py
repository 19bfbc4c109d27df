"""Where a REFER of a far end may lead, from its Refer-To. Pure.

Whoever is on the line could otherwise have this node call, and pay for, whom he likes: a URI has more ways to
say where it leads than its host (maddr, a Route among its headers), and at a trunk's host its user may be any
number in the world. RFC 3261 section 19.1.5 leaves it to who follows a URI which of its headers are sent;
here these are the ones of an attended transfer.
"""

import re
from urllib.parse import unquote

from softswitch.sections.dialing import Dialing
from softswitch.trunks import guarding, numbers
from softswitch.trunks.settings import Numbers, Trunk

LONGEST_EXTENSION = 5
"""Digits: whatever is longer is taken for a number of the telephone network."""
HEADERS = frozenset({"replaces", "require", "referred-by"})
_REFER_TO = re.compile(
    r"""(?:"[^"<>\\]*"\s*|[\w .-]*)<(?P<enclosed>[^<>\s]*)>|(?P<bare>[^<>\s?;,"]*)""", re.ASCII
)
_URI = re.compile(
    r"""sips?:(?:(?P<user>[A-Za-z0-9_.!~*'()&=+$%-]{1,80})@)?
    (?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?P<port>:\d{1,5})?
    (?P<parameters>(?:;[A-Za-z0-9_.!~*'()+$%=-]+)*)(?:\?(?P<headers>[^?]*))?""",
    re.ASCII | re.VERBOSE | re.IGNORECASE,
)


def destination(refer_to: str) -> str | None:
    """The host and port ("192.0.2.1:5060", "[2001:db8::1]:5060") that the call would go to.

    None for a value that is no SIP URI, or has anything in it that could lead elsewhere.
    """
    uri = _uri(refer_to)
    if uri is None:
        return None
    parameters = {part.partition("=")[0].lower() for part in uri["parameters"].split(";")}
    headers = {part.partition("=")[0].lower() for part in (uri["headers"] or "").split("&") if part}
    if "maddr" in parameters or not headers <= HEADERS:
        return None
    return f"{uri['host']}{uri['port'] or ':5060'}"


def dialled(refer_to: str) -> str:
    """The user of its URI where that is something to dial: whatever has no letter in it. "" for a name."""
    uri = _uri(refer_to)
    user = unquote(uri["user"] or "") if uri else ""
    return "" if re.search(r"[A-Za-z]", user) else user


def number(user: str, trunk: Trunk | None) -> str | None:
    """What is dialled there as E.164; "" for an extension of a PBX, None for what cannot be told. Without a
    `trunk` it is dialled at a host of `sip.allow`.
    """
    if found := numbers.incoming(user, trunk.numbers if trunk else Numbers()).number:
        return found
    of_pbx = trunk is None or trunk.kind == "extension"
    return "" if of_pbx and len(user) <= LONGEST_EXTENSION else None


def may_be_dialled(user: str, trunk: Trunk | None, settings: Dialing) -> bool:
    """Whether whoever pays for it wants that dialled; see `number`."""
    found = number(user, trunk)
    return found == "" or bool(found and not guarding.forbidden(found, settings))


def _uri(refer_to: str) -> re.Match[str] | None:
    value = _REFER_TO.fullmatch(refer_to.strip())
    return _URI.fullmatch(value["enclosed"] or value["bare"] or "") if value else None
