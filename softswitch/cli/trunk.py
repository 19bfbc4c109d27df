"""`softswitch trunk`: the connections to telephone providers and PBXs."""

import click

from softswitch.cli.trunk_add import add
from softswitch.cli.trunk_edit import disable, edit, enable, remove
from softswitch.cli.trunk_explain import explain
from softswitch.cli.trunk_files import export, import_
from softswitch.cli.trunk_list import list_, show
from softswitch.cli.trunk_rekey import rekey
from softswitch.cli.trunk_status import status
from softswitch.cli.trunk_test import test

COMMANDS: tuple[click.Command, ...] = (
    add,
    list_,
    show,
    edit,
    remove,
    enable,
    disable,
    status,
    test,
    explain,
    import_,
    export,
    rekey,
)


@click.group()
def trunk() -> None:
    """Declare trunks: how calls come from providers and PBXs, and go there.

    They are kept in the database, passwords encrypted, or in the YAML file that `trunks_file` names. Running
    nodes follow within a second.
    """


for command in COMMANDS:
    trunk.add_command(command)
