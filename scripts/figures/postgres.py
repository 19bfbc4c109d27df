"""A PostgreSQL of its own for figures: as durable as it is by default, on a Unix socket, gone afterwards."""

import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softswitch.errors import SoftswitchError

START_S = 30.0


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of an empty database. Raises SoftswitchError when PostgreSQL is not installed."""
    with tempfile.TemporaryDirectory(prefix="softswitch-bench-postgres-", dir="/tmp") as name:
        folder = Path(name)
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        _run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        server = subprocess.Popen(
            _command("postgres", "-D", f"{folder}/data", "-k", name, "-c", "listen_addresses="),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            _wait(folder)
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            server.send_signal(2)
            server.wait(START_S)


def _wait(folder: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with suppress(SoftswitchError):
            return _run("pg_isready", "-q", "-h", str(folder))
        time.sleep(0.05)
    raise SoftswitchError(f"PostgreSQL did not start in {START_S:g} s")


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
