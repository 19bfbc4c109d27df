"""Every bundled dialplan: it checks without a word, its scenarios hold, and they go through all of it."""

from functools import cache
from pathlib import Path

import pytest

from softswitch import config
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.testing import coverage, running, scenarios
from softswitch.dialplan.testing.running import Exchange
from softswitch.dialplan.testing.scenarios import Case

PLANS = sorted(path.parent for path in config.bundled("dialplans").glob("*/plan.yaml"))
LEAST = 25
HUMAN = "sip:desk@127.0.0.1"


@cache
def cases(path: Path) -> list[Case]:
    home = scenarios.home(path)
    return scenarios.read(home) if any(home.glob("*.yaml")) else []


@cache
def loaded(path: Path) -> Plan:
    return loader.load(path, HUMAN)


CASES = [(path, case) for path in PLANS for case in cases(path)]
every_plan = pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)


@pytest.mark.parametrize(("path", "case"), CASES, ids=[f"{path.name}: {case.name}" for path, case in CASES])
def test_a_scenario_holds(path: Path, case: Case) -> None:
    assert str(running.run(loaded(path), case).failure or "") == ""


@every_plan
def test_the_scenarios_are_many_and_name_what_there_is(path: Path) -> None:
    scenarios.check(cases(path), loaded(path))
    assert len(cases(path)) >= LEAST


@every_plan
def test_the_scenarios_go_through_every_step_and_intent(path: Path) -> None:
    walked: list[Exchange] = []
    for case in cases(path):
        walked += running.run(loaded(path), case).exchanges
    covered = coverage.measure(loaded(path), walked)
    assert (covered.steps.missed, covered.intents.missed) == ((), ())


@every_plan
def test_nothing_is_wrong_with_it(path: Path) -> None:
    found = loader.inspect(path, HUMAN)
    assert found.plan
    assert [str(problem) for problem in found.problems] == []
