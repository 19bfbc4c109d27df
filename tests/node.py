"""A whole node for tests: `softswitch serve` on free ports, with a folder of its own.

Tests take the fixtures `node` (all defaults) or `start_node` (settings as wanted) of conftest.py.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from stopwatch import Stopwatch

from softswitch.store import queries
from softswitch.store.queries import CallHistory, CallRecord

START_S = 60.0
"""The first start of all renders the prompts; later ones take about a second."""
STOP_S = 20.0
SOFTSWITCH = Path(sys.executable).with_name("softswitch")


def wait_for(
    condition: Callable[[], object], what: str, seconds: float = 10.0, every: float = 0.02
) -> object:
    """The first true value of `condition`; fails with `what` was expected when there is none in time."""
    watch = Stopwatch()
    while not (value := condition()):
        assert watch.own_s < seconds, f"after {seconds:g} s still not so: {what}"
        time.sleep(every)
    return value


def free_port(*kinds: socket.SocketKind) -> int:
    """A port of loopback that nobody has, for each of `kinds` (UDP and TCP when none is given)."""
    while True:
        probes = [
            socket.socket(socket.AF_INET, kind) for kind in kinds or (socket.SOCK_STREAM, socket.SOCK_DGRAM)
        ]
        try:
            probes[0].bind(("127.0.0.1", 0))
            port = int(probes[0].getsockname()[1])
            for probe in probes[1:]:
                probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()


def rtp_range(ports: int = 1000) -> int:
    """The start of a range for RTP, below those that the system hands out; PJSIP skips ports in use."""
    return random.randrange(10000, 32000 - ports, 2)


def children(pid: int) -> dict[int, str]:
    """A process's children and their command lines."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        found[int(child)] = command
    return found


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.M)[0]) / 1024


def is_softswitch(pid: int) -> bool:
    """Whether that process is there (a zombie is not) and one of ours."""
    try:
        return b"softswitch" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


class Node:
    """`with Node(folder, prompts, "media.max_calls=5") as node:`; `start` and `stop` as often as wanted."""

    def __init__(self, folder: Path, prompts: Path, *settings: str) -> None:
        self.data_dir = folder
        self.sip_port = free_port()
        self.metrics_port = free_port(socket.SOCK_STREAM)
        self._settings = [
            f"sip.port={self.sip_port}",
            f"metrics.port={self.metrics_port}",
            f"media.rtp_port={rtp_range()}",
            "media.rtp_ports=1000",
            f"data_dir={folder}",
            "drain_limit=0",  # a test that ends has seen enough of its calls
            *settings,
        ]
        self._log = folder / "node.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._started: set[int] = set()
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "prompts").exists():
            (folder / "prompts").symlink_to(prompts)

    def __enter__(self) -> "Node":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- its life -------------------------------------------------------------------------------------

    @property
    def command(self) -> list[str]:
        sets = [part for setting in self._settings for part in ("--set", setting)]
        return [str(SOFTSWITCH), *sets, "serve"]

    def start(self) -> None:
        """Returns when the node is ready for calls."""
        if self._process:
            self._process.wait(STOP_S)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for(self._is_ready, "the node is ready", START_S)
        except BaseException:
            self.stop()
            print(self.log)
            raise
        self._started |= {self.gateway_pid, self.control_pid}

    def _is_ready(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"the node ended with {self._process.poll()}:\n{self.log}"
        return self.http("/readyz") == 200

    def stop(self) -> int:
        """SIGTERM, and SIGKILL to whatever is left of it. The exit status."""
        if not self._process:
            return 0
        if self._process.poll() is None:
            self._started |= set(children(self._process.pid))
            self._process.terminate()
        try:
            return self._process.wait(STOP_S)
        finally:
            self.kill_all()

    def kill_all(self) -> None:
        """SIGKILL to the supervisor and to its children, as when the machine fails."""
        assert self._process
        pids = set(self._started)
        if self._process.poll() is None:
            # Stopped first: alive it would start its children again, and its death would tell them to end.
            self._process.send_signal(signal.SIGSTOP)
            pids |= set(children(self._process.pid))
        pids = {pid for pid in pids if is_softswitch(pid)}
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait(STOP_S)
        wait_for(lambda: not any(map(is_softswitch, pids)), "all its processes are gone")
        self._process, self._started = None, set()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def gateway_pid(self) -> int:
        return self._child("softswitch.gateway.process")

    @property
    def control_pid(self) -> int:
        return self._child("softswitch.app")

    def _child(self, module: str) -> int:
        """The child that runs `module`; waits for it while it is being started again."""
        of_module = lambda: [pid for pid, command in children(self.pid).items() if module in command]  # noqa: E731
        (pid,) = wait_for(of_module, f"{module} runs")
        return pid

    def kill_gateway(self) -> None:
        os.kill(self.gateway_pid, signal.SIGKILL)

    def kill_control(self) -> None:
        os.kill(self.control_pid, signal.SIGKILL)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    # --- what it says of itself -----------------------------------------------------------------------

    @property
    def uri(self) -> str:
        return f"sip:reception@127.0.0.1:{self.sip_port}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def http(self, path: str) -> int:
        """The status of a GET, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def metrics(self) -> dict[str, float]:
        """Every sample, by name and labels as Prometheus writes them: 'softswitch_calls{state="held"}'."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def calls_up(self) -> int:
        return round(
            sum(value for name, value in self.metrics().items() if name.startswith("softswitch_calls{"))
        )

    # --- its records ----------------------------------------------------------------------------------

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.data_dir / 'softswitch.db'}"

    def calls(self, *, live: bool = False, limit: int = 10_000) -> list[CallRecord]:
        """Newest first."""
        return queries.list_calls(self.database_url, limit=limit, live=live)

    def history(self, call_id: str = "") -> CallHistory:
        """A call with its turns; the newest one when none is named."""
        return queries.show_call(self.database_url, call_id or self.calls(limit=1)[0].call_id)

    def wait_for_calls(self, count: int, *, live: bool = False, seconds: float = 10.0) -> list[CallRecord]:
        """The records, once there are `count` of them: ended ones, or `live` ones."""

        def enough() -> list[CallRecord] | None:
            found = [call for call in self.calls(live=live) if live or call.ended_at]
            return found if len(found) >= count else None

        found = wait_for(
            enough, f"{count} calls {'are up' if live else 'have ended'} in the records", seconds
        )
        assert isinstance(found, list)
        return found

    def wait_for_turn(self, seconds: float = 15.0, **wanted: object) -> CallHistory:
        """The newest call, once one of its turns has these values: wait_for_turn(via="dtmf")."""

        def had() -> CallHistory | None:
            if not self.calls(limit=1):
                return None
            history = self.history()
            matching = any(all(getattr(turn, k) == v for k, v in wanted.items()) for turn in history.turns)
            return history if matching else None

        found = wait_for(had, f"a turn with {wanted} is recorded", seconds, every=0.1)
        assert isinstance(found, CallHistory)
        return found
