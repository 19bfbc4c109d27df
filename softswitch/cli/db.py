"""softswitch db: the database's schema."""

import json
from dataclasses import asdict

import click

from softswitch.config import Config
from softswitch.store import migrate

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def db() -> None:
    """Bring the database up to date, or see whether it is."""


@db.command(epilog="\b\nExample:\n  softswitch db upgrade")
@as_json
@click.pass_obj
def upgrade(config: Config, json_: bool) -> None:
    """Apply the migrations that are missing; data is kept. `softswitch serve` does this by itself."""
    applied = migrate.upgrade(config.database_url)
    if json_:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo(f"applied {', '.join(applied)}" if applied else "up to date already")


@db.command(epilog="\b\nExample:\n  softswitch db check && echo good")
@as_json
@click.pass_obj
def check(config: Config, json_: bool) -> None:
    """Say where the database stands; exit status 1 when it is not up to date."""
    status = migrate.check(config.database_url)
    click.echo(json.dumps(asdict(status)) if json_ else _sentence(status))
    if not status.up_to_date:
        raise SystemExit(1)


def _sentence(status: migrate.Status) -> str:
    if status.up_to_date:
        return f"up to date at {status.current}"
    if status.newer:
        return (
            f"at {status.current}, newer than this softswitch (which knows up to {status.head}): "
            "install the newer softswitch that made it, or restore the backup from before"
        )
    return f"at {status.current or 'nothing'}, {status.head} is needed: run softswitch db upgrade"
