"""Which codecs a session description of ours lists (RFC 4566, RFC 3264): those of the call's trunk.

PJSIP lists every codec that any trunk of the node needs, in one order for all of them.
"""

import re
from collections.abc import Iterable, Sequence

STATIC = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000"}
"""Payload types that need no a=rtpmap (RFC 3551 section 6)."""
EVENTS = "telephone-event"
_FORMAT = re.compile(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+)\s")
_RTPMAP = re.compile(r"a=rtpmap:(\d+)\s+([^/\s]+)/(\d+)", re.I)


def choose(local: str, remote: str | None, codecs: Sequence[str]) -> str:
    """PJSIP's description `local` with only what the trunk's `codecs` (best first) allow.

    Without `remote` it is an offer: all of `codecs`, in their order, and telephone-event. With it it answers
    that offer: the first of `codecs` that the offer has, and telephone-event at its clock rate. An answer
    with nothing in common keeps the trunk's codecs, and PJSIP refuses the offer with 488.
    """
    offered = _offered(remote) if remote else None
    start, *media = re.split(r"(?m)^(?=m=)", local)
    return start + "".join(_choose_media(section, offered, codecs) for section in media)


def _choose_media(section: str, offered: set[str] | None, codecs: Sequence[str]) -> str:
    lines = section.splitlines()
    if not lines[0].startswith("m=audio "):
        return section
    wanted = [codec for codec in codecs if offered is None or codec.lower() in offered]
    kept = _payload_types(lines, wanted[:1] if offered is not None and wanted else codecs)
    if not kept:  # none of the trunk's codecs is in this build
        return section
    lines[0] = " ".join([*lines[0].split()[:3], *kept])
    return "".join(f"{line}\r\n" for line in lines if _is_of(line, kept))


def _payload_types(lines: list[str], codecs: Iterable[str]) -> list[str]:
    """Of these codecs, in this order, and of telephone-event at their clock rates."""
    formats = _formats(lines)
    kept = [number for codec in codecs for number, name in formats if name.split("/")[0] == codec.lower()]
    rates = {name.split("/")[1] for number, name in formats if number in kept}
    return kept + [
        number for number, name in formats if name.split("/")[0] == EVENTS and name.split("/")[1] in rates
    ]


def _formats(lines: list[str]) -> list[tuple[str, str]]:
    """Payload types of one m= section with "name/rate" in small letters, in the order of the m= line."""
    names = {
        **STATIC,
        **{found[1]: f"{found[2]}/{found[3]}" for line in lines if (found := _RTPMAP.match(line))},
    }
    return [(number, names[number].lower()) for number in lines[0].split()[3:] if number in names]


def _offered(remote: str) -> set[str]:
    """The names of all audio codecs of the far end's offer, in small letters."""
    sections = re.split(r"(?m)^(?=m=)", remote)[1:]
    audio = [section.splitlines() for section in sections if section.startswith("m=audio ")]
    return {name.split("/")[0] for lines in audio for _, name in _formats(lines)}


def _is_of(line: str, kept: list[str]) -> bool:
    found = _FORMAT.match(line)
    return found is None or found[1] in kept
