"""The interpreter under random callers: it never fails, never falls silent, and always does the same."""

import functools

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.dialplan import interpreter, loader
from softswitch.dialplan.interpreter import State, dump, load, resume, start, take
from softswitch.dialplan.plan import Plan
from softswitch.events import (
    Action,
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
)


@functools.cache
def plan(human: str | None) -> Plan:
    return loader.load(loader.resolve("reception"), human)


def phrases() -> list[str]:
    ears = plan(None).ears.values()
    return sorted(
        {key.replace("{}", "one zero zero one") for ear in ears for _, key in ear.matcher.sentences()}
    )


texts = st.one_of(
    st.sampled_from(phrases()), st.text(max_size=30), st.sampled_from(["one two", "double 7 to"])
)
inputs: st.SearchStrategy[Input] = st.one_of(
    st.builds(
        Heard,
        texts,
        st.floats(0, 1),
        st.lists(st.builds(Hypothesis, texts, st.just(0.5)), max_size=3).map(tuple),
    ),
    st.builds(Pressed, st.text(alphabet="0123456789*#ABCD", max_size=6)),
    st.builds(Pressed, st.sampled_from(["1001", "9999", "0", "1", "2", "3", "9", "*"])),
    st.just(NoInput()),
    st.builds(TransferFailed, st.integers(300, 699)),
)
humans = st.sampled_from([None, "sip:desk@127.0.0.1"])
calls = st.lists(inputs, max_size=25)


def assert_never_silent(actions: tuple[Action, ...]) -> None:
    assert isinstance(actions[-1], Listen | Transfer | Hangup)
    assert actions[:-1], "something is said before each wait"
    assert all(isinstance(action, Say) and action.text.strip() for action in actions[:-1])
    assert len(actions) <= 12


def play(human: str | None, events: list[Input]) -> list[tuple[State, tuple[Action, ...]]]:
    state, actions = start(plan(human))
    turns = [(state, actions)]
    for event in events:
        state, actions, _ = take(plan(human), state, event)
        turns.append((state, actions))
    return turns


@given(humans, calls)
@settings(deadline=None)
def test_every_input_is_answered(human: str | None, events: list[Input]) -> None:
    for state, actions in play(human, events):
        assert_never_silent(actions)
        assert state.step in plan(human).steps
        assert len(state.trail) <= interpreter.MAX_TRAIL


@given(humans, calls)
@settings(deadline=None)
def test_the_same_inputs_give_the_same_actions_also_through_dump_and_load(
    human: str | None, events: list[Input]
) -> None:
    first = play(human, events)
    assert play(human, events) == first
    for (state, _), (after, actions), event in zip(first, first[1:], events, strict=False):
        assert load(dump(state)) == state
        assert take(plan(human), load(dump(state)), event)[:2] == (after, actions)


@given(humans, calls, calls)
@settings(deadline=None)
def test_a_call_goes_on_after_any_interruption(
    human: str | None, before: list[Input], after: list[Input]
) -> None:
    state, _ = play(human, before)[-1]
    state, actions = resume(plan(human), state)
    assert_never_silent(actions)
    for event in after:
        state, actions, _ = take(plan(human), state, event)
        assert_never_silent(actions)


@given(humans, calls)
@settings(deadline=None)
def test_a_silent_caller_reaches_the_end_from_everywhere(human: str | None, events: list[Input]) -> None:
    state, actions = play(human, events)[-1]
    for _ in range(plan(human).settings.repair.strikes):
        if isinstance(actions[-1], Listen):
            state, actions, _ = take(plan(human), state, NoInput())
    assert not isinstance(actions[-1], Listen)


@given(st.text(max_size=200))
def test_loading_any_text_gives_a_state_or_a_value_error(text: str) -> None:
    try:
        load(text)
    except ValueError:
        return
    raise AssertionError(f"{text!r} was taken for a state")


def test_a_state_of_another_plan_starts_at_its_greeting() -> None:
    foreign = State("f00", "elsewhere", {"x": "y"}, 2, (Say("Hi."),), ("elsewhere", "nowhere"))
    state, actions = resume(plan(None), foreign)
    assert (state.step, state.version, state.strikes) == ("greeting", plan(None).version, 0)
    assert state.trail == ("greeting",)
    assert_never_silent(actions)


def test_intent_and_slot_are_named() -> None:
    state, _ = start(plan(None))
    state, _, intent = take(plan(None), state, Pressed("3"))
    assert intent == "order_status"
    state, _, intent = take(plan(None), state, Heard("one zero zero one", 0.9))
    assert (intent, state.context["order_number"]) == ("order_number", "1001")
