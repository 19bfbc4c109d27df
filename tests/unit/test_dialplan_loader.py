"""Reading a dialplan: every mistake of every file at once, at its place."""

import re
from pathlib import Path

import pytest

from softswitch.dialplan import loader
from softswitch.errors import InvalidFile, SoftswitchError
from softswitch.events import Listen

FILES = {
    "plan.yaml": """\
name: small
start: greeting
timing: {no_input_timeout: 5s}
slots:
  number: {type: digits, length: 2-4}
universal:
  on: {goodbye: farewell}
  dtmf: {"*": back, "9": repeat}
repair:
  no_input: I heard nothing.
  no_match: [Pardon?, Once more please.]
  then: farewell
lines: {resumed: Sorry., no_human: Nobody here., transfer_failed: Nobody answers.}
""",
    "flows/main.yaml": """\
steps:
  greeting:
    say: Hello.
    timing: {speech_complete_timeout: 250ms}
    listen:
      on: {order: ask}
      dtmf: {"1": order, "2": ask}
  ask:
    say: Which number?
    collect: {slot: number, next: find}
  find:
    lookup: {table: orders, key: number, found: tell, not_found: ask}
  tell:
    say: "Number {number}: {state}."
    next: person
  person:
    say: One moment.
    transfer: {to: human, failed: farewell}
  farewell:
    say: Goodbye.
    hangup: yes
""",
    "intents/order.yaml": 'sentences: ["[my] order {number}", my order]\n',
    "intents/goodbye.yaml": "sentences: bye\n",
    "tables/orders.yaml": "rows:\n  '12': {state: ready}\n",
}


def write(folder: Path, **changes: str | None) -> Path:
    """The small plan; a change's name is a path with __ for /, its value old=>new, or None for no file."""
    files: dict[str, str | None] = dict(FILES)
    for name, change in changes.items():
        path = name.replace("__", "/") + ".yaml"
        if change is None or path not in files:
            files[path] = change
            continue
        for pair in change.split("##"):
            old, new = pair.split("=>")
            content = files[path]
            assert content is not None
            assert old in content
            files[path] = content.replace(old, new, 1)
    for path, content in files.items():
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        loader.load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_sound_plan_loads(tmp_path: Path) -> None:
    plan = loader.load(write(tmp_path), "sip:desk@192.0.2.1")
    assert plan.name == "small"
    assert re.fullmatch("[0-9a-f]{12}", plan.version)
    assert {say.text for say in plan.static_prompts()} >= {"Hello.", "Which number?", "Pardon?", "Sorry.", "Nobody here."}
    assert not any("{" in say.text for say in plan.static_prompts())


def test_timing_is_inherited(tmp_path: Path) -> None:
    listen = loader.load(write(tmp_path)).ears["greeting"].listen
    assert listen.no_input_timeout == 5.0
    assert listen.speech_complete_timeout == 0.25
    assert listen.interdigit_timeout == Listen().interdigit_timeout


def test_the_version_follows_every_file(tmp_path: Path) -> None:
    before = loader.load(write(tmp_path / "a")).version
    assert loader.load(write(tmp_path / "b")).version == before
    changed = loader.load(write(tmp_path / "c", tables__orders="ready=>lost"))
    assert changed.version != before


def test_a_number_between_other_lengths_is_collected(tmp_path: Path) -> None:
    assert loader.load(write(tmp_path)).ears["ask"].listen.dtmf_length == 4


