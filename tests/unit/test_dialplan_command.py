"""`softswitch dialplan` as typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from softswitch.cli.dialplan import dialplan
from softswitch.config import Config
from softswitch.errors import InvalidFile


def run(*args: str, typed: str = "", human: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(dialplan, args, obj=Config(human=human), input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text("name: x\nstart: y\nstrt: z\n")
    return tmp_path


def test_check_tells_that_there_is_no_problem() -> None:
    code, output = run("check")
    assert code == 0
    assert "no problem" in output


def test_check_fails_with_every_problem(broken: Path) -> None:
    with pytest.raises(InvalidFile, match="did you mean 'start'"):
        run("check", str(broken))


def test_check_gives_problems_as_json_and_exit_status_1(broken: Path) -> None:
    code, output = run("check", str(broken), "--json")
    assert code == 1
    found = json.loads(output)
    assert not found["ok"]
    assert {"file": f"{broken}/plan.yaml", "line": 3, "column": 1} == {
        key: value
        for key, value in next(p for p in found["problems"] if "strt" in p["message"]).items()
        if key != "message"
    }


def test_check_describes_a_sound_plan_as_json() -> None:
    code, output = run("check", "reception", "--json")
    assert code == 0
    assert json.loads(output)["name"] == "reception"


def test_a_conversation_is_typed() -> None:
    code, output = run("simulate", typed="where is my order\n1002\n\nfree beer\nbye\n")
    assert code == 0
    for part in (
        "Green Street Books",
        "[intent order_status, step order_number]",
        "Order 1 0 0 2 is on its way",
        "I did not hear anything",
        "[intent none, step anything_else]",
        "hangs up",
    ):
        assert part in output
        output = output[output.index(part) :]


def test_a_transfer_may_fail_in_the_simulation() -> None:
    code, output = run("simulate", typed="agent\nfailed\nbye\n", human="sip:desk@127.0.0.1")
    assert code == 0
    assert output.index("transfers to sip:desk@127.0.0.1") < output.index("nobody can take your call")


def test_the_end_of_typing_ends_the_simulation() -> None:
    assert run("simulate", typed="")[0] == 0


@pytest.mark.parametrize("args", [["--help"], ["check", "--help"], ["simulate", "--help"]])
def test_help_is_given(args: list[str]) -> None:
    code, output = run(*args)
    assert code == 0
    assert "dialplan" in output
