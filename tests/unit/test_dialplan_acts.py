"""Scenarios and simulations of plans that wait for actions: what comes of them is made up."""

from pathlib import Path

import pytest
import small_plans
from click.testing import CliRunner
from plan_text import plan_of

from softswitch.cli.root import softswitch
from softswitch.dialplan.testing import running, scenarios
from softswitch.dialplan.testing.running import Result
from softswitch.errors import InvalidFile

PLAN = """
plan:
  variables: {number: {type: digits, length: 1-6}, name: {type: text}}
  actions:
    place: {arguments: [], result: number}
    find: {kind: lookup, arguments: [caller_number], result: name}
intents: {order: [order]}
flows:
  main:
    steps:
      start: {lookup: {action: find, found: known, not_found: unknown, late: unknown}}
      known: {say: "Hello {name}.", next: ask}
      unknown: {say: Hello., next: ask}
      ask: {say: What can I do?, listen: {on: {order: place}}}
      place:
        say: I place it.
        do: {action: place, within: 2s, done: done, noted: noted, refused: refused}
      done: {say: "It is number {number}.", next: ask}
      noted: {say: It is noted., next: ask}
      refused: {say: It cannot be., next: ask}
"""


def run(tmp_path: Path, text: str) -> list[Result]:
    plan = plan_of(PLAN)
    (tmp_path / "scenarios.yaml").write_text(text)
    cases = scenarios.read(tmp_path)
    scenarios.check(cases, plan)
    return [running.run(plan, case) for case in cases]


def test_a_scenario_says_what_comes_of_actions(tmp_path: Path) -> None:
    results = run(
        tmp_path,
        """
done:
  acts: {find: {outcome: found, result: {name: Jane}}, place: {outcome: done, result: {number: "17"}}}
  turns:
    - said: [Hello Jane., What can I do?]
    - says: order
      intent: order
      actions: place
      said: [I place it., It is number 1 7., What can I do?]
      step: ask
refused: {acts: {place: refused}, turns: [{says: order, said: It cannot be., intent: order}]}
noted: [{said: Hello. What can I do?}, {says: order, said: It is noted.}]
""",
    )
    assert [result.failure and str(result.failure) for result in results] == [None, None, None]
    assert [exchange.did for exchange in results[0].exchanges] == [
        "",
        "find is found",
        'says "order"',
        "place is done",
    ]


def test_what_does_not_hold_is_told_with_why(tmp_path: Path) -> None:
    (result,) = run(tmp_path, "wrong: {acts: {place: refused}, turns: [{says: order, said: It is noted.}]}\n")
    assert result.failure
    assert "expected to hear" in str(result.failure)
    assert "place: place is refused" in result.failure.why


@pytest.mark.parametrize(
    ("acts", "message"),
    [
        ("{plce: done}", "the plan has no action 'plce'; did you mean 'place'"),
        ("{place: found}", "'place' can be done, noted, refused, not found"),
        ("{find: done}", "'find' can be found, not_found, late, not done"),
        ("{find: gone}", "got 'gone'"),
    ],
)
def test_outcomes_that_an_action_cannot_have_are_told(tmp_path: Path, acts: str, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        run(tmp_path, f"wrong:\n  acts: {acts}\n  turns: [{{says: order}}]\n")


def test_a_simulation_says_what_is_waited_for(tmp_path: Path) -> None:
    head = (
        "name: shop\nlanguage: en\nstart: ask\nvariables: {number: {type: digits, length: 1-6}}\n"
        "actions: {place: {arguments: [], result: number}}\n"
    )
    steps = """
  ask: {say: What can I do?, listen: {on: {order: place}}}
  place: {say: I place it., do: {action: place, within: 2s, done: done, noted: noted, refused: bye}}
  done: {if: number is set, then: told, else: noted}
  told: {say: "It is number {number}.", next: bye}
  noted: {say: It is noted., next: bye}
"""
    folder = str(small_plans.write(tmp_path, head, steps, intents_order="sentences: [order]\n"))
    for options, told in (([], "It is noted."), (["--acts", "place=done,number=17"], "It is number")):
        done = CliRunner().invoke(softswitch, ["dialplan", "simulate", folder, *options], input="order\n")
        assert done.exit_code == 0, done.output
        assert told in done.output
    wrong = CliRunner().invoke(softswitch, ["dialplan", "simulate", folder, "--acts", "place=found"])
    assert "expected ACTION=OUTCOME, one of done, noted, refused" in str(wrong.exception)
