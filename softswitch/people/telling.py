"""What an agent is told of a caller: the whisper before the talk, and headers of the INVITE to his phone."""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

WHISPER_LETTERS = 150
"""About ten seconds of speech."""
UUI_BYTES = 128
"""What User-to-User may carry everywhere: ISUP's limit (RFC 7434 section 3)."""
HEADER_LETTERS = 100


def whisper(template: str, known: Mapping[str, str]) -> str:
    """The template's sentences with what is known put in; a sentence that would have a gap is left out."""
    said = []
    for sentence in re.split(r"(?<=[.!?。])\s+", template.strip()):
        names = re.findall(r"\{(\w+)\}", sentence)
        if all(known.get(name, "").strip() for name in names):
            said.append(re.sub(r"\{(\w+)\}", lambda found: known[found[1]].strip().rstrip("."), sentence))
    return _short(" ".join(said), WHISPER_LETTERS)


def digits_apart(number: str) -> str:
    """A number as it is spoken, digit by digit; "" stays empty."""
    return " ".join(character for character in number if character.isdigit())


def link(template: str, known: Mapping[str, str]) -> str:
    """The address of the call's page; what is put in ends neither the address nor a level of it."""
    return re.sub(r"\{(\w+)\}", lambda found: quote(known.get(found[1], ""), safe=""), template)


def headers(call_id: str, queue: str, reason: str, link: str = "") -> tuple[tuple[str, str], ...]:
    """User-to-User (RFC 7433) with a small JSON object, the same as X- headers, which phones show, and the
    link as Call-Info (RFC 3261 section 20.9).
    """
    told = [
        ("User-to-User", f"{_user_to_user(call_id, queue, reason)};encoding=hex"),
        ("X-Softswitch-Call-Id", call_id),
        ("X-Softswitch-Queue", _header(queue)),
        ("X-Softswitch-Reason", _header(reason)),
        ("Call-Info", f"<{link}>;purpose=info" if link else ""),
    ]
    return tuple((name, value) for name, value in told if value)


def _user_to_user(call_id: str, queue: str, reason: str) -> str:
    """Hex; the reason is cut where the whole would be too long, then the queue."""
    told = {"call": call_id, "queue": queue, "reason": reason}
    while len(body := json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()) > UUI_BYTES:
        name = "reason" if told["reason"] else "queue"
        told[name] = told[name][: -max(1, (len(body) - UUI_BYTES) // 4)]
    return body.hex()


def _header(text: str) -> str:
    """Nothing in it ends the line or the header."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return _short(" ".join(plain.split()), HEADER_LETTERS)


def _short(text: str, letters: int) -> str:
    """At most so many letters, cut between words."""
    if len(text) <= letters:
        return text
    return text[:letters].rpartition(" ")[0].rstrip(",;: ") or text[:letters]
