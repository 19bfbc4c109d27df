"""softswitch trunk add: a new trunk in the database."""

import sys
from pathlib import Path
from typing import Any, get_args

import click

from softswitch.cli.trunk_settings import (
    as_json,
    not_in_file,
    password_from,
    password_options,
    say,
    sealed,
    set_option,
    trunk_from,
)
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import declared, trunks
from softswitch.store.trunks import Row
from softswitch.trunks.settings import Transport, Trunk

OPTIONS = {
    "kind": "--kind",
    "hosts": "--host",
    "username": "--user",
    "transport": "--transport",
    "allow": "--allow",
}
"""The keys that have an option of their own."""
KINDS = get_args(Trunk.model_fields["kind"].annotation)


@click.command(
    epilog="\b\nExample:\n  softswitch trunk add berlin --kind register --host sip.example.com \\\n"
    "    --user 4711 --set numbers.country=DE --set limits.calls=10"
)
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="How the far end knows this node.")
@click.option(
    "--host", "hosts", multiple=True, help="Registrar or peer, as in sip.example.com:5061; repeatable."
)
@click.option("--user", "username", help="User of the registration, or the extension.")
@click.option("--transport", type=click.Choice(get_args(Transport)), help="How requests go there.")
@click.option(
    "--allow", multiple=True, metavar="NETWORK", help="Network that its calls come from; repeatable."
)
@password_options
@click.option("--disabled", is_flag=True, help="Keep it out of use until `trunk enable`.")
@set_option
@as_json
@click.pass_obj
def add(
    config: Config,
    /,
    name: str,
    password_stdin: bool,
    password_file: Path | None,
    disabled: bool,
    given: tuple[str, ...],
    json_: bool,
    **options: Any,
) -> None:
    """Add a trunk. A running node takes it up within a second.

    The password is asked for at a terminal, unless it comes from a file or from standard input. Every key of
    docs/reference/trunks.md can be given with --set.
    """
    known = {key: (OPTIONS[key], _listed(value)) for key, value in options.items() if value}
    if disabled:
        known["enabled"] = ("--disabled", False)
    try:
        trunk = trunk_from(name, {}, known, given)
    except SoftswitchError as error:
        raise SoftswitchError(_by_options(str(error))) from None
    not_in_file(config, name)
    password = password_from(password_stdin, password_file, trunk.registers and sys.stdin.isatty())
    row = Row(name, declared.settings_of(trunk), sealed(config, name, password))
    trunks.add(config.database_url, row)
    kept = "password kept encrypted" if password else "without a password"
    say(
        json_,
        {"added": name, "has_password": bool(password)},
        f"added {name}, {kept}; try it with: softswitch trunk test {name}",
    )


def _by_options(told: str) -> str:
    """Keys that have an option here are told by it."""
    for key, option in OPTIONS.items():
        told = told.replace(f"`{key}`", option)
    return told


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
