"""`softswitch drain`: let a running node's calls end, take no new ones, and stop it."""

import json
import os
import signal
import time
from collections.abc import Callable

import click

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.node_lock import is_running, running_pid
from softswitch.store import queries

POLL_S = 0.2


@click.command()
@click.option("--now", is_flag=True, help="End the calls that are up at once.")
@click.option("--json", "as_json", is_flag=True, help="Print how long it took, and how many calls were up.")
@click.pass_obj
def drain(config: Config, now: bool, as_json: bool) -> None:
    """Have the running node take no new calls, wait until those that are up have ended, and stop it.

    They may go on for `drain_limit`; then, or with --now, they are ended. SIGTERM does the same; a second one
    is --now. Leaving this command with Ctrl-C leaves the node draining.

    \b
    Examples:
      softswitch drain
      softswitch drain --now
    """
    pid = running_pid(config)
    if pid is None:
        raise SoftswitchError(f"no node is running with {config.data_dir}")
    began, up = time.monotonic(), _calls_up(config)
    os.kill(pid, signal.SIGTERM)
    if now:
        os.kill(pid, signal.SIGINT)  # of two signals with one number the second may get lost
    _follow(config, began, lambda line: None if as_json else click.echo(line))
    seconds = time.monotonic() - began
    if as_json:
        click.echo(json.dumps({"calls_up": up, "seconds": round(seconds, 1)}))
    else:
        click.echo(f"the node has stopped after {seconds:.1f} s")


def _follow(config: Config, began: float, tell: Callable[[str], object]) -> None:
    """Until the node has stopped; tells how many calls are left whenever that has changed."""
    told = None
    while is_running(config):
        up = _calls_up(config)
        if up != told:
            left = max(0.0, config.drain_limit - (time.monotonic() - began))
            tell(f"{up} calls up" + (f", which may go on for {left:.0f} s" if up else ""))
            told = up
        time.sleep(POLL_S)


def _calls_up(config: Config) -> int:
    return len(queries.live_calls(config.database_url, config.node))
