"""Scenarios: run by text against a small plan, covered, reported."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from plan_text import plan_of

from softswitch.dialplan.plan import Plan
from softswitch.dialplan.testing import coverage, junit, recorded, report, running, scenarios
from softswitch.dialplan.testing.recorded import Recorded
from softswitch.dialplan.testing.report import Told
from softswitch.dialplan.testing.running import Result
from softswitch.errors import InvalidFile, SoftswitchError
from softswitch.events import EndedBy
from softswitch.news import TurnFinished

PLAN = """
plan:
  time_zone: Europe/London
  hours: {open: [monday-friday 9:00-17:00]}
  variables:
    number: {type: digits, length: 4}
    name: {type: text, scope: caller}
    pin: {type: digits, length: 4, sensitive: "yes"}
  actions: {order: {arguments: [number]}}
  universal: {on: {human: person, goodbye: bye}}
intents:
  address: {sentences: [where are you, what is your address]}
  order: {sentences: [my order, "order {number}"]}
  secret: {sentences: [my pin]}
flows:
  main:
    steps:
      start:
        say: Welcome.
        listen: {on: {address: address, order: ask, secret: pin}, dtmf: {"1": address, "2": order}}
      address: {say: Twelve Green Street., next: start}
      ask:
        say: Which number?
        collect: {slot: number, next: promise}
      promise: {say: "I order {number}.", do: {action: order, next: bye}}
      pin:
        say: Your pin?
        collect: {slot: pin, next: bye}
      person:
        say: One moment.
        transfer: {to: human, failed: start}
      bye: {say: Goodbye., hangup: "yes"}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(PLAN)


def results(plan: Plan, tmp_path: Path, text: str) -> list[Result]:
    (tmp_path / "scenarios.yaml").write_text(text)
    cases = scenarios.read(tmp_path)
    scenarios.check(cases, plan)
    return [running.run(plan, case) for case in cases]


def failures(plan: Plan, tmp_path: Path, turns: str) -> Sequence[str]:
    failure = results(plan, tmp_path, f"it: [{turns}]")[0].failure
    return failure.missed if failure else ()


@pytest.mark.parametrize(
    "turns",
    [
        "{step: start, said: Welcome, ends: 'no'}",
        "{says: where are you, intent: address, said: [Twelve, Welcome], not_said: Goodbye}",
        "{presses: '1', intent: address, step: start}",
        "{presses: '21234', slots: {number: '1234'}, actions: {action: order, arguments: {number: '1234'}}}",
        "{says: order one two three four, context: {number: '1234', name: }, actions: order, ends: hangup}",
        "{silent: yes, said: did not hear, intent: none, actions: []}",
        "{interrupts: goodbye, ends: hangup}",
        "{says: nonsense, also: goodbye, sure: 0.6, ends: hangup}",
        "{says: agent, ends: transfer}, {failed: 486, step: start}",
        "{says: my pin, step: pin}, {says: one two three four, context: {pin: '1234'}, ends: hangup}",
        "{step: start, language: en}",
    ],
)
def test_what_holds_is_no_failure(plan: Plan, tmp_path: Path, turns: str) -> None:
    assert failures(plan, tmp_path, turns) == ()


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ("{step: ask}", "expected the step ask, got start"),
        ("{says: where are you, intent: order}", "expected the intent order, got address"),
        ("{says: where are you, said: Twelve Grey Street}", 'nearest was "Twelve Green Street."'),
        ("{says: where are you, said: [Welcome, Twelve]}", "it was said earlier than expected"),
        ("{says: where are you, not_said: Twelve}", 'expected not to hear "Twelve"'),
        ("{says: goodbye, ends: transfer}", "expected a transfer, but the call ended"),
        ("{says: goodbye, ends: 'no'}", "expected the call to go on, but the call ended"),
        ("{presses: '21234', actions: []}", "expected the actions none, got order"),
        (
            "{presses: '21234', actions: {action: order, arguments: {number: '1'}}}",
            'expected the argument of order number "1", got "1234"',
        ),
        ("{says: order one two three four, slots: {number: '1'}}", 'the slot number "1", got "1234"'),
        ("{says: where are you, context: {number: '1'}}", 'the variable number "1", got none'),
        ("{says: goodbye}, {says: hello}", "the call ended before, at bye"),
        ("{says: hello, failed: 486}", "expected one of"),
        ("{failed: 486}", "nothing was transferred"),
    ],
)
def test_what_does_not_hold_is_told(plan: Plan, tmp_path: Path, turns: str, told: str) -> None:
    try:
        missed = "; ".join(failures(plan, tmp_path, turns))
    except InvalidFile as error:
        missed = str(error)
    assert told in missed


