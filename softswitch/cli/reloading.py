"""Has a running node load its dialplans anew, and waits until it has."""

import os
import signal
import time
from collections.abc import Callable

from softswitch import status
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.node_lock import running_pid
from softswitch.status import Status

PATIENCE_S = 10.0
POLL_S = 0.05


def reload(
    config: Config, patience: float = PATIENCE_S, sleep: Callable[[float], None] = time.sleep
) -> Status:
    """Have the running node load its dialplans anew, and wait until it has; what became of each.

    Raises SoftswitchError when no node runs, or when nothing has moved for `patience` seconds.
    """
    pid = running_pid(config)
    if pid is None:
        raise SoftswitchError(f"no node is running with {config.data_dir}: start it with softswitch serve")
    asked = time.time()
    _signal(pid)
    moved, before = time.monotonic(), None
    while True:
        now = status.read(config.run_dir)
        if now and now.began_at >= asked and now.finished_at is not None:
            return now
        if now != before:
            moved, before = time.monotonic(), now
        if time.monotonic() - moved > patience:
            raise SoftswitchError(_stuck(now if now and now.began_at >= asked else None, patience))
        sleep(POLL_S)


def _signal(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGHUP)
    except ProcessLookupError:
        raise SoftswitchError("the node ended just now: start it with softswitch serve") from None
    except PermissionError:
        raise SoftswitchError(f"process {pid} is another user's: reload as the user that runs it") from None


def _stuck(now: Status | None, patience: float) -> str:
    if now is None:
        return f"the node has not begun to load its dialplans within {patience:g} s; see its log"
    if not now.to_render:
        return f"the node has read its dialplans for {patience:g} s and is not done; see its log"
    return (
        f"the node renders prompts ({now.rendered} of {now.to_render}) and has not gone on for "
        f"{patience:g} s; the new version takes calls when it is done, see its log"
    )
