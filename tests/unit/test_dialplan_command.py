"""`softswitch dialplan` as typed."""

import pytest
from click.testing import CliRunner

from softswitch.cli.dialplan import dialplan
from softswitch.config import Config


def run(*args: str, typed: str = "", human: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(dialplan, args, obj=Config(human=human), input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


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