def test_a_failure_has_its_line_and_why_and_the_transcript_up_to_there(plan: Plan, tmp_path: Path) -> None:
    text = "it:\n  - {step: start}\n  - says: where are you\n    step: ask\n  - {says: never said}\n"
    told = report.tell(results(plan, tmp_path, text)[0])
    assert told.where == (str(tmp_path / "scenarios.yaml"), 3)
    lines = list(told.lines())
    assert "scenarios.yaml:3: expected the step ask, got start" in lines[0]
    assert any("because" in line and "address" in line for line in lines)
    assert '    caller says "where are you"' in lines
    assert not any("never said" in line for line in lines)


def test_how_near_the_expected_intent_came_is_told(plan: Plan, tmp_path: Path) -> None:
    missed = failures(plan, tmp_path, "{says: my order pin, intent: order}")
    assert "order came to 0." in missed[0]


def test_that_nobody_listens_for_the_expected_intent_is_told(plan: Plan, tmp_path: Path) -> None:
    missed = failures(plan, tmp_path, '{says: "yes please", intent: "yes"}')
    assert "got none; step start does not listen for yes" in missed[0]


def test_a_secret_is_not_told(plan: Plan, tmp_path: Path) -> None:
    missed = failures(plan, tmp_path, "{says: my pin}, {presses: '4711', context: {pin: }}")
    assert missed == ('expected the variable pin not to be set, got "****"',)


def test_names_that_the_plan_has_not_are_all_told_with_the_nearest(plan: Plan, tmp_path: Path) -> None:
    text = (
        "it:\n  - {step: strat}\n"
        "  - {says: x, intent: adress, context: {numer: '1'}, actions: oder, language: fr}\n"
        "other:\n  call: {remembered: {nam: x}}\n  turns: [{says: x, slots: {nmbr: '1'}}]\n"
    )
    with pytest.raises(InvalidFile) as raised:
        results(plan, tmp_path, text)
    found = [(problem.line, problem.message) for problem in raised.value.problems]
    assert [line for line, _ in found] == [2, 3, 3, 3, 3, 5, 6]
    for (_, message), near in zip(
        found, ["start", "address", "number", "order", "expected one of: en", "name", "number"], strict=True
    ):
        assert near in message


def test_keys_are_suggested_in_scenarios(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile) as raised:
        results(plan, tmp_path, "it:\n  - {sayz: x}\nother:\n  turns:\n    - {says: x, stp: y}\n")
    assert [problem.message for problem in raised.value.problems] == [
        "unknown key 'sayz'; did you mean 'says'?",
        "unknown key 'stp'; did you mean 'step'?",
    ]


def test_the_call_decides_about_facts_and_routes(tmp_path: Path) -> None:
    plan = plan_of(
        PLAN.replace(
            "plan:",
            'plan:\n  country: GB\n  routes: [{name: shop, when: {to: "+442079460000", hours: open}}]',
            1,
        )
    )
    text = """
comes in:
  call: {to: 020 7946 0000, from: "+442079460001", at: 2026-11-23 10:00, remembered: {name: Ann}}
  turns: [{step: start, context: {caller_number: "+442079460001", hours_open: "yes", name: Ann}}]
at night:
  call: {to: "+442079460000", at: 2026-11-23 22:00}
  turns: [{step: start}]
"""
    entered, refused = results(plan, tmp_path, text)
    assert entered.failure is None
    assert refused.failure and refused.failure.missed == ("no route of the plan takes this call",)
    assert "22:00" in refused.failure.why[0]


def test_there_must_be_scenarios(tmp_path: Path) -> None:
    with pytest.raises(SoftswitchError, match="There are no tests"):
        scenarios.read(tmp_path)


def test_tests_lie_at_the_mirrored_path_or_in_the_plan_s_own_folder(tmp_path: Path) -> None:
    assert scenarios.home(tmp_path / "dialplans" / "shop") == tmp_path / "tests" / "dialplans" / "shop"
    assert scenarios.home(tmp_path / "shop") == tmp_path / "shop" / "tests"


