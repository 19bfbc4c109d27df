"""A node to measure: started on free loopback ports with a data folder of its own, and read from outside."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from figures.figure import Workshop
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import queries
from softswitch.store.queries import CallRecord

DIALPLANS = Path(__file__).parent / "dialplan"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
LOG_LINES = 15

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, seconds: float, every: float = 0.02) -> Found:
    """The first true value of `condition`. SoftswitchError when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise SoftswitchError(f"after {seconds:g} s still not so: {what}")
        time.sleep(every)
    return value


def free_port() -> int:
    """A port of loopback that nobody has, for UDP and TCP."""
    while True:
        with socket.socket(type=socket.SOCK_STREAM) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Node:
    """`with Node(workshop, "turns", "media.max_calls=5") as node:`.

    `dialplan` is a folder beside this file or a bundled dialplan. Nodes of one run share their prompts, so
    that only the first renders them. `busy` has a Python thread spin in control.
    """

    def __init__(self, workshop: Workshop, dialplan: str, *settings: str, busy: bool = False) -> None:
        self.sip_port = free_port()
        self._metrics_port = free_port()
        self._folder = workshop.folder / f"node-{self.sip_port}"
        self._folder.mkdir()
        prompts = workshop.folder / "prompts"
        prompts.mkdir(exist_ok=True)
        (self._folder / "prompts").symlink_to(prompts)
        plan = DIALPLANS / dialplan
        self._settings = [
            f"dialplan={plan if plan.is_dir() else dialplan}",
            f"sip.port={self.sip_port}",
            f"metrics.port={self._metrics_port}",
            f"media.rtp_port={random.randrange(10000, 28000, 2)}",
            f"data_dir={self._folder}",
            "drain_limit=0",
            *settings,
        ]
        self._busy = busy
        self._log = self._folder / "node.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start_s = 0.0

    def _command(self) -> list[str]:
        if self._busy:
            return [sys.executable, "-m", "figures.busy_node", *self._settings]
        sets = [part for setting in self._settings for part in ("--set", setting)]
        return [sys.executable, "-m", "softswitch", *sets, "serve"]

    def __enter__(self) -> Self:
        """Returns when the node is ready for calls; `start_s` is how long that took."""
        no_file = os.environ | {"SOFTSWITCH_CONFIG": str(self._folder / "none.yaml")}
        began = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, env=no_file)
        try:
            wait_for(self._is_ready, "the node is ready", START_LIMIT_S, every=0.01)
        except BaseException:
            self.__exit__()
            raise
        self.start_s = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it in order; what does not stop in time is killed with its children."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        pids = self._children()
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            for pid in (process.pid, *pids):
                os.kill(pid, signal.SIGKILL)
            process.wait()

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise SoftswitchError(f"the node did not start; it says:\n{self.log_end()}")
        try:
            with urllib.request.urlopen(self._url("/readyz"), timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def log_end(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._metrics_port}{path}"

    @property
    def uri(self) -> str:
        return f"sip:bench@127.0.0.1:{self.sip_port}"

    @property
    def prompts(self) -> Path:
        return self._folder / "prompts"

    # --- its processes --------------------------------------------------------------------------------

    @property
    def gateway_pid(self) -> int:
        return self._child("softswitch.gateway.process")

    @property
    def control_pid(self) -> int:
        return self._child("figures.busy_control" if self._busy else "softswitch.app")

    def _child(self, module: str) -> int:
        for pid in self._children():
            if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise SoftswitchError(f"{module} is not running; the node says:\n{self.log_end()}")

    def _children(self) -> list[int]:
        assert self._process
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    # --- what it says of itself -----------------------------------------------------------------------

    def metrics(self) -> dict[str, float]:
        """Every sample by its name and labels, as Prometheus writes them."""
        with urllib.request.urlopen(self._url("/metrics"), timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def calls_up(self) -> int:
        found = self.metrics()
        return round(sum(value for name, value in found.items() if name.startswith("softswitch_calls{")))

    @property
    def config(self) -> Config:
        """As far as whoever asks the running node needs it."""
        return Config(data_dir=self._folder)

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self._folder / 'softswitch.db'}"

    def records(self) -> list[CallRecord]:
        """The calls in its records, newest first."""
        return queries.list_calls(self.database_url, limit=100_000)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, all its threads (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (proc(5), statm)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_mb(node: Node) -> tuple[float, float]:
    """Of the gateway, and of control."""
    return resident_mb(node.gateway_pid), resident_mb(node.control_pid)
