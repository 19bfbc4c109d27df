"""softswitch trunk import, export: the database's trunks from and to a YAML file."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from softswitch.cli.trunk_settings import as_json, not_in_file, written
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import declared, sealing, trunks
from softswitch.store.secrets import Keys
from softswitch.store.trunks import Row
from softswitch.trunks import files
from softswitch.trunks.declared import Declared

NO_PASSWORD = "  # its password is not exported: add password_file: PATH or password_env: NAME\n"


@click.command("import", epilog="\b\nExample:\n  softswitch trunk import trunks.yaml")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_json
@click.pass_obj
def import_(config: Config, file: Path, json_: bool) -> None:
    """Put every trunk of a YAML file into the database: all of them or, on any mistake, none.

    A trunk that is there already is set as the file says; without a password in the file it keeps the one
    that it has. Trunks that the file does not name stay.
    """
    loaded = files.load(file)
    for warning in loaded.warnings:
        click.echo(f"{warning}", err=True)
    for each in loaded.trunks:
        not_in_file(config, each.name)
    done = _put(config, loaded.trunks)
    if json_:
        click.echo(json.dumps({"trunks": done}))
    else:
        click.echo("\n".join(f"{what} {name}" for name, what in done.items()) or f"{file} has no trunks")


@click.command(epilog="\b\nExample:\n  softswitch trunk export > trunks.yaml")
@click.argument("names", nargs=-1)
@as_json
@click.pass_obj
def export(config: Config, names: tuple[str, ...], json_: bool) -> None:
    """Write the database's trunks, or those named, as YAML that can be imported. Passwords stay behind."""
    rows = {row.name: row for row in trunks.read(config.database_url)}
    for name in names:
        if name not in rows:
            not_in_file(config, name)
            raise trunks.unknown(name)
    chosen = [rows[name] for name in names or rows]
    if json_:
        click.echo(json.dumps({"trunks": [_entry(row) for row in chosen]}))
    else:
        click.echo("".join(_document(chosen)), nl=False)


def _put(config: Config, found: Iterable[Declared]) -> dict[str, str]:
    with_passwords = [each.name for each in found if each.has_password]
    keys = sealing.keys_for(config, with_passwords) if with_passwords else None
    return trunks.merge(
        config.database_url, lambda there: [_row(each, there.get(each.name), keys) for each in found]
    )


def _row(each: Declared, before: Row | None, keys: Keys | None) -> Row:
    secret = before.secret if before else None
    password = each.trunk.password.get_secret_value()
    if keys and password and not (secret and _opened(keys, each.name, secret) == password):
        secret = keys.seal(each.name, password)
    return Row(each.name, declared.settings_of(each.trunk), secret)


def _opened(keys: Keys, name: str, secret: bytes) -> str | None:
    try:
        return keys.open(name, secret)
    except SoftswitchError:
        return None


def _entry(row: Row) -> dict[str, Any]:
    return {"name": row.name, **written(declared.settings_of(declared.trunk_of(row)))}


def _document(rows: Iterable[Row]) -> Iterator[str]:
    yield "trunks:\n"
    for row in rows:
        yield yaml.safe_dump([_entry(row)], sort_keys=False, allow_unicode=True)
        if row.secret:
            yield NO_PASSWORD
