"""A real PostgreSQL for tests: a private cluster on a Unix socket, an empty database for each test.

A test file takes what it needs by import: `from postgres import database_url, postgres_cluster,
postgres_url`. `database_url` runs a test on SQLite and on PostgreSQL, `shared_database_url` a whole file.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from stopwatch import Stopwatch

START_S = 30.0
FASTER = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB")
_numbers = count(1)


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, installed from Debian when it is absent."""
    if not _programs(name):
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", "postgresql"],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    found = _programs(name)
    assert found, f"{name} is missing though apt-get installed postgresql"
    return str(found[-1])


def _programs(name: str) -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; what it starts dies with the tests, however they end."""
    change_user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", *change_user, "--pdeathsig=INT", *command]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Cluster:
    """A server that listens on a Unix socket in its own folder only. `stop` and `start` as wanted, but
    from the main thread: the server dies with the thread that started it.
    """

    def __init__(self) -> None:
        program("initdb")
        self.folder = Path(tempfile.mkdtemp(prefix="softswitch-postgres-", dir="/tmp"))
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._data = str(self.folder / "data")
        initdb = [program("initdb"), "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        self._run(*initdb, "--locale=C.UTF-8", "--no-sync")
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = [part for setting in FASTER for part in ("-c", setting)]
        place = ["-D", self._data, "-k", str(self.folder), "-c", "listen_addresses="]
        log = (self.folder / "log").open("ab")
        with log:
            self._server = subprocess.Popen(
                _as_postgres(program("postgres"), *place, *settings), stdout=log, stderr=log, cwd="/"
            )
        watch = Stopwatch()
        ready = [program("pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ready, check=False).returncode:
            said = (self.folder / "log").read_text()
            assert self._server.poll() is None, f"PostgreSQL ended at once:\n{said}"
            assert watch.own_s < START_S, f"PostgreSQL did not start in {START_S} s:\n{said}"
            time.sleep(0.05)

    def stop(self) -> None:
        """A fast shutdown: connections are ended."""
        if self._server:
            self._server.send_signal(2)
            self._server.wait(START_S)
            self._server = None

    def kill(self) -> None:
        """SIGKILL to the server and to all that it started: whatever a client was at is cut off there."""
        assert self._server
        found = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text()
        pids = self._server.pid, *map(int, found.split())
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.wait(START_S)
        self._server = None
        while any(map(_lives, pids)):  # it would not start beside one of them
            time.sleep(0.01)

    def create_database(self, *, lasting: bool = False) -> str:
        """The URL of a new, empty database; a `lasting` one has all that it has confirmed after `kill`."""
        name = f"test_{next(_numbers)}"
        psql = [program("psql"), "-h", str(self.folder), "-U", "postgres", "-q"]
        self._run(*psql, "-c", f"CREATE DATABASE {name}")
        if lasting:
            self._run(*psql, "-c", f"ALTER DATABASE {name} SET synchronous_commit = on")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def _run(self, *command: str) -> None:
        done = subprocess.run(_as_postgres(*command), capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder)


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> str:
    return postgres_cluster.create_database()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('shared') / 'records.db'}"
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    return cluster.create_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    return str(request.getfixturevalue("postgres_url"))
