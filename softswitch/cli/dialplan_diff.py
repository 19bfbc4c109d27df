"""`softswitch dialplan diff`: what changed between two versions of a plan."""

import json
import re
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

import click

from softswitch import status
from softswitch.app.plans import KEPT
from softswitch.config import Config
from softswitch.dialplan import differing, folder, loader
from softswitch.dialplan.differing import Change
from softswitch.dialplan.folder import Folder
from softswitch.errors import SoftswitchError

RUNNING = "running"
VERSION = re.compile(r"[0-9a-f]{6,12}")
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@click.pass_context
def diff(ctx: click.Context, old: str, new: str | None, as_json: bool) -> None:
    """Show what changed from OLD to NEW, which is the configured dialplan where it is not given.

    Each is a folder, a bundled dialplan's name, `running` for what the node's new callers hear, or a version
    that it still runs. The exit status is 0 when nothing changed, 1 when something did.

    \b
    Examples:
      softswitch dialplan diff running
      softswitch dialplan diff running ./myshop
      softswitch dialplan diff 4f1e9ab03c7d running
    """
    config: Config = ctx.obj
    after = _folder(config, new or config.dialplan[0], "")
    before = _folder(config, old, _name(after))
    if new == RUNNING:
        after = _folder(config, RUNNING, _name(before))
    changes = differing.compare(before, after)
    if as_json:
        versions = {"old": before.version(), "new": after.version()}
        click.echo(json.dumps(versions | {"changes": [asdict(change) for change in changes]}, indent=2))
    else:
        _print(before, after, changes)
    ctx.exit(1 if changes else 0)


def _folder(config: Config, given: str, name: str) -> Folder:
    """`name` chooses among several dialplans that run."""
    if given == RUNNING:
        return folder.read(_running(config, name))
    if VERSION.fullmatch(given) and not Path(given).is_dir():
        return folder.read(_kept(config, given))
    return folder.read(loader.resolve(given))


def _running(config: Config, name: str) -> Path:
    known = status.read(config.run_dir)
    if known is None:
        raise SoftswitchError(f"no node has run with {config.data_dir}: start it with softswitch serve")
    plans = {plan.name: plan for plan in known.plans}
    chosen = plans.get(name) or known.plans[0]
    return config.run_dir / KEPT / chosen.name / chosen.version


def _kept(config: Config, version: str) -> Path:
    found = sorted((config.run_dir / KEPT).glob(f"*/{version}*"))
    if len(found) != 1:
        running = sorted(path.name for path in (config.run_dir / KEPT).glob("*/*"))
        how = "several versions begin so" if found else "the node does not run it"
        raise SoftswitchError(f"version {version}: {how}; it runs: {', '.join(running) or 'none'}")
    return found[0]


def _name(read: Folder) -> str:
    plan = next((file for file in read.files if file.kind == "plan"), None)
    found = re.search(rb"^name:\s*([a-z0-9_]+)", plan.data, re.M) if plan else None
    return found[1].decode() if found else ""


def _print(before: Folder, after: Folder, changes: list[Change]) -> None:
    for what, group in groupby(changes, key=lambda change: change.what):
        for number, change in enumerate(group):
            if not change.key and not change.old and not change.new:
                click.echo(f"{SIGNS[change.how]} {what}")
                continue
            if not number:
                click.echo(f"~ {what}")
            click.echo(f"    {_line(change)}")
    count = f"{len(changes)} changes" if changes else "nothing changed"
    click.echo(f"{before.path} {before.version()} -> {after.path} {after.version()}: {count}.")


def _line(change: Change) -> str:
    key = f"{change.key}: " if change.key else ""
    if change.how == "changed":
        return f"{key}{change.old} -> {change.new}" if change.old or change.new else f"{key}changed"
    return f"{SIGNS[change.how]} {key}{change.new or change.old}"
