"""What is proved of queues, told of them, drawn and tried, before a caller waits in one."""

from datetime import datetime
from pathlib import Path

import pytest
import waiting_plan
from click.testing import CliRunner
from test_dialplan_check import record

from softswitch.cli.dialplan import dialplan
from softswitch.config import Config
from softswitch.dialplan import folder as folders
from softswitch.dialplan import loader
from softswitch.dialplan.differing import compare
from softswitch.dialplan.graphing import edges
from softswitch.dialplan.testing import coverage, recorded, running, scenarios
from softswitch.dialplan.testing.report import Told
from softswitch.events import Listen

MAIN, PLAN, NUMBERS = "flows/main.yaml", "plan.yaml", "flows/numbers.yaml"


def told(folder: Path) -> list[str]:
    return [f"{each.rule} {each}".replace(f"{folder}/", "") for each in loader.inspect(folder).problems]


def test_a_plan_with_a_queue_may_be_sound_and_its_repair_may_end_in_it(tmp_path: Path) -> None:
    assert told(waiting_plan.write(tmp_path)) == []


MISTAKES = [
    (MAIN, "name: orders=>name: ordrs", "unknown-queue flows/main.yaml:8:13: there is no queue 'ordrs'; did"),
    (PLAN, "hours: office=>hours: offices", "wrong-calendar plan.yaml:11:12: there are no hours 'offices'"),
    (PLAN, "skills: orders=>skils: orders", "unknown-key plan.yaml:12:5: unknown key 'skils'; did you mean"),
    (PLAN, "skills: orders=>music: walz.wav", "unknown-recording plan.yaml:12:12: there is no recording"),
    (
        PLAN,
        "skills: orders=>music: walz.mp3",
        "expected a file in the plan's audio folder, such as",
    ),
    (PLAN, "skills: orders=>max_wait: 3 days", "wrong-value plan.yaml:12:15: queues.orders.max_wait"),
    (PLAN, "  orders:\n    hours=>  others: {}\n  orders:\n    hours", "unused plan.yaml:10:3: nothing uses"),
    (MAIN, "      served: survey\n=>", "missing-key flows/main.yaml:8:7: key 'served' is missing"),
    (MAIN, "      over: nobody\n=>", "missing-key flows/main.yaml:8:7: key 'over' is missing"),
    (MAIN, "over: nobody=>over: nobdy", "unknown-step flows/main.yaml:13:13: there is no step 'nobdy'"),
    (MAIN, "over: nobody=>over: person", "silent-loop flows/main.yaml:13:13: step 'person' leads back to"),
    (MAIN, "over: nobody=>over: greeting", "endless-repair plan.yaml:20:9: leads to step 'greeting', which"),
    (MAIN, "    say: I am putting you through.\n=>", "a step with queue needs `say`"),
    (MAIN, "{call_back: back_here}=>{call_bak: back_here}", "unknown-intent flows/main.yaml:10:12"),
    (MAIN, "digress: {=>dtmf: {'5': bakc}\n      digress: {", "unknown-step flows/main.yaml:11:19"),
    (MAIN, "{agent}=>{position}", "unfilled-variable flows/main.yaml:24:10: '{position}' is said here"),
    (MAIN, "{queue_over}=>{agent}", "unfilled-variable flows/main.yaml:27:10: '{agent}' is said here, but"),
    (MAIN, "about {topic}=>about {tpic}", "unknown-variable flows/main.yaml:9:15: there is no variable"),
    (MAIN, "if: caller_number is set=>if: hours_office", "unfilled-variable flows/main.yaml:22:12: 'caller_"),
    (MAIN, "next: person=>next: call_here", "misplaced-leave flows/main.yaml:22:12: callers come to"),
    (MAIN, "over: nobody=>over: call_here", "misplaced-leave flows/main.yaml:22:12: callers come to"),
    (MAIN, "served: survey=>served: call_here", "misplaced-leave flows/main.yaml:22:12: callers come to"),
    (MAIN, "on: {call_back: back_here}=>on: {call_back: sure}", "misplaced-leave flows/numbers.yaml:10:12"),
    (NUMBERS, "back_on, next: farewell=>back_on, next: stay", "misplaced-leave flows/numbers.yaml:10:52"),
    (
        NUMBERS,
        "number: back_on=>number: topic",
        "wrong-type flows/numbers.yaml:10:37: `topic` is text; expe",
    ),
    (NUMBERS, "call_back, number=>message, number", "`number` is for a call back"),
    (NUMBERS, "number: back_on=>number: bakc_on", "unknown-variable flows/numbers.yaml:10:37: there is no v"),
    (PLAN, "{type: phone}=>{type: phone, sensitive: yes}", "secret-given flows/numbers.yaml:10:37: 'back_o"),
    (PLAN, "{type: text}=>{type: text, sensitive: yes}", "secret-said flows/main.yaml:9:15: 'topic' is sens"),
]


