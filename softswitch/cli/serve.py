"""`softswitch serve`."""

import shutil
import sys
from pathlib import Path

import click

from softswitch import supervisor
from softswitch.child import configure_logs
from softswitch.config import Config
from softswitch.gateway.build import SMALL_BUILD, is_tuned


@click.command()
@click.pass_obj
def serve(config: Config) -> None:
    """Answer calls until Ctrl-C or SIGTERM; those that are up may then end (see `drain`).

    \b
    Example:
      softswitch --set sip.port=5070 serve
    """
    configure_logs(config.log)
    supervisor.serve(config, lambda: announce(config))


def announce(config: Config) -> None:
    """Where to call, and how to hear it at once."""
    sip = config.sip
    uri = sip.uri
    plans = ", then ".join(config.dialplan)
    click.echo(f"softswitch answers at {uri} (UDP and TCP) with the dialplan {plans}.")
    if not is_tuned():
        click.echo(
            f"{SMALL_BUILD} calls: this PJSIP takes no more at once. scripts/build_pjsua2 makes one that "
            f"takes {config.media.max_calls}."
        )
    if sip.address.startswith("127.") or sip.address == "::1":
        click.echo("Only this machine can call it; set sip.address and sip.allow to let others in.")
    words = "what are your opening hours" if config.dialplan[0] == "reception" else "help"
    click.echo(f'Hear it at once: {_this_program()} call {uri} --say "{words}"')


def _this_program() -> str:
    """As it was started, where the shell would not find it by its name."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{sys.executable} -m softswitch"
    if shutil.which(program.name) == str(program):
        return program.name
    return str(program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program)