def test_every_mistake_of_every_file_is_told_at_its_place(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        plan="start: greeting=>start: greting##5s=>5 parsecs##no_match: [=>no_macth: [",
        flows__main=(
            "say: Hello=>sya: Hello##on: {order: ask}=>on: {ordr: ask}##next: find=>next: fnd"
            "##table: orders=>table: order##hangup: yes=>hangup: maybe##slot: number=>slot: numbr"
        ),
        intents__order="[my] order=>[my order",
        intents__goodbye="sentences: bye=>sentences: bye\nsentences: bye",
        tables__orders="{state: ready}=>ready",
    )
    found = problems(folder)
    expected = [
        "flows/main.yaml:3:5: unknown key 'sya'; did you mean 'say'?",
        "flows/main.yaml:6:12: there is no intent 'ordr'; did you mean 'order'?",
        "flows/main.yaml:10:21: there is no slot 'numbr'; did you mean 'number'?",
        "flows/main.yaml:10:34: there is no step 'fnd'; did you mean 'find'?",
        "flows/main.yaml:12:21: there is no table 'order'; did you mean 'orders'?",
        "flows/main.yaml:21:13: steps.farewell.hangup:",
        "intents/goodbye.yaml:2:1: duplicate key 'sentences', first given in line 1",
        "intents/order.yaml:1:13: sentences.0: '[' is not closed by ']', got '[my order {number}'",
        "plan.yaml:2:8: there is no step 'greting'; did you mean 'greeting'?",
        "plan.yaml:3:28: timing.no_input_timeout: expected a duration such as 200ms, 6s or 2m",
        "plan.yaml:10:3: key 'no_match' is missing",
        "plan.yaml:11:3: unknown key 'no_macth'; did you mean 'no_match'?",
        "tables/orders.yaml:2:9: rows.12:",
    ]
    for want in expected:
        assert any(line.startswith(want) for line in found), f"{want}\nis not in\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"plan": None}, "plan.yaml:1:1: is missing"),
        ({"plan": "then: farewell=>then: greeting"}, "plan.yaml:12:9: leads to step 'greeting'"),
        ({"plan": "I heard nothing=>I heard {number}"}, "plan.yaml:10:13: '{number}' cannot be said here"),
        ({"plan": "2-4=>4-2"}, "plan.yaml:5:34: slots.number.length: expected a number of digits"),
        ({"plan": "name: small=>name: small\nlanguage: xx"}, "plan.yaml:2:11: language: expected one of: en"),
        ({"plan": "Pardon?=>'  '"}, "plan.yaml:11:14: repair.no_match.0: expected a text to say"),
        (
            {"flows__main": "next: person=>next: tell"},
            "flows/main.yaml:13:3: step 'tell' leads back to itself",
        ),
        ({"flows__main": "next: person=>hangup: yes"}, "flows/main.yaml:16:3: step 'person' can never be"),
        (
            {"flows__main": "{state}=>{stat}"},
            "flows/main.yaml:13:3: '{stat}' is said here, but not every way",
        ),
        (
            {"flows__main": "on: {order: ask}=>on: {order: tell}"},
            "flows/main.yaml:13:3: '{number}' is said here",
        ),
        ({"flows__main": "on: {order: ask}=>on: {order: find}"}, "'number' is looked up here, but not every"),
        ({"flows__main": "next: person=>next: person\n    hangup: yes"}, "found hangup and next"),
        ({"flows__main": "    next: person\n=>"}, "expected exactly one of listen, collect"),
        ({"flows__main": "    say: Goodbye.\n=>"}, "a step with hangup needs `say`"),
        ({"flows__main": "to: human=>to: somebody"}, "expected a SIP URI such as"),
        ({"flows__main": '"2": ask=>"22": ask'}, "expected one telephone key"),
        ({"flows__main": "One moment.=>One {moment."}, "'{' and '}' are for variables only"),
        ({"flows__main": "  person:=>  back:"}, "'back' means something by itself"),
        ({"flows__main": "  ask:\n    say: Which number?=>  ask:"}, "a step with collect needs `say`"),
        (
            {"flows__more": "steps:\n  ask: {say: x, next: tell}\n"},
            "flows/more.yaml:2:3: there is a step 'ask' already",
        ),
        (
            {"flows__more": "steps:\n  x: nothing\n"},
            "flows/more.yaml:2:6: steps.x: expected the keys of a step",
        ),
        ({"intents__order": "my order]=>bye]"}, "'bye' is a sentence of goodbye and of order"),
        ({"intents__order": "{number}=>{nmber}"}, "intents/order.yaml:1:13: there is no slot 'nmber'"),
        (
            {"intents__idle": "sentences: idle\n"},
            "intents/idle.yaml:1:1: no step listens for the intent 'idle'",
        ),
        ({"intents__Big": "sentences: big\n"}, "'Big' is no intent's name"),
        (
            {"tables__orders": "rows:=>rows:\n  '1': {sate: x}"},
            "tables/orders.yaml:3:3: every row needs the same",
        ),
        ({"flow__main": "steps: {}\n"}, "flow/main.yaml:1:1: is no part of a dialplan; expected plan.yaml"),
        (
            {"flows__main": "{slot: number, next=>{slot: number, sentences: it is, next"},
            "must hold the slot {number}",
        ),
    ],
)
def test_mistake_is_reported(tmp_path: Path, changes: dict[str, str | None], complaint: str) -> None:
    found = problems(write(tmp_path, **changes))
    assert any(complaint in line for line in found), "\n".join(found)


@pytest.mark.parametrize(
    "content", ["", "- a\n", "a: [\n", "just text\n", "\t", "? [a]\n: b\n", "steps: 3\n"]
)
@pytest.mark.parametrize("path", sorted(FILES))
def test_nonsense_in_any_file_is_reported_and_never_crashes(tmp_path: Path, path: str, content: str) -> None:
    write(tmp_path)
    (tmp_path / path).write_text(content)
    assert any(line.startswith(f"{path}:") for line in problems(tmp_path))


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "flows/main.yaml").write_text("#" * (loader.MAX_FILE + 1))
    assert any("is larger than" in line for line in problems(tmp_path))


def test_a_plan_is_found_by_name_or_folder(tmp_path: Path) -> None:
    assert loader.resolve("reception").name == "reception"
    assert loader.resolve(str(write(tmp_path))) == tmp_path
    with pytest.raises(SoftswitchError, match=r"give a folder, or one of: .*reception"):
        loader.resolve("recepton")
    with pytest.raises(SoftswitchError, match="is no folder"):
        loader.load(tmp_path / "nowhere")
