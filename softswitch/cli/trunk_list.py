"""softswitch trunk list, show: what trunks there are, and how one of them is set."""

import json
from collections.abc import Iterable
from typing import Any

import click
import yaml

from softswitch.cli.trunk_settings import as_json, written
from softswitch.config import Config
from softswitch.store import declared, trunks
from softswitch.trunks.declared import Declared


@click.command("list", epilog="\b\nExample:\n  softswitch trunk list --json | jq -r '.trunks[].name'")
@as_json
@click.pass_obj
def list_(config: Config, json_: bool) -> None:
    """List the trunks of the database and of the file. How they fare tells `trunk status`."""
    found = declared.read(config, passwords=False)
    for problem in found.problems:
        click.echo(f"softswitch: {problem}", err=True)
    if json_:
        click.echo(json.dumps({"trunks": list(map(_record, found.declared)), "problems": found.problems}))
    elif found.declared:
        click.echo("\n".join(_table(found.declared)))
    else:
        click.echo("no trunks; add one with softswitch trunk add")


@click.command(epilog="\b\nExample:\n  softswitch trunk show berlin")
@click.argument("name")
@as_json
@click.pass_obj
def show(config: Config, name: str, json_: bool) -> None:
    """Show how a trunk is set: what is not as by default, with --json everything. Never the password."""
    found = declared.read(config, passwords=False)
    each = found.find(name)
    if each is None:
        for problem in found.problems:
            click.echo(f"softswitch: {problem}", err=True)
        raise trunks.unknown(name)
    click.echo(json.dumps(_record(each)) if json_ else _shown(each))


def _record(each: Declared) -> dict[str, Any]:
    """Everything of a trunk, with its defaults."""
    settings = each.trunk.model_dump(mode="json", exclude={"password"})
    where = {"source": each.source, "place": each.place, "has_password": each.has_password}
    return {**settings, **where}


def _table(found: Iterable[Declared]) -> Iterable[str]:
    row = "{:<20}  {:<9}  {:<36}  {:<8}  {}".format
    yield row("NAME", "KIND", "HOSTS", "ENABLED", "SOURCE")
    for each in found:
        trunk = each.trunk
        hosts = ", ".join(trunk.hosts) or f"from {', '.join(trunk.allow)}"
        yield row(
            each.name,
            trunk.kind,
            hosts if len(hosts) <= 36 else f"{hosts[:35]}…",
            "yes" if trunk.enabled else "no",
            each.place or "sql",
        )


def _shown(each: Declared) -> str:
    settings = {"name": each.name, **written(declared.settings_of(each.trunk))}
    password = "kept, not shown" if each.has_password else "none"
    lines = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).rstrip()
    return f"{lines}\n# password: {password}; from {each.place or 'the database'}; all else as by default"
