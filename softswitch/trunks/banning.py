"""When a source of no trunk is met with silence. Pure: counts and times in, reasons out.

What a source sends is counted over `bans.window`; what a scanner sends counts ten times. Each ban of the
same source is twice as long as its last, a day at most.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from softswitch.sections.incoming import Bans
from softswitch.trunks.matching import Networks
from softswitch.values import DAY

SCANNERS = (
    *("friendly-scanner", "friendly-request", "sipvicious", "sipcli", "sundayddr", "sipsak", "iwar", "sivus"),
    *("vaxsipuseragent", "pplsip", "scan"),
)
"""What is found in the User-Agent of tools that look for open doors; SIPVicious calls itself the first."""
SCANNER_COUNTS = 10
MOST_SOURCES = 4096
"""That are counted; those that began to ask longest ago are forgotten first."""
OWN_ADDRESSES = ("127.0.0.1", "::1")
"""By these the machine speaks to itself: `softswitch doctor`, a local PBX. They are never banned."""


def is_scanner(user_agent: str) -> bool:
    lower = user_agent.lower()
    return any(name in lower for name in SCANNERS)


def duration(settings: Bans, times: int) -> float:
    """Seconds that the `times`th ban of a source holds, from 1 on."""
    longest = max(DAY, settings.duration)
    return float(min(longest, settings.duration * 2 ** min(times - 1, 30)))


def protected(never: Iterable[str]) -> Networks:
    """What is never banned, whatever it does: `bans.never` and this machine itself."""
    networks = Networks()
    for network in (*OWN_ADDRESSES, *never):
        networks.add(network)
    return networks


@dataclass
class Tally:
    """What unknown sources have sent; `seen` tells which are to be banned now."""

    settings: Bans
    _counts: "OrderedDict[str, tuple[float, float]]" = field(default_factory=OrderedDict)

    def seen(self, address: str, requests: int, user_agent: str, now: float) -> str:
        """The reason to ban this source from now on, "" for none. `now` in seconds on any clock."""
        scanner = is_scanner(user_agent)
        count, since = self._counts.pop(address, (0.0, now))
        if now - since >= self.settings.window:
            count, since = 0.0, now
        count += requests * (SCANNER_COUNTS if scanner else 1)
        if count >= self.settings.requests:
            return f"scanner {user_agent}" if scanner else f"{round(count)} requests of an unknown source"
        self._counts[address] = (count, since)
        while len(self._counts) > MOST_SOURCES:
            self._counts.popitem(last=False)
        return ""
