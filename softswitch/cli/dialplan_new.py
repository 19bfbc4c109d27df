"""`softswitch dialplan new`: a folder to begin with, that checks clean and has a test."""

import re
import shutil
from importlib import resources
from pathlib import Path

import click

from softswitch.complaints import suggest
from softswitch.config import bundled
from softswitch.dialplan.files.kinds import NAME
from softswitch.dialplan.testing import scenarios
from softswitch.errors import SoftswitchError

EMPTY = "empty"
SCENARIOS = "scenarios.yaml"
TEST = """\
# Conversations that must go as they are written here: softswitch dialplan test {folder}
# Each turn is what the caller does (says, presses, silent: yes, interrupts, failed) and what must then hold
# (step, intent, slots, said, not_said, context, actions, ends, language).
a call begins:
  - ends: "no"
"""
MORE = """
hours, then nothing else:
  - {says: what time do you open, intent: opening_hours, step: anything_else, said: nine to five}
  - {says: "no", ends: hangup}

a customer number, keyed:
  - {presses: "2", step: customer}
  - {presses: "1234", context: {customer_number: "1234"}, said: [Thank you, What else]}

a customer number that is said at once:
  - {says: my account number is one two three four, slots: {customer_number: "1234"}}

nobody says a word:
  - {silent: yes, said: did not hear, step: greeting}
  - {silent: yes, said: still do not hear}
  - {silent: yes, step: person, ends: transfer}
  - {failed: 486, said: nobody can take your call, ends: hangup}

help comes back to the question:
  - {says: help me, said: [I can tell you, Would you like], step: greeting}
"""


def _sources() -> list[str]:
    return [EMPTY, *sorted(found.parent.name for found in bundled("dialplans").glob("*/plan.yaml"))]


@click.command()
@click.argument("name")
@click.option(
    "--from",
    "source",
    default=EMPTY,
    show_default=True,
    metavar="PLAN",
    help="What to begin with: empty, or a bundled dialplan's name.",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to make it [default: dialplans, where there is such a folder, else here].",
)
def new(name: str, source: str, directory: Path | None) -> None:
    """Make a dialplan NAME: files with comments that teach, and its first tests. Nothing is overwritten.

    \b
    Examples:
      softswitch dialplan new myshop
      softswitch dialplan new myshop --from reception --directory ./dialplans
    """
    if not re.fullmatch(NAME, name):
        raise SoftswitchError(
            f"{name}: expected a name of small letters (a to z), digits and _, for instance my_shop"
        )
    if source not in _sources():
        raise SoftswitchError(f"--from {source}: there is no such plan{suggest(source, _sources())}")
    parent = directory or (Path("dialplans") if Path("dialplans").is_dir() else Path())
    folder = parent / name
    tests = {scenarios.home(folder) / file: text for file, text in _tests(folder, source).items()}
    for path in (folder, *tests):
        if path.exists():
            raise SoftswitchError(f"{path} is there already; choose another name, or another --directory.")
    _copy(source, folder, name)
    for path, text in tests.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _tell(folder, scenarios.home(folder))


def _copy(source: str, folder: Path, name: str) -> None:
    """The source with its name replaced; half a folder is not left behind."""
    try:
        if source == EMPTY:
            with resources.as_file(resources.files("softswitch.dialplan") / "starter") as starter:
                shutil.copytree(starter, folder)
        else:
            shutil.copytree(
                bundled("dialplans") / source, folder, ignore=shutil.ignore_patterns("__pycache__")
            )
        plan = folder / "plan.yaml"
        plan.write_text(re.sub(r"(?m)^name: .*$", f"name: {name}", plan.read_text("utf-8")), "utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise SoftswitchError(f"{folder} cannot be made: {error.strerror}") from None


def _tests(folder: Path, source: str) -> dict[str, str]:
    """Files of tests by name: the source's own, which only a checkout has, or one to begin with."""
    if source == EMPTY:
        return {SCENARIOS: TEST.format(folder=folder) + MORE}
    own = sorted(scenarios.home(bundled("dialplans") / source).glob("*.yaml"))
    return {path.name: path.read_text("utf-8") for path in own} or {SCENARIOS: TEST.format(folder=folder)}


def _tell(folder: Path, tests: Path) -> None:
    shown = tests.relative_to(Path.cwd()) if tests.is_relative_to(Path.cwd()) else tests
    click.echo(f"{folder} and {shown} are made. Now:")
    for command, purpose in (
        (f"check {folder}", "every mistake, with its line"),
        (f"simulate {folder}", "talk to it by typing"),
        (f"test {folder} --coverage", "hold it to its tests"),
    ):
        click.echo(f"  softswitch dialplan {command:<40} {purpose}")
    click.echo("For completion in editors, see softswitch dialplan schema --help.")
    click.echo(f"To answer calls with it: softswitch --set dialplan={folder} serve")
