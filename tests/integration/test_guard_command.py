"""softswitch guard, on a real database; and what softswitch dial says without a node."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from softswitch.cli.root import softswitch
from softswitch.errors import SoftswitchError
from softswitch.sections.dialing import Dialing
from softswitch.store import dialled, migrate
from softswitch.trunks import guarding

NUMBER = "+442079460123"


class Command:
    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'softswitch.db'}"
        self._sets = [f"data_dir={folder}", "dialing.prefixes=+44,+33", "dialing.calls_per_number=1"]

    def __call__(self, *arguments: str) -> Result:
        sets = [part for setting in self._sets for part in ("--set", setting)]
        return CliRunner().invoke(softswitch, [*sets, *arguments])


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    migrate.upgrade(made.url)
    return made


def trip(command: Command) -> None:
    caps = guarding.caps(Dialing(calls_per_number=1))
    for call_id in ("a" * 32, "b" * 32):
        dialled.admit(command.url, call_id, NUMBER, "berlin", "node", caps)


def test_show_tells_prefixes_caps_and_holds(command: Command):
    trip(command)
    lines = command("guard", "show").output.splitlines()
    assert lines[0] == "may be dialled: +44, +33"
    assert "calls_per_hour            1 of 300" in lines
    assert f"calls_per_number          1 of 1 ({NUMBER})" in lines
    assert lines[-1].startswith("HELD since ")
    assert lines[-1].endswith(f"softswitch guard release {NUMBER}")


def test_show_tells_the_same_to_programs(command: Command):
    trip(command)
    told = json.loads(command("guard", "show", "--json").output)
    assert told["prefixes"] == ["+44", "+33"]
    caps = {cap["cap"]: cap for cap in told["caps"]}
    assert (caps["calls_per_number"]["used"], caps["calls_per_number"]["number"]) == (1, NUMBER)
    assert caps["minutes_per_day"]["limit"] == 4000 * 60
    assert [hold["scope"] for hold in told["holds"]] == [NUMBER]


def test_release_lifts_one_hold_or_all(command: Command):
    trip(command)
    with pytest.raises(SoftswitchError, match="no hold of calls_per_day"):
        _raise(command("guard", "release", "calls_per_day"))
    assert command("guard", "release", NUMBER).output == f"released {NUMBER}\n"
    assert json.loads(command("guard", "release", "--json").output) == {"released": []}
    assert command("guard", "release").output == "nothing was held\n"


def _raise(result: Result) -> None:
    assert result.exception
    raise result.exception


def test_dial_says_that_no_node_runs(command: Command):
    with pytest.raises(SoftswitchError, match="no node is running"):
        _raise(command("dial", NUMBER, "--plan", "reception"))


def test_dial_wants_variables_as_pairs(command: Command):
    told = command("dial", NUMBER, "--plan", "reception", "--context", "guest").output
    assert "expected VARIABLE=VALUE" in told
