"""softswitch trunk rekey: another key for the passwords."""

import json
from pathlib import Path

import click

from softswitch.cli.trunk_settings import as_json
from softswitch.config import Config
from softswitch.store import sealing


@click.command(epilog="\b\nExample:\n  softswitch trunk rekey --new-key-file /etc/softswitch/secret.key")
@click.option(
    "--new-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Encrypt with the key in this file, which is made when it is not there.",
)
@as_json
@click.pass_obj
def rekey(config: Config, new_key_file: Path | None, json_: bool) -> None:
    """Encrypt all passwords with another key, in one transaction.

    Without --new-key-file a new key takes the place of the present one in its file, and running nodes that
    use that file notice nothing.
    """
    count, keys = sealing.change_key(config, new_key_file)
    if json_:
        click.echo(json.dumps({"passwords": count, "key_file": keys.origin}))
        return
    click.echo(f"{count} password{'' if count == 1 else 's'} encrypted anew with the key in {keys.origin}")
    if new_key_file:
        click.echo(
            f"now set secret_key_file: {keys.origin} for every node of this database, and restart them"
        )
