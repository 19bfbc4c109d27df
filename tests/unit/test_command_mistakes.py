"""What is mistyped, or cannot be, is told before anything is done, with what there is instead."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from softswitch.cli.root import softswitch
from softswitch.errors import SoftswitchError

ACTIONS = (
    "hosts: 127.0.0.1\nactions:\n  place_order: {kind: http, url: 'http://127.0.0.1/orders', json: {}}\n"
)


@pytest.mark.parametrize(
    ("word", "told"), [("serv", "did you mean 'serve'?"), ("xyz", "expected one of: agent,")]
)
def test_a_command_that_is_none_is_told_with_the_nearest(word: str, told: str) -> None:
    result = CliRunner().invoke(softswitch, [word])
    assert result.exit_code == 2
    assert f"There is no command '{word}'; {told}" in result.output


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (["llm", "--hang"], "this node has no language model that could fail: set llm"),
        (["integration", "place_ordr", "--hang"], "that could fail; did you mean 'place_order'?"),
    ],
)
def test_what_a_node_does_not_have_cannot_be_made_to_fail(
    tmp_path: Path, fault: list[str], told: str
) -> None:
    actions = tmp_path / "actions.yaml"
    actions.write_text(ACTIONS)
    settings = ["--set", f"data_dir={tmp_path}", "--set", f"actions_file={actions}"]
    result = CliRunner().invoke(softswitch, [*settings, "chaos", *fault])
    assert isinstance(result.exception, SoftswitchError)
    assert told in str(result.exception)
