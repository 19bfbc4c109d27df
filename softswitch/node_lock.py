"""One node per data directory: its lock, and who holds it."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import IO

from softswitch.config import Config
from softswitch.errors import SoftswitchError

LOCK = "node.lock"


@contextlib.contextmanager
def sole_node(config: Config) -> Iterator[None]:
    """One node per data directory: two would share records and sockets."""
    try:
        config.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = (config.run_dir / LOCK).open("a+")
    except OSError as error:
        raise SoftswitchError(
            f"cannot write in {config.data_dir}: {error.strerror}. Set data_dir to a folder that you own"
        ) from None
    with opened as lock:
        if not _locked(lock):
            raise SoftswitchError(
                f"a node is running already with {config.data_dir}. Stop it, or give this one another place "
                "with --set data_dir=PATH"
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_running(config: Config) -> bool:
    """Whether a node is running with this data directory."""
    try:
        with (config.run_dir / LOCK).open("r") as lock:
            return not _locked(lock)
    except FileNotFoundError:
        return False


def running_pid(config: Config) -> int | None:
    """The supervisor's process id when a node is running with this data directory."""
    if not is_running(config):
        return None
    written = (config.run_dir / LOCK).read_text()
    return int(written) if written.isdigit() else None


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
