"""DTMF keys as they cross a call: read from SIP INFO, counted once, sent by whatever the trunk takes.

In-band tones are heard by control; they are sent here, in front of whatever plays.
"""

import math
import re
from array import array
from collections import deque
from functools import lru_cache

KEYS = "0123456789*#ABCD"
TONE_MS = 100
"""ITU-T Q.23 names no length; Q.24 wants 40 ms at least, and networks that lose packets want more."""
PAUSE_MS = 100
TONE_DBFS = -10.0
"""Each of the two tones: -7 dBm0 or so, as telephones send them (Q.23, ES 201 235-2)."""
_ROWS = (697, 770, 852, 941)
_COLUMNS = (1209, 1336, 1477, 1633)
_GRID = ("123A", "456B", "789C", "*0#D")
TWICE_S = 2.0
"""A key that comes by a second means within this time is the same key."""
_NAMED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Some phones name keys in INFO by their numbers of RFC 4733 section 3.2."""


def read_info(message: str) -> str:
    """The key of an INFO request with application/dtmf-relay or application/dtmf; "" when it holds none."""
    head, _, body = message.partition("\r\n\r\n")
    kind = re.search(r"^(?:Content-Type|c)\s*:\s*application/(dtmf-relay|dtmf)\b", head, re.M | re.I)
    if not kind:
        return ""
    if kind[1].lower() == "dtmf-relay":
        signal = re.search(r"^\s*Signal\s*=\s*(\S+)", body, re.M | re.I)
    else:
        signal = re.match(r"\s*(?:Signal\s*=\s*)?(\S+)", body, re.I)
    if not signal:
        return ""
    key = _NAMED.get(signal[1], signal[1].upper())
    return key if len(key) == 1 and key in KEYS else ""


class Pressed:
    """Keys that arrive, each once: some phones send every key by RFC 4733 and, when it is over, by INFO."""

    def __init__(self) -> None:
        self._alone: deque[tuple[str, str, float]] = deque(maxlen=32)
        """Keys, by what means they came and when, that have not come by another means yet."""

    def is_new(self, key: str, means: str, now: float) -> bool:
        if len(key) != 1 or key not in KEYS:
            return False
        for earlier in self._alone:
            if earlier[0] == key and earlier[1] != means and now - earlier[2] < TWICE_S:
                self._alone.remove(earlier)
                return False
        self._alone.append((key, means, now))
        return True


class Pending:
    """Keys that are still to be sent; more than a person would press at once are dropped."""

    MOST = 64

    def __init__(self) -> None:
        self._keys: deque[str] = deque()

    def add(self, digits: str) -> None:
        known = [key for key in digits.upper() if key in KEYS]
        self._keys.extend(known[: self.MOST - len(self._keys)])

    def take(self, most: int) -> str:
        return "".join(self._keys.popleft() for _ in range(min(most, len(self._keys))))


@lru_cache(maxsize=32)
def tone(key: str, clock_rate: int) -> bytes:
    """A key's two tones and the pause after it, as 16-bit PCM; a whole number of 20 ms frames."""
    row = next(index for index, line in enumerate(_GRID) if key in line)
    low, high = _ROWS[row], _COLUMNS[_GRID[row].index(key)]
    level = 32767 * 10 ** (TONE_DBFS / 20)
    step = 2 * math.pi / clock_rate
    samples = (
        round(level * (math.sin(step * low * at) + math.sin(step * high * at)))
        for at in range(clock_rate * TONE_MS // 1000)
    )
    return array("h", samples).tobytes() + bytes(2 * clock_rate * PAUSE_MS // 1000)
