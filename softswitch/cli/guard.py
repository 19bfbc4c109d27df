"""softswitch guard: caps on what is dialled, what is used of them, and the holds of those that tripped."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from softswitch.cli.text import date
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import dialled
from softswitch.store.dialled import Hold, Usage
from softswitch.trunks import guarding

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def guard() -> None:
    """The guard against toll fraud: what may be dialled, what was, and what is held."""


@guard.command(epilog="\b\nExample:\n  softswitch guard show")
@as_json
@click.pass_obj
def show(config: Config, json_: bool) -> None:
    """Show prefixes, caps with what is used of them on all nodes of the database, and holds."""
    caps = guarding.caps(config.dialing)
    usage, holds = dialled.usage(config.database_url, caps), dialled.standing(config.database_url)
    click.echo(
        json.dumps(_as_dict(config, usage, holds)) if json_ else "\n".join(_told(config, usage, holds))
    )


@guard.command(epilog="\b\nExamples:\n  softswitch guard release\n  softswitch guard release +442079460000")
@click.argument("scope", default="")
@as_json
@click.pass_obj
def release(config: Config, scope: str, json_: bool) -> None:
    """Lift the hold of SCOPE (a cap's name, or a number), or all holds. Their caps count anew from now on."""
    released = dialled.release(config.database_url, scope)
    if scope and not released:
        raise SoftswitchError(f"there is no hold of {scope}: see softswitch guard show")
    if json_:
        click.echo(json.dumps({"released": released}))
    else:
        click.echo("\n".join(f"released {each}" for each in released) or "nothing was held")


def _as_dict(config: Config, usage: Iterable[Usage], holds: Iterable[Hold]) -> dict[str, Any]:
    settings = config.dialing
    caps = [
        {
            "cap": each.cap.name,
            "counts": each.cap.counts,
            "window_s": each.cap.window,
            "limit": each.cap.limit,
            "used": each.used,
            "number": each.number,
        }
        for each in usage
    ]
    prefixes = {"prefixes": settings.prefixes, "forbidden": settings.forbidden}
    return prefixes | {"caps": caps, "holds": [asdict(hold) for hold in holds]}


def _told(config: Config, usage: Iterable[Usage], holds: Iterable[Hold]) -> Iterable[str]:
    settings = config.dialing
    yield f"may be dialled: {', '.join(settings.prefixes) or 'nothing (dialing.prefixes is empty)'}"
    if settings.forbidden:
        yield f"but not: {', '.join(settings.forbidden)}"
    for each in usage:
        unit = 1.0 if each.cap.counts == "calls" else guarding.MINUTE
        number = f" ({each.number})" if each.number else ""
        yield f"{each.cap.name:<18} {each.used / unit:8.0f} of {each.cap.limit / unit:.0f}{number}"
    for hold in holds:
        since, scope = date(hold.at), hold.scope
        yield f"HELD since {since}: {scope}: {hold.reason}; softswitch guard release {scope}"