@pytest.mark.parametrize(("file", "change", "complaint"), MISTAKES, ids=[each[1][:30] for each in MISTAKES])
def test_a_mistake_about_a_queue_is_told_at_its_place(
    tmp_path: Path, file: str, change: str, complaint: str
) -> None:
    found = told(waiting_plan.write(tmp_path, {file: change}))
    assert any(complaint in each for each in found), found


def test_a_question_in_passing_loses_the_place(tmp_path: Path) -> None:
    """Who is asked something on the way, outside of a digression, has left the queue when he answers."""
    change = {MAIN: "  call_here:\n=>  call_here: {say: Sure?, listen: {on: {'yes': really}}}\n  really:\n"}
    assert [each.split()[0] for each in told(waiting_plan.write(tmp_path, change))] == ["misplaced-leave"]


def test_music_of_the_plan_is_what_plays(tmp_path: Path) -> None:
    folder = waiting_plan.write(tmp_path, {PLAN: "skills: orders=>music: waltz.wav"})
    record(folder / "audio" / "waltz.wav")
    plan = loader.inspect(folder).plan
    assert plan
    question = plan.steps["person"].question
    assert question
    listen: Listen = question.listen("en", "", False)
    assert listen.music == str(folder / "audio" / "waltz.wav")
    assert loader.inspect(folder).problems == []


def test_what_leads_on_from_a_queue_is_drawn(tmp_path: Path) -> None:
    plan = loader.load(waiting_plan.write(tmp_path))
    drawn = {(edge.source, edge.target, edge.label, edge.kind) for edge in edges.own(plan.files)}
    assert {
        ("person", "back_here", "call_back", ""),
        ("person", "ask_number", "other_number", "digress"),
        ("person", "survey", "served", ""),
        ("person", "nobody", "nobody comes", ""),
        ("call_here", "farewell", "leaves for call back", ""),
    } <= drawn


def test_what_changed_of_a_queue_is_told(tmp_path: Path) -> None:
    for name, change in (("old", {}), ("new", {PLAN: "skills: orders=>priority: 5"})):
        (tmp_path / name).mkdir()
        waiting_plan.write(tmp_path / name, change)
    changes = compare(*(folders.read(tmp_path / name) for name in ("old", "new")))
    assert [(each.what, each.how, each.key) for each in changes] == [
        ("queue orders", "removed", "skills"),
        ("queue orders", "added", "priority"),
    ]


