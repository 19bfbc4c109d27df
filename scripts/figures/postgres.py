"""A PostgreSQL of its own for figures: as durable as it is by default, on a Unix socket, gone afterwards."""

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softswitch.errors import SoftswitchError

START_S = 30.0


class Server:
    """Listens in `folder`. `kill` and `start` as often as wanted, always from one thread: what it starts
    dies with the thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = f"{folder}/data"
        _run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self._command = _command("postgres", "-D", data, "-k", str(folder), "-c", "listen_addresses=")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers, once it has recovered. What one that was killed has left of its processes
        may still be ending: until then it does not start.
        """
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                quiet = subprocess.DEVNULL
                self._process = subprocess.Popen(self._command, stdout=quiet, stderr=quiet, cwd="/")
            with suppress(SoftswitchError):
                return _run("pg_isready", "-q", "-h", str(self._folder))
            time.sleep(0.05)
        raise SoftswitchError(f"PostgreSQL did not start in {START_S:g} s")

    def kill(self) -> None:
        """As a power cut would: what it had not promised is lost, and it recovers when it is started."""
        assert self._process
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(START_S)

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_S)


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL that can be killed. Raises SoftswitchError when it is not installed."""
    with tempfile.TemporaryDirectory(prefix="softswitch-bench-postgres-", dir="/tmp") as name:
        postgres = Server(Path(name))
        try:
            postgres.start()
            yield postgres
        finally:
            postgres.stop()


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of an empty database."""
    with server() as postgres:
        yield postgres.url


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(_command(program, *arguments), capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise SoftswitchError(f"{program} failed: {done.stderr.strip()}")


def _command(program: str, *arguments: str) -> list[str]:
    """PostgreSQL refuses to run as root; what it starts dies with us, however that happens."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    if not found:
        raise SoftswitchError("PostgreSQL is not installed: apt-get install postgresql")
    user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", *user, "--pdeathsig=INT", str(found[-1]), *arguments]