def test_coverage_counts_steps_ways_and_intents_and_names_what_is_missing(plan: Plan, tmp_path: Path) -> None:
    found = results(plan, tmp_path, "it: [{says: where are you}, {presses: '2'}, {says: goodbye}]")
    covered = coverage.measure(plan, found[0].exchanges)
    assert covered.steps.missed == ("promise", "pin", "person", "give_up")
    assert covered.ways.missed == (
        "start -> pin",
        "ask -> promise",
        "promise -> bye",
        "pin -> bye",
        "person -> start",
    )
    assert covered.intents.missed == ("human", "secret")
    assert covered.steps.percent == 50
    whole = [covered.steps, covered.ways, covered.intents]
    reached, of = sum(each.reached for each in whole), sum(each.of for each in whole)
    assert covered.percent == pytest.approx(100 * reached / of)


def test_junit_counts_and_escapes(plan: Plan, tmp_path: Path) -> None:
    text = 'good <&>: [{step: start}]\nbad: [{says: "where \\x07are you", step: ask}]\n'
    told = [report.tell(result, 0.5) for result in results(plan, tmp_path, text)]
    left = report.Told("left", ("f.yaml", 1), left_out="no way")
    root = ElementTree.fromstring(junit.xml("shop", [*told, left]))
    suite = root[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped", "time")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "time": "1.000",
    }
    assert [case.get("name") for case in suite] == ["good <&>", "bad", "left"]
    failure = suite[1].find("failure")
    assert failure is not None and failure.text
    assert "expected the step ask" in str(failure.get("message"))
    assert "where ?are you" in failure.text


# --- over real calls ---------------------------------------------------------------------------------------


def rehearse(plan: Plan, tmp_path: Path, text: str) -> Result | Told:
    (tmp_path / "scenarios.yaml").write_text(text)
    return recorded.rehearse(plan, scenarios.read(tmp_path)[0], datetime(2026, 11, 23, 22, 0))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("it: [{says: agent}, {failed: 486}]", "a real transfer cannot be made to fail"),
        (
            "it: {call: {at: 2026-11-23 10:00}, turns: [{step: start, context: {hours_open: 'yes'}}]}",
            "needs at, which a real call of now has not",
        ),
        ("it: [{says: where are you, sure: 0.1, intent: none}]", "needs sure"),
        ("it: [{step: start, context: {now: '10:00'}}]", "hangs on the day"),
    ],
)
def test_what_cannot_be_played_over_a_call_is_left_out_with_the_reason(
    plan: Plan, tmp_path: Path, text: str, reason: str
) -> None:
    told = rehearse(plan, tmp_path, text)
    assert isinstance(told, Told)
    assert reason in told.left_out


def test_what_fails_by_text_needs_no_call(plan: Plan, tmp_path: Path) -> None:
    told = rehearse(plan, tmp_path, "it: [{step: ask}]")
    assert isinstance(told, Told)
    assert told.failed == ("expected the step ask, got start",)


def turn(number: int, step: str, path: tuple[str, ...], intent: str = "", said: str = "") -> TurnFinished:
    via = "start" if number == 1 else "speech"
    return TurnFinished(
        "c", number, step, via, "words", 0.9, intent, said, 1, 1, said, 0, path=path, language="en"
    )


SCRIPT = """
it:
  - {step: start, said: Welcome}
  - {presses: '2', step: ask}
  - {says: goodbye, intent: goodbye, ends: hangup}
"""
GREETING = turn(1, "start", ("start",), said="Welcome.")
ASKED = turn(2, "start", ("ask",), "order", "Which number?")
ENDED = turn(3, "ask", ("bye",), "goodbye", "Goodbye.")


@pytest.mark.parametrize(
    ("turns", "ended_by", "told"),
    [
        ([GREETING, ASKED, ENDED], EndedBy.NODE, ""),
        ([GREETING, ASKED, ENDED], EndedBy.CALLER, "the call was ended by caller"),
        ([GREETING, ASKED], EndedBy.NODE, "the call ended before that"),
        ([turn(1, "start", ("start",)), ASKED, ENDED], EndedBy.NODE, 'expected to hear "Welcome"'),
        ([GREETING, turn(2, "start", (), ""), ENDED], EndedBy.NODE, "expected the step ask, got start"),
        ([GREETING, ASKED, turn(3, "ask", ("bye",), "human")], EndedBy.NODE, "the intent goodbye, got human"),
    ],
)
def test_records_are_held_against_the_scenario(
    plan: Plan, tmp_path: Path, turns: list[TurnFinished], ended_by: EndedBy, told: str
) -> None:
    rehearsed = rehearse(plan, tmp_path, SCRIPT)
    assert isinstance(rehearsed, Result)
    came = recorded.judge(rehearsed, Recorded(turns, ended_by, False, 3.0))
    assert told in "; ".join(came.failed)
    assert bool(came.failed) == bool(told)
