"""softswitch trunk edit, enable, disable, remove: changes of a trunk in the database."""

from dataclasses import replace
from pathlib import Path

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
from softswitch.store import declared, trunks
from softswitch.store.trunks import Row


@click.command(
    epilog="\b\nExample:\n  softswitch trunk edit berlin --set limits.calls=20 --unset numbers.send"
)
@click.argument("name")
@set_option
@click.option("--unset", multiple=True, metavar="KEY", help="Back to the default; `password` drops it.")
@password_options
@click.option("--ask-password", is_flag=True, help="Ask for a new password at the terminal.")
@as_json
@click.pass_obj
def edit(
    config: Config,
    name: str,
    given: tuple[str, ...],
    unset: tuple[str, ...],
    password_stdin: bool,
    password_file: Path | None,
    ask_password: bool,
    json_: bool,
) -> None:
    """Change settings of a trunk. A running node follows within a second; calls of other trunks go on."""
    if not (given or unset or password_stdin or password_file or ask_password):
        raise click.UsageError("give --set, --unset or a new password")
    password = password_from(password_stdin, password_file, ask_password)
    _there(config, name)
    secret = sealed(config, name, password)

    def edited(row: Row) -> Row:
        trunk = trunk_from(name, row.settings, {}, given, unset)
        kept = None if "password" in unset else row.secret
        return replace(row, settings=declared.settings_of(trunk), secret=secret or kept)

    changed = trunks.change(config.database_url, name, edited)
    say(json_, {"trunk": name, "changed": changed}, f"changed {name}" if changed else f"{name} is so already")


def _switch(word: str, enabled: bool, told: str) -> click.Command:
    def edited(row: Row) -> Row:
        trunk = declared.trunk_of(row).model_copy(update={"enabled": enabled})
        return replace(row, settings=declared.settings_of(trunk))

    @click.command(word, help=told, epilog=f"\b\nExample:\n  softswitch trunk {word} berlin")
    @click.argument("name")
    @as_json
    @click.pass_obj
    def switch(config: Config, name: str, json_: bool) -> None:
        _there(config, name)
        changed = trunks.change(config.database_url, name, edited)
        say(json_, {"trunk": name, "changed": changed}, f"{name} is {word}d{'' if changed else ' already'}")

    return switch


enable = _switch("enable", True, "Put a trunk to use: it registers, takes calls and makes them.")
disable = _switch(
    "disable", False, "Take a trunk out of use: no registration and no new calls; calls that are up go on."
)


@click.command(epilog="\b\nExample:\n  softswitch trunk remove berlin --yes")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@click.pass_obj
def remove(config: Config, name: str, yes: bool, json_: bool) -> None:
    """Remove a trunk and its password. Calls that are up on it go on."""
    _there(config, name)
    if not yes:
        click.confirm(f"Remove trunk {name} and its password?", abort=True, err=True)
    trunks.remove(config.database_url, name)
    say(json_, {"removed": name}, f"removed {name}")


def _there(config: Config, name: str) -> None:
    """Raises SoftswitchError when the database has no such trunk; where the file has it, that says so."""
    if all(row.name != name for row in trunks.read(config.database_url)):
        not_in_file(config, name)
        raise trunks.unknown(name)
