"""The bundled dialplans under random callers: no state is without a way out, whatever was said and done."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.dialplan import loader
from softswitch.dialplan.interpreter import resume, start, take
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.state import dump, load
from softswitch.dialplan.turn import MAX_STEPS, Outcome
from softswitch.events import (
    Acted,
    Await,
    Hangup,
    Heard,
    Hypothesis,
    Input,
    Listen,
    NoInput,
    Pressed,
    Say,
    Transfer,
    TransferFailed,
    Unspoken,
)
from softswitch.waiting import PersonLeft, QueueOver, QueueTold

FACTS = {"caller_number": "+442079460958", "today": "2026-01-07", "now": "10:00", "hours_office": "yes"}
VALUES = ("yes", "no", "one zero zero one", "two boxes of paper", "tomorrow at nine", "la la la", "")
CRASH = "the control process dies"
OUTCOMES = {True: ("found", "not_found", "late"), False: ("done", "noted", "refused")}
PLANS = ("reception", "order_desk", "appointment_reminder")


@functools.cache
def plan(name: str) -> Plan:
    return loader.load(loader.resolve(name), "sip:desk@127.0.0.1")


@functools.cache
def phrases(name: str) -> list[str]:
    """Some of every intent's, in all languages."""
    found = {
        text
        for sentences in plan(name).sentences.values()
        for intent in sentences._intents
        for text in sentences.phrases.examples(intent, 3)
    }
    return sorted(found | set(VALUES))


def events(name: str) -> st.SearchStrategy[list[Input | str]]:
    said = st.sampled_from(phrases(name)) | st.text(max_size=20)
    others = st.lists(st.builds(Hypothesis, said, st.floats(0, 1)), max_size=2).map(tuple)
    heard = st.builds(Heard, said, st.floats(0, 1) | st.just(0.9), others, st.booleans())
    pressed = st.builds(Pressed, st.sampled_from(["0", "1", "2", "3", "9", "*", "#", "1001", "4711"]))
    queue = st.sampled_from(
        [QueueTold(2, 90.0), QueueOver("closed"), QueueOver("waited"), PersonLeft("anna", "hung_up")]
    )
    rest = st.sampled_from([NoInput(), TransferFailed(486), Unspoken(), CRASH])
    return st.lists(st.one_of(heard, heard, pressed, queue, rest), max_size=15)


def settled(found: Plan, outcome: Outcome, come: int) -> Outcome:
    """Where the plan waits for actions, something comes of each: which by the digits of `come`."""
    for _ in range(MAX_STEPS):
        assert_answered(outcome)
        last = outcome.actions[-1]
        if not isinstance(last, Await):
            return outcome
        came = OUTCOMES[last.look_up][come % 3]
        outcome = take(found, outcome.state, Acted(last.key, came))  # type: ignore[arg-type]
        come //= 3
    raise AssertionError("the plan waits for one action after another")


def assert_answered(outcome: Outcome) -> None:
    """Something is heard, in bounded steps, and then it is somebody's turn."""
    last = outcome.actions[-1]
    assert isinstance(last, Listen | Transfer | Hangup | Await)
    says = [action.text for action in outcome.actions if isinstance(action, Say)]
    music = isinstance(last, Listen) and last.music is not None
    assert any(any(map(str.isalnum, text)) for text in says) or music or isinstance(last, Await)
    assert len(outcome.path) <= MAX_STEPS + 1


def play(name: str, answered_by: str, happened: list[Input | str], come: int) -> Outcome:
    found = plan(name)
    outcome = settled(found, start(found, FACTS | {"answered_by": answered_by}), come)
    for event in happened:
        if isinstance(event, str):
            outcome = resume(found, load(dump(outcome.state, found.sensitive)))
        else:
            outcome = take(found, outcome.state, event)
        outcome = settled(found, outcome, come)
    return outcome


@pytest.mark.parametrize("name", PLANS)
@given(st.data())
@settings(deadline=None)
def test_from_wherever_a_caller_comes_his_silence_ends_the_call(name: str, data: st.DataObject) -> None:
    found = plan(name)
    come = data.draw(st.integers(0, 3**12))
    answered_by = data.draw(st.sampled_from(["person", "voicemail", "unknown"]))
    outcome = play(name, answered_by, data.draw(events(name)), come)
    for _ in range(6 * found.strikes):
        last = outcome.actions[-1]
        if isinstance(last, Hangup):
            break
        nobody: Input = TransferFailed(486) if isinstance(last, Transfer) else NoInput()
        if isinstance(last, Listen) and last.waiting:
            nobody = QueueOver("waited")
        outcome = settled(found, take(found, outcome.state, nobody), come)
    assert isinstance(outcome.actions[-1], Hangup)
