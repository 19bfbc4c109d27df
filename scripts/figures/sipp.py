"""SIPp as the crowd of callers: runs a scenario at a rate, and says how many of its calls went wrong."""

import csv
import random
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from figures.figure import Workshop
from figures.node import Node, free_port
from softswitch.errors import SoftswitchError

SCENARIOS = Path(__file__).parent / "sipp"
MARGIN_S = 20.0
"""How much longer than planned a run may take, retransmissions included."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SIPp counted. `refused` holds the first lines of what it did not expect."""

    succeeded: int
    failed: int
    retransmissions: int
    refused: str

    @property
    def clean(self) -> bool:
        return not self.failed and not self.refused


class Crowd:
    """`calls` calls, `rate` new ones per second, each up for `seconds`. Start, then wait for the outcome.

    Without a scenario it is SIPp's own caller, whose offer is PCMU and who sends no audio.
    """

    def __init__(
        self,
        workshop: Workshop,
        node: Node,
        *,
        calls: int,
        rate: float,
        seconds: float,
        scenario: str = "",
        address: str = "127.0.0.1",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """`more` are the scenario's own keywords."""
        program = shutil.which("sipp")
        if not program:
            raise SoftswitchError("SIPp is missing; run: apt-get install sip-tester")
        self._folder = workshop.folder / f"sipp-{free_port()}"
        self._folder.mkdir()
        self._limit_s = calls / rate + seconds + MARGIN_S
        chosen = ["-sf", str(SCENARIOS / f"{scenario}.xml")] if scenario else ["-sn", "uac"]
        if scenario == "promised":
            chosen += ["-inf", "callers.csv", "-trace_logs", "-log_file", "noted.log"]
        for name, value in (more or {}).items():
            chosen += ["-key", name, value]
        self._command = [
            program,
            *chosen,
            *("-i", address, "-p", str(free_port()), "-mp", str(_media_port())),
            *("-r", f"{rate:g}", "-m", str(calls), "-l", str(calls), "-d", str(round(seconds * 1000))),
            *("-nostdin", "-trace_stat", "-stf", "stat.csv", "-fd", "1"),
            *("-trace_err", "-error_file", "errors.log", "-timeout", f"{self._limit_s:.0f}s"),
            f"127.0.0.1:{node.sip_port}",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """SIPp's working folder, for files that the scenario names."""
        return self._folder

    def start(self) -> None:
        with (self._folder / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, stdout=screen, stderr=screen, stdin=subprocess.DEVNULL
            )

    def wait(self) -> Outcome:
        assert self._process
        try:
            self._process.wait(self._limit_s + MARGIN_S)
        except subprocess.TimeoutExpired:
            self.stop()
            raise SoftswitchError("SIPp did not come to an end") from None
        return self._outcome()

    def stop(self) -> None:
        """End it at once, its calls unfinished."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def end_of_calls(self) -> None:
        """No new ones; returns when those that are up have ended."""
        assert self._process
        self._process.send_signal(signal.SIGUSR1)
        self._process.wait(MARGIN_S)

    def noted(self) -> list[str]:
        """What the scenario has logged, a line each."""
        return (self._folder / "noted.log").read_text().split()

    def _outcome(self) -> Outcome:
        try:
            with (self._folder / "stat.csv").open(newline="") as file:
                last = list(csv.DictReader(file, delimiter=";"))[-1]
        except (OSError, IndexError):
            said = (self._folder / "screen.log").read_text(errors="replace")[-500:]
            raise SoftswitchError(f"SIPp made no calls: {said}") from None
        log = self._folder / "errors.log"
        return Outcome(
            int(last["SuccessfulCall(C)"]),
            int(last["FailedCall(C)"]),
            int(last["Retransmissions(C)"]),
            log.read_text(errors="replace")[:500] if log.exists() else "",
        )


def _media_port() -> int:
    """The first of SIPp's media ports: it counts upwards from here, as another one does from elsewhere."""
    return random.randrange(30_000, 60_000, 500)
