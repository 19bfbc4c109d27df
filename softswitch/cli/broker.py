"""`softswitch broker`: an MQTT broker for trying things out."""

import asyncio
import ipaddress

import click

from softswitch.errors import SoftswitchError
from softswitch.publish.broker import serve


@click.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=1883, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--anyone", is_flag=True, help="Listen on an address that others can reach, too.")
def broker(address: str, port: int, anyone: bool) -> None:
    """Run a small MQTT broker until Ctrl-C, for demonstrations and tests.

    It asks nobody for a password and keeps nothing on disk: for real work take Mosquitto or EMQX. Needs pip
    install 'softswitch[broker]'.

    \b
    Example:
      softswitch broker
      softswitch --set mqtt.url=mqtt://127.0.0.1 serve
    """
    if not (_is_loopback(address) or anyone):
        raise SoftswitchError(
            f"whoever reaches {address} could read and publish all: --anyone says yes to that"
        )
    asyncio.run(serve(address, port, lambda: click.echo(f"listening at mqtt://{address}:{port}")))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
