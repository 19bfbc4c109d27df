"""Where a REFER of a far end may lead, from its Refer-To. Pure.

Whoever is on the line could otherwise have this node call, and pay for, whom he likes: a URI has more ways to
say where it leads than its host (maddr, a Route among its headers). RFC 3261 section 19.1.5 leaves it to who
follows a URI which of its headers are sent; here these are the ones of an attended transfer.
"""

import re

HEADERS = frozenset({"replaces", "require", "referred-by"})
_REFER_TO = re.compile(
    r"""(?:"[^"<>\\]*"\s*|[\w .-]*)<(?P<enclosed>[^<>\s]*)>|(?P<bare>[^<>\s?;,"]*)""", re.ASCII
)
_URI = re.compile(
    r"""sips?:(?:[A-Za-z0-9_.!~*'()&=+$%-]{1,80}@)?
    (?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?P<port>:\d{1,5})?
    (?P<parameters>(?:;[A-Za-z0-9_.!~*'()+$%=-]+)*)(?:\?(?P<headers>[^?]*))?""",
    re.ASCII | re.VERBOSE | re.IGNORECASE,
)


def destination(refer_to: str) -> str | None:
    """The host and port ("192.0.2.1:5060", "[2001:db8::1]:5060") that the call would go to.

    None for a value that is no SIP URI, or has anything in it that could lead elsewhere.
    """
    value = _REFER_TO.fullmatch(refer_to.strip())
    uri = _URI.fullmatch(value["enclosed"] or value["bare"] or "") if value else None
    if uri is None:
        return None
    parameters = {part.partition("=")[0].lower() for part in uri["parameters"].split(";")}
    headers = {part.partition("=")[0].lower() for part in (uri["headers"] or "").split("&") if part}
    if "maddr" in parameters or not headers <= HEADERS:
        return None
    return f"{uri['host']}{uri['port'] or ':5060'}"
