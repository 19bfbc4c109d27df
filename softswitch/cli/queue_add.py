"""`softswitch queue add`: ask for an action without a call, at once or later."""

import json
import secrets
import time
from collections.abc import Iterable
from datetime import datetime

import click

from softswitch import complaints
from softswitch.actions import files
from softswitch.actions.templates import KNOWN
from softswitch.cli.text import date
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store.outbox import adding
from softswitch.values import seconds

MOST_LETTERS = 10_000


@click.command(
    epilog="\b\nExamples:\n  softswitch queue add send_report\n"
    '  softswitch queue add call_later number=+442079460000 --at "2026-11-24 09:00"'
)
@click.argument("name")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--at", "at", default="", metavar="TIME", help="Not before: 2026-11-24 09:00, local time.")
@click.option("--in", "after", default="", metavar="DURATION", help="Not before so long from now: 90s, 2h.")
@click.option("--key", default="", help="One with the same key is asked for only once [default: any].")
@click.option("--order-key", default="", help="Actions with the same one are done in order.")
@click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
@click.pass_obj
def add(
    config: Config,
    name: str,
    arguments: tuple[str, ...],
    at: str,
    after: str,
    key: str,
    order_key: str,
    json_: bool,
) -> None:
    """Ask for an action, with its arguments. NAME is that of the file of actions."""
    known = files.load(config, secrets=False).file.actions
    if name not in known:
        near = complaints.suggest(name, known) or ": see actions_file"
        raise SoftswitchError(f"nothing is configured for an action '{name}'{near}")
    run_at = _when(at, after)
    given = _pairs(arguments)
    missing = {each.name for each in known[name].fields if not each.secret} - given.keys() - set(KNOWN)
    if missing:
        raise SoftswitchError(f"'{name}' needs {', '.join(sorted(missing))} too: add {min(missing)}=VALUE")
    key = key or secrets.token_hex(8)
    new = adding.add(config.database_url, name, given, key, order_key=order_key, run_at=run_at)
    if json_:
        click.echo(json.dumps({"name": name, "key": key, "new": new, "run_at": run_at or None}))
    elif new:
        click.echo(f"{name} is queued" + (f", not before {date(run_at)}" if run_at else ""))
    else:
        click.echo(f"{name} with the key {key} was asked for before: nothing is added")


def _when(at: str, after: str) -> float:
    """Unix seconds; 0 for at once."""
    if at and after:
        raise SoftswitchError("give one of --at and --in")
    try:
        if after:
            return time.time() + float(str(seconds(after)))
        return datetime.fromisoformat(at).timestamp() if at else 0.0
    except ValueError:
        raise SoftswitchError("expected --at '2026-11-24 09:00', or --in 2h") from None


def _pairs(arguments: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in arguments:
        name, equals, value = each.partition("=")
        if not equals or not name or len(value) > MOST_LETTERS:
            raise SoftswitchError(f"expected NAME=VALUE, got {each[:40]}")
        found[name] = value
    return found
