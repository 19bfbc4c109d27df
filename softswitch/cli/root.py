"""The `softswitch` command: global options, and its commands, each imported only when it is used."""

import importlib
import sys
import traceback
from pathlib import Path

import click

from softswitch import complaints, config
from softswitch.errors import SoftswitchError

COMMANDS = {
    "agent": "Keep the people who answer calls, and say whether they are there.",
    "answer": "Review what a language model has answered.",
    "ban": "See, lift and add bans of unwelcome sources.",
    "broker": "Run a small MQTT broker, for trying things out.",
    "call": "Call a SIP address and hold a conversation.",
    "calls": "Look at calls: list, show, tail.",
    "chaos": "Have the node suffer faults on purpose, and see what callers experience.",
    "db": "Bring the database up to date, or check it.",
    "dial": "Call a number for a dialplan, and follow the call.",
    "dialplan": "Write, prove, test, draw and reload dialplans.",
    "drain": "Let calls end, take no new ones, and stop the node.",
    "doctor": "Check everything that a call needs, and place one.",
    "guard": "See what was dialled against its caps, and lift holds.",
    "model": "Fetch ears and voices, check them, choose among them.",
    "queue": "See what was promised and what became of it, and who waits for a person.",
    "replay": "Tell what remembering answers saves, by replaying calls.",
    "serve": "Answer calls.",
    "trunk": "Declare trunks, test them, see how they fare.",
}
EXPECTED_FAILURE, BUG = 1, 3


class Lazy(click.Group):
    """Commands by name: starting up costs only what is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"softswitch.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """What is no command is told with the nearest that is one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"There is no command '{name}'{complaints.suggest(name, COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="softswitch")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file [default: softswitch.yaml in ~/.config/softswitch].",
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one setting.")
@click.pass_context
def softswitch(ctx: click.Context, path: Path | None, overrides: tuple[str, ...]) -> None:
    """Self-hosted voice agents on real phone lines.

    \b
    Example:
      softswitch --set sip.port=5070 serve
    """
    ctx.obj = config.load(path, overrides)


def run() -> int:
    """Exit status: 0, 1 for what a person can mend, 2 for wrong usage, 3 for a bug of ours."""
    try:
        return int(softswitch.main(standalone_mode=False, prog_name="softswitch") or 0)
    except SoftswitchError as error:
        print(f"softswitch: {error}" if "\n" not in str(error) else str(error), file=sys.stderr)
        return EXPECTED_FAILURE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except click.exceptions.Exit as error:
        return error.exit_code
    except Exception:
        traceback.print_exc()
        print("softswitch: this is a bug; please report it with the lines above", file=sys.stderr)
        return BUG
