"""`softswitch serve`."""

import click

from softswitch import supervisor
from softswitch.child import configure_logs
from softswitch.config import Config


@click.command()
@click.pass_obj
def serve(config: Config) -> None:
    """Answer calls until Ctrl-C or SIGTERM.

    \b
    Example:
      softswitch --set sip.port=5070 serve
    """
    configure_logs(config.log)
    supervisor.serve(config, lambda: announce(config))


def announce(config: Config) -> None:
    """Where to call, and how to hear it at once."""
    sip = config.sip
    host = f"[{sip.address}]" if ":" in sip.address else sip.address
    uri = f"sip:{'127.0.0.1' if sip.address == '0.0.0.0' else host}:{sip.port}"
    click.echo(f"softswitch answers at {uri} (UDP and TCP) with the dialplan {config.dialplan}.")
    if sip.address.startswith("127.") or sip.address == "::1":
        click.echo("Only this machine can call it; set sip.address and sip.allow to let others in.")
    click.echo(f'Hear it at once: softswitch call {uri} --say "what are your opening hours"')
