"""What an INVITE says about its caller beyond From, and what ours say (RFC 3323, 3325, 5806, 7044, 8224).

Pure: a message's text in, facts out. It is text from a network: whatever it holds, reading it never fails,
and what is not plainly one of the forms of the standards is not there.
"""

import re
from collections.abc import Iterator

from softswitch.events import Signalled
from softswitch.trunks.settings import CallerId

MOST_FIELDS = 400
MOST_IDENTITIES = 4
IDENTITY_BYTES = 8192
URI_LENGTH = 255
USER_AGENT_LENGTH = 200
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'

_COMPACT = {"y": "identity"}
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_URI = re.compile(r"(?:sips?:(?:[^\s<>\"@?;,]+@)?|tel:\+?)[!#-;=@-~]+", re.I)
_NUMBER = re.compile(r"(?:sips?|tel):\+?[0-9().-]{3,24}(?:[@;]|$)", re.I)
_PRIVATE = {"id", "user", "header"}


def read(message: str, trusted: bool) -> Signalled:
    """`trusted`: whether the trunk's word about its caller is taken. A wish for privacy always is."""
    fields = list(_fields(message))
    asserted = diverted = ""
    if trusted:
        asserted = _best(_uris(fields, "p-asserted-identity"))
        diverted = next(iter(_uris(fields, "diversion")), "") or _retargeted(_uris(fields, "history-info"))
    wishes = re.split(r"[;,\s]+", ";".join(_values(fields, "privacy")).lower())
    identities = (value for value in _values(fields, "identity") if _is_identity(value))
    agent = next(iter(_values(fields, "user-agent")), "")
    return Signalled(
        asserted=asserted,
        private=not _PRIVATE.isdisjoint(wishes),
        diverted_from=diverted,
        identity=tuple(identities)[:MOST_IDENTITIES],
        user_agent="".join(filter(str.isprintable, agent))[:USER_AGENT_LENGTH],
    )


def present(from_uri: str, rules: CallerId) -> tuple[str, tuple[tuple[str, str], ...]]:
    """From of an INVITE of ours, and the header fields beside it, as the trunk wants the number shown."""
    if rules.header == "from":
        return from_uri, ()
    return ANONYMOUS, (("P-Asserted-Identity", f"<{from_uri}>"), ("Privacy", "id"))


def _fields(message: str) -> Iterator[tuple[str, str]]:
    """Name (in small letters, the long form) and value of each header field; folded lines are one."""
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    lines = re.sub(r"\r?\n[ \t]+", " ", head).splitlines()[1:]
    for line in lines[:MOST_FIELDS]:
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon:
            yield _COMPACT.get(name, name), value.strip()


def _values(fields: list[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in fields if name == wanted]


def _uris(fields: list[tuple[str, str]], wanted: str) -> list[str]:
    """The URIs of all entries of a header field that is a list of addresses, without parameters of theirs."""
    found = []
    for value in _values(fields, wanted):
        bare = _QUOTED.sub("", value)
        if '"' in bare or bare.count("<") != bare.count(">"):
            continue
        for entry in re.findall(r"(?:<[^>]*>|[^,<])+", bare):
            enclosed = re.search(r"<([^>]*)>", entry)
            uri = (enclosed[1] if enclosed else entry.split(";")[0]).strip()
            uri = uri.split("?")[0]
            if len(uri) <= URI_LENGTH and _URI.fullmatch(uri):
                found.append(uri)
    return found


def _best(uris: list[str]) -> str:
    """Of a sip: and a tel: URI (RFC 3325 section 9.1 allows both) the one that has a telephone number."""
    return next((uri for uri in uris if _NUMBER.match(uri)), next(iter(uris), ""))


def _retargeted(history: list[str]) -> str:
    """Whom the call was for before its last change of target (RFC 7044)."""
    return history[-2] if len(history) > 1 else ""


def _is_identity(value: str) -> bool:
    return value.isascii() and value.isprintable() and 0 < len(value) <= IDENTITY_BYTES
