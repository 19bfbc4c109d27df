"""`softswitch dialplan`: everything that is done with a dialplan before and while it answers calls."""

import click

from softswitch.cli.dialplan_check import check, schema
from softswitch.cli.dialplan_diff import diff
from softswitch.cli.dialplan_explain import explain
from softswitch.cli.dialplan_graph import graph
from softswitch.cli.dialplan_new import new
from softswitch.cli.dialplan_reload import reload
from softswitch.cli.dialplan_simulate import simulate
from softswitch.cli.dialplan_test import test

COMMANDS: tuple[click.Command, ...] = (new, check, test, simulate, explain, graph, schema, diff, reload)


@click.group()
def dialplan() -> None:
    """Write a dialplan, prove it, talk to it, and put it to work.

    PATH is a folder or a bundled dialplan's name; without it the configured dialplan is taken.
    """


for command in COMMANDS:
    dialplan.add_command(command)
