"""What a test may hold the product to: the time that passed without what the machine withheld.

Tests run beside each other on machines of which nobody knows what else they do. A limit holds for the time
in which nothing waited for a processor or a disk: Linux tells that (Documentation/accounting/psi.rst), and
the kernel's `steal` what the host gave to others.
"""

import os
import time
from pathlib import Path

MOST = 0.75
"""No more of what passed than this is put down to the machine: a limit is stretched four times at most."""


def _withheld() -> float | None:
    """Seconds since the machine began; None where the kernel does not tell."""
    try:
        lines = [Path(f"/proc/pressure/{what}").read_text().split("\n")[0] for what in ("cpu", "io")]
    except OSError:
        return None
    stolen = int(Path("/proc/stat").read_text().split("\n")[0].split()[8]) / os.sysconf("SC_CLK_TCK")
    return stolen + sum(int(line.rpartition("total=")[2]) for line in lines) / 1e6


class Stopwatch:
    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), _withheld()

    @property
    def passed_s(self) -> float:
        return time.monotonic() - self._began

    @property
    def withheld_s(self) -> float:
        most, now = MOST * self.passed_s, _withheld()
        return most if now is None or self._before is None else min(most, now - self._before)

    @property
    def own_s(self) -> float:
        """What passed, less what the machine withheld."""
        return self.passed_s - self.withheld_s
