"""softswitch ban: sources that this node, and all nodes of its database, meet with silence."""

import ipaddress
import json
import time
from dataclasses import asdict

import click

from softswitch.cli.text import date, line
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import bans
from softswitch.trunks.banning import duration, protected

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def ban() -> None:
    """See, lift and add bans. Running nodes follow within a second."""


@ban.command("list", epilog="\b\nExample:\n  softswitch ban list --json")
@as_json
@click.pass_obj
def list_(config: Config, json_: bool) -> None:
    """List the bans that hold, the ones that end last first."""
    held = bans.held(config.database_url, time.time())
    if json_:
        click.echo(json.dumps({"bans": [asdict(each) for each in held]}))
        return
    row = "{:<39}  {:<19}  {:>5}  {}".format
    if held:
        click.echo(row("ADDRESS", "UNTIL", "TIMES", "REASON"))
    for each in held:
        click.echo(row(each.address, date(each.until), each.times, line(each.reason)))
    if not held:
        click.echo("nobody is banned")


@ban.command(epilog="\b\nExample:\n  softswitch ban lift 203.0.113.7")
@click.argument("address")
@as_json
@click.pass_obj
def lift(config: Config, address: str, json_: bool) -> None:
    """Lift the ban of ADDRESS and forget that it was ever banned."""
    address = _address(address)
    if not bans.lift(config.database_url, address):
        raise SoftswitchError(f"{address} is not banned: see softswitch ban list")
    click.echo(json.dumps({"lifted": address}) if json_ else f"{address} is no longer banned")


@ban.command(epilog="\b\nExample:\n  softswitch ban add 203.0.113.7")
@click.argument("address")
@click.option("--reason", default="by hand", show_default=True, help="What `ban list` says about it.")
@as_json
@click.pass_obj
def add(config: Config, address: str, reason: str, json_: bool) -> None:
    """Ban ADDRESS for `bans.duration`, longer each time. An address of a trunk is heard nevertheless."""
    address = _address(address)
    if address in protected(config.bans.never):
        raise SoftswitchError(f"{address} is this machine's own or in bans.never: it is never banned")
    made = bans.add(
        config.database_url,
        address,
        reason,
        config.node,
        time.time(),
        lambda times: duration(config.bans, times),
    )
    if json_:
        click.echo(json.dumps(asdict(made)))
    else:
        click.echo(f"{address} is banned for {(made.until - made.at) / 60:.0f} minutes")


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise SoftswitchError(f"{text}: expected an IP address such as 203.0.113.7") from None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
