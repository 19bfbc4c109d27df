"""softswitch queue: actions that dialplans promised, and what became of them."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict

import click

from softswitch.actions import files
from softswitch.cli.queue_add import add
from softswitch.cli.queue_bulk import cancel, purge, retry
from softswitch.cli.queue_callers import callers
from softswitch.cli.queue_recipes import recipes
from softswitch.cli.queue_text import details, table
from softswitch.cli.text import clock, date, line
from softswitch.config import Config
from softswitch.store.outbox import looking
from softswitch.store.outbox.looking import STATES, Entry, Filter

FOLLOW_S = 0.5

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def queue() -> None:
    """See what was promised and what became of it, and who waits for a person."""


for command in (add, retry, cancel, purge, recipes, callers):
    queue.add_command(command)


@queue.command(
    "list",
    epilog="\b\nExamples:\n  softswitch queue list --state dead\n  softswitch queue list --call 1f0c --json",
)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only those; may be repeated."
)
@click.option("--name", default="", help="Only actions of this name.")
@click.option("--call", default="", help="Only those of a call, by the beginning of its id.")
@click.option("--order-key", default="", help="Only those with this order key.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="At most so many."
)
@as_json
@click.pass_obj
def list_(
    config: Config, states: tuple[str, ...], name: str, call: str, order_key: str, limit: int, json_: bool
) -> None:
    """List actions, newest first."""
    found = looking.listed(config.database_url, Filter(states, name, call, order_key), limit)
    if json_:
        click.echo(json.dumps({"actions": [asdict(entry) for entry in found]}))
    else:
        click.echo("\n".join(table(found)) if found else "no actions")


@queue.command(epilog="\b\nExample:\n  softswitch queue show 812")
@click.argument("number", type=int)
@as_json
@click.pass_obj
def show(config: Config, number: int, json_: bool) -> None:
    """Show one action, with its arguments and what came back. NUMBER is that of `queue list`."""
    entry = looking.show(config.database_url, number)
    if json_:
        click.echo(json.dumps(asdict(entry)))
        return
    waits = not entry.finished_at and files.load(config, secrets=False).find(entry.plan, entry.name) is None
    click.echo("\n".join(details(entry)))
    if waits:
        click.echo("  nothing is configured for it here: see actions_file")


@queue.command(epilog="\b\nExample:\n  softswitch queue stats --json")
@as_json
@click.pass_obj
def stats(config: Config, json_: bool) -> None:
    """Count actions by name and state; and say which of them nothing is configured for here."""
    counted = looking.by_name(config.database_url)
    integrations = files.load(config, secrets=False)
    known, now = set(integrations.names), time.time()
    jobs = {name: (job, job.next_due(now)) for name, job in integrations.file.jobs.items()}
    if json_:
        unknown = sorted(counted.keys() - known)
        due = {name: {"action": job.action, "next": at} for name, (job, at) in jobs.items()}
        click.echo(json.dumps({"actions": counted, "unconfigured": unknown, "jobs": due}))
        return
    row = ("{:<28}" + "  {:>9}" * len(STATES) + "  {}").format
    click.echo(row("ACTION", *(state.upper() for state in STATES), "").rstrip())
    for name, states in sorted(counted.items()):
        note = "" if name in known else "nothing is configured for it"
        click.echo(row(line(name)[:28], *(states.get(state, 0) for state in STATES), note).rstrip())
    total = sum((Counter(states) for states in counted.values()), Counter[str]())
    click.echo(row("all", *(total[state] for state in STATES), "").rstrip())
    for name, (job, at) in jobs.items():
        click.echo(f"job {name}: {job.action}, next {date(at) if at else 'never'}")


@queue.command(epilog="\b\nExample:\n  softswitch queue tail --follow --json | jq .name")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C: new promises, and every change of state.")
@click.option(
    "--last", default=10, show_default=True, type=click.IntRange(0, 500), help="Actions to begin with."
)
@as_json
@click.pass_obj
def tail(config: Config, follow: bool, last: int, json_: bool) -> None:
    """Print the latest actions, and with --follow what becomes of them; with --json one object a line."""
    newest = looking.listed(config.database_url, Filter(), max(last, 1))
    known = {entry.id: entry for entry in newest}
    _print(newest[:last][::-1], json_)
    with suppress(KeyboardInterrupt):
        while follow:
            time.sleep(FOLLOW_S)
            _print(_changed(config.database_url, known), json_)


def _changed(url: str, known: dict[int, Entry]) -> Iterable[Entry]:
    """What is new or stands otherwise than before. Those that are finished are looked at no more."""
    found = looking.tail(url, max(known, default=0)) + looking.numbered(
        url, [entry.id for entry in known.values() if not entry.finished_at]
    )
    changed = [entry for entry in found if _standing(known.get(entry.id)) != _standing(entry)]
    known.update((entry.id, entry) for entry in changed)
    for number in sorted(known)[: -looking.TAIL_LIMIT]:
        del known[number]
    return changed


def _standing(entry: Entry | None) -> tuple[str, int] | None:
    return (entry.state, entry.attempts) if entry else None


def _print(entries: Iterable[Entry], json_: bool) -> None:
    told: Callable[[Entry], str] = (lambda entry: json.dumps(asdict(entry))) if json_ else _told
    for entry in entries:
        click.echo(told(entry))


def _told(entry: Entry) -> str:
    at = clock(entry.finished_at or entry.failed_at or entry.promised_at)
    error = f": {line(entry.error)}" if entry.error else ""
    return f"{at} {entry.id} {line(entry.name)} {entry.state}{error}"
