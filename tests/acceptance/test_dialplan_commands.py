"""Dialplan commands that need real calls or a node: test --audio, reload, diff running, graph --calls."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from node import Node
from small_plans import Calling

from softswitch import config
from softswitch.cli.dialplan import dialplan
from softswitch.config import Config

StartNode = Callable[..., Node]
DESK = "sip:desk@127.0.0.1"
SCENARIOS = """
spoken and keyed:
  - {step: greeting, said: Thank you for calling}
  - {says: when are you open, intent: opening_hours, step: anything_else, said: [nine to five, What else]}
  - {presses: "2"}
  - {says: my account, step: customer}
  - {presses: "1234", said: I found customer 1 2 3 4, step: anything_else}
  - {says: goodbye, intent: goodbye, ends: hangup}
over the greeting to a person:
  call: {from: "+442079460001", to: "+442079460000"}
  turns:
    - {interrupts: i want to speak to an agent, intent: human, ends: transfer}
a question, also in noise:
  - {says: what time do you open, intent: opening_hours, step: anything_else}
silent:
  - {silent: yes, said: did not hear anything, step: greeting}
  - {says: goodbye, ends: hangup}
expects what does not happen:
  - {says: when are you open, said: ten to five}
a transfer that fails:
  - {says: agent, ends: transfer}
  - {failed: 486}
"""


def run(settings: Config, *args: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(dialplan, [str(arg) for arg in args], obj=settings)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A plan made by `new`, without its tests."""
    assert run(Config(), "new", "shop", "--directory", tmp_path)[0] == 0
    (tmp_path / "shop/tests/scenarios.yaml").unlink()
    return tmp_path / "shop"


@pytest.mark.slow
def test_scenarios_are_played_over_real_calls(shop: Path, tmp_path: Path, prompts: Path) -> None:
    (shop / "tests/scenarios.yaml").write_text(SCENARIOS)
    data = tmp_path / "data"
    data.mkdir()
    (data / "prompts").symlink_to(prompts)
    settings = Config(data_dir=data, human=DESK)
    code, output = run(settings, "test", shop, "--audio", "--json", "--coverage")
    found = json.loads(output)
    told = {each["name"]: each for each in found["scenarios"]}
    assert {name: each["result"] for name, each in told.items()} == {
        "spoken and keyed": "passed",
        "over the greeting to a person": "passed",
        "a question, also in noise": "passed",
        "silent": "passed",
        "expects what does not happen": "failed",
        "a transfer that fails": "left out",
    }, output
    assert code == 1
    missed = told["expects what does not happen"]
    assert 'expected to hear "ten to five", nearest was "nine to five,"' in missed["failed"]
    assert "cannot be made to fail" in told["a transfer that fails"]["reason"]
    assert "customer" not in found["coverage"]["steps"]["missed"]
    code, output = run(settings, "test", shop, "--audio", "--noise", "20", "--only", "in noise")
    assert (code, "1 passed" in output) == (0, True), output


@pytest.mark.slow
def test_a_change_is_shown_reloaded_and_its_callers_are_counted(shop: Path, start_node: StartNode) -> None:
    node = start_node(f"dialplan={shop}", f"human={DESK}")
    settings = config.load(overrides=(f"data_dir={node.data_dir}", f"dialplan={shop}", f"human={DESK}"))
    assert run(settings, "diff", "running")[0] == 0
    flow = shop / "flows/main.yaml"
    flow.write_text(flow.read_text().replace("nine to five", "ten to four"))

    code, output = run(settings, "diff", "running")
    assert code == 1
    assert "~ step hours" in output

    code, output = run(settings, "reload")
    assert code == 0
    assert " -> " in output
    assert run(settings, "diff", "running")[0] == 0
    assert "nothing has changed" in run(settings, "reload")[1]

    with Calling(node, "--dtmf", "1", "--wait", "1") as call:
        call.wait()
    node.wait_for_calls(1)
    code, output = run(settings, "graph", "--calls")
    assert code == 0
    assert 'step_greeting -->|"opening_hours (1)"| step_hours' in output
