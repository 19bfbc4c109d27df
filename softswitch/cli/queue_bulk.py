"""`softswitch queue retry | cancel | purge`: one action, or all that fit, with a bar for many."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store.outbox import changing
from softswitch.store.outbox.changing import CANCELLED, PURGED, RETRIED
from softswitch.store.outbox.looking import STATES, Filter
from softswitch.values import seconds

BAR_FROM = 2 * changing.STEP
Change = Callable[[str, Sequence[int]], Iterator[int]]


class Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(seconds(value))  # type: ignore[arg-type]
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments and options by which actions are chosen."""
    for option in (
        click.option("--json", "json_", is_flag=True, help="Print JSON, for programs."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option(
            "--older-than", type=Duration(), help="Only those promised, or finished, so long ago: 30d."
        ),
        click.option("--call", default="", help="Only those of a call, by the beginning of its id."),
        click.option("--name", default="", help="Only actions of this name."),
        click.option(
            "--state", "states", multiple=True, type=click.Choice(STATES), help="Only those; may be repeated."
        ),
        click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]..."),
    ):
        command = option(command)
    return click.pass_obj(command)


@click.command(
    epilog="\b\nExamples:\n"
    "  softswitch queue retry 812\n  softswitch queue retry --state dead --name place_order"
)
@_selecting
def retry(config: Config, **chosen: Any) -> None:
    """Try actions again, at once and with all their tries before them: dead, cancelled or failed ones."""
    _work(config, changing.retry, RETRIED, "queued again", **chosen)


@click.command(
    epilog="\b\nExamples:\n  softswitch queue cancel 812\n  softswitch queue cancel --call 1f0c --yes"
)
@_selecting
def cancel(config: Config, **chosen: Any) -> None:
    """Give up actions that wait. What is under way is not cancelled: nobody knows how far it came."""
    _work(config, changing.cancel, CANCELLED, "cancelled", **chosen)


@click.command(
    epilog="\b\nExamples:\n"
    "  softswitch queue purge --state done --older-than 30d --yes\n  softswitch queue purge 812"
)
@_selecting
def purge(config: Config, **chosen: Any) -> None:
    """Delete actions that are done, dead or cancelled from the table, for good."""
    _work(config, changing.purge, PURGED, "purged", **chosen)


def _work(
    config: Config,
    change: Change,
    fitting: Sequence[str],
    done: str,
    numbers: tuple[int, ...],
    states: tuple[str, ...],
    name: str,
    call: str,
    older_than: float | None,
    yes: bool,
    json_: bool,
) -> None:
    found = list(numbers)
    if numbers and (states or name or call or older_than is not None):
        raise click.UsageError("Give numbers, or options that choose, not both.")
    if not numbers:
        if not (states or name or call or older_than is not None):
            raise click.UsageError(
                "Give numbers of `queue list`, or options that choose, such as --state dead."
            )
        before = None if older_than is None else time.time() - older_than
        found = changing.found(config.database_url, Filter(states, name, call, before=before), fitting)
        if len(found) > 1 and not yes and not json_:
            click.confirm(f"{len(found)} actions: go on?", abort=True)
    count = _step_by_step(config, change, found)
    if numbers and count < len(set(numbers)):
        raise SoftswitchError(
            f"{count} of {len(set(numbers))} actions {done}: the others are not there, or not "
            f"{', '.join(fitting[:-1])} or {fitting[-1]}; see softswitch queue list"
        )
    click.echo(json.dumps({done.replace(" ", "_"): count}) if json_ else f"{count} {done}")


def _step_by_step(config: Config, change: Change, found: Sequence[int]) -> int:
    steps = change(config.database_url, found)
    if len(found) < BAR_FROM or not sys.stderr.isatty():
        return sum(steps)
    count = 0
    with click.progressbar(length=len(found), file=sys.stderr, label="actions") as bar:
        for changed in steps:
            count += changed
            bar.update(min(changing.STEP, len(found) - bar.pos))
    return count