WAITING = """\
is served:
  - {says: paper, waits: orders, step: person}
  - {queue: {position: 2, wait: 4m}, said: [You are number 2., about 4 minutes], waits: orders}
  - {queue: {position: 1}, said: You are number 1., not_said: It takes}
  - {person: leaves, said: I hope that anna, context: {agent_left: hung_up}, waits: no, ends: hangup}
is called back:
  call: {from: "+442079460000"}
  turns:
    - {says: paper}
    - {says: call me back, leaves: call_back, waits: no, ends: hangup}
agrees on a number:
  - {says: paper}
  - {says: on another number, waits: orders, step: ask_number}
  - {presses: "02079460958#", step: sure}
  - {says: "no", waits: orders, step: person}
  - {says: on another number}
  - {presses: "02079460958#"}
  - {says: "yes", leaves: call_back, said: We will call you.}
without a number: [{says: paper}, {says: call me back, step: farewell, leaves: changed_mind}]
waits in vain: [{says: paper}, {queue: waited, said: it is waited, ends: hangup}]
comes too late:
  call: {at: 2026-01-07 20:00}
  turns: [{says: paper, said: it is closed, waits: no}]
is asked: [{says: paper}, {says: help, waits: orders}, {silent: yes, waits: orders}]
asks for a person twice: [{says: paper}, {says: an agent, intent: human, waits: orders}]
thinks better of it: [{says: paper}, {says: goodbye, leaves: changed_mind, ends: hangup}]
"""


def run(tmp_path: Path, text: str = WAITING) -> tuple[list[running.Result], Path]:
    plan = waiting_plan.write(tmp_path / "plan")
    (tmp_path / "tests").mkdir(exist_ok=True)
    (tmp_path / "tests" / "waiting.yaml").write_text(text)
    loaded, cases = loader.load(plan), scenarios.read(tmp_path / "tests")
    scenarios.check(cases, loaded)
    return [running.run(loaded, case) for case in cases], plan


@pytest.fixture(autouse=True)
def _a_folder_for_the_plan(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()


def test_scenarios_wait_and_are_served(tmp_path: Path) -> None:
    results, plan = run(tmp_path)
    assert [str(result.failure) for result in results if result.failure] == []
    measured = coverage.measure(loader.load(plan), [each for r in results for each in r.exchanges])
    assert (measured.steps.missed, measured.ways.missed, measured.intents.missed) == ((), (), ())


@pytest.mark.parametrize(
    ("turns", "complaint"),
    [
        ("[{queue: empty}]", "nobody waits in a queue, at greeting"),
        ("[{says: paper}, {says: goodbye}, {person: leaves}]", "nobody waits in a queue, at farewell"),
        ("[{says: paper, waits: no}]", "expected nobody waits, but the caller waits in orders"),
        ("[{says: goodbye, waits: orders}]", "expected the caller waits in orders, but nobody waits"),
        ("[{says: paper, leaves: message}]", "expected the queue to be left for message, got no leaving"),
    ],
)
def test_what_a_scenario_misses_is_told(tmp_path: Path, turns: str, complaint: str) -> None:
    results, _ = run(tmp_path, f"one: {turns}\n")
    assert results[0].failure
    assert complaint in str(results[0].failure)


def test_over_a_real_call_nobody_is_waited_for(tmp_path: Path) -> None:
    run(tmp_path)
    plan = loader.load(tmp_path / "plan")
    cases = scenarios.read(tmp_path / "tests")
    rehearsed = recorded.rehearse(plan, cases[0], datetime(2026, 1, 7, 10))
    assert isinstance(rehearsed, Told)
    assert rehearsed.left_out == "nobody is there to wait for"


def test_a_queue_can_be_tried_by_typing(tmp_path: Path) -> None:
    plan = waiting_plan.write(tmp_path / "plan")
    typed = "paper\nqueue 2 5m\n\nqueue nonsense\nperson\n"
    arguments = ["simulate", str(plan), "--at", "2026-01-07 10:00"]
    result = CliRunner().invoke(dialplan, arguments, obj=Config(), input=typed)
    assert result.exit_code == 0, result.output
    for line in (
        'waits in orders: priority 0, skills orders, "It is about paper."',
        "says: You are number 2.",
        "says: It takes about 5 minutes.",
        "says: Pardon?",
        "says: I hope that anna could help you.",
        "hangs up",
    ):
        assert line in result.output
