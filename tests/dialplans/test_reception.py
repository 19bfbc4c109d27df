"""The reception plan, talked to in text."""

import pytest

from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.steps import Question
from softswitch.events import Action, Heard, Hypothesis, Listen, Pressed, Say


@pytest.fixture(scope="module")
def plan() -> Plan:
    return loader.load(loader.resolve("reception"), "sip:desk@127.0.0.1")


def said(actions: tuple[Action, ...]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Say))


def hearing(plan: Plan) -> dict[str, Question]:
    return {name: step.question for name, step in plan.steps.items() if step.question}


def listening(plan: Plan, step: str, asking: str = "") -> Listen:
    return hearing(plan)[step].listen("en", asking, False)


def test_an_order_number_may_be_keyed_and_is_waited_for_longer(plan: Plan) -> None:
    listen = listening(plan, "order_number", "order_number")
    assert (listen.dtmf_length, listen.dtmf_terminator) == (4, "#")
    assert listen.speech_incomplete_timeout == 1.5
    assert listen.no_input_timeout == 6.0


def test_half_a_number_does_not_complete_the_turn(plan: Plan) -> None:
    conversation = Conversation(plan)
    conversation.start()
    conversation.take(Pressed("3"))
    assert not conversation.completes("one two")
    assert conversation.completes("one two three four")
    assert conversation.completes("one two", [Hypothesis("one two two four", 0.3)])


@pytest.mark.parametrize(
    ("heard", "intent"),
    [
        ("what are all over is ours", ""),
        ("what is your afresh", ""),
    ],
)
def test_what_the_ear_makes_of_hours_and_address_in_noise_does_not_begin_the_call_anew(
    plan: Plan, heard: str, intent: str
) -> None:
    conversation = Conversation(plan)
    conversation.start()
    conversation.take(Heard(heard, 1.0))
    assert conversation.intent == intent


@pytest.mark.parametrize(
    ("heard", "intent"),
    [
        (Heard("where are you", 0.39), ""),
        (Heard("where are you", 0.4), "address"),
        # Two ways to have heard one thing are surer than each.
        (Heard("where are you", 0.3, (Hypothesis("where is the shop", 0.3),)), "address"),
        (Heard("where are you", 0.3, (Hypothesis("when do you open", 0.6),)), "hours"),
        (Heard("goodbye", 0.1, (Hypothesis("where are you", 0.1),)), ""),
    ],
)
def test_what_the_ear_is_not_sure_of_is_not_acted_upon(plan: Plan, heard: Heard, intent: str) -> None:
    conversation = Conversation(plan)
    conversation.start()
    conversation.take(heard)
    assert conversation.intent == intent


def test_without_a_human_the_caller_is_told_and_the_conversation_goes_on() -> None:
    conversation = Conversation(loader.load(loader.resolve("reception")))
    conversation.start()
    actions = conversation.take(Pressed("0"))
    assert said(actions).startswith("I am sorry, there is nobody free")
    assert "connect you" not in said(actions)
    assert conversation.step == "anything_else"
    assert isinstance(actions[-1], Listen)


def test_a_call_taken_up_again_apologises_and_asks_where_it_was(plan: Plan) -> None:
    before = Conversation(plan)
    before.start()
    before.take(Pressed("3"))
    after = Conversation(plan)
    actions = after.resume(before.dump())
    assert said(actions) == (
        "Sorry, we were cut off for a moment. Please say or key in the four digits of your order number."
    )
    assert after.step == "order_number"
    assert "1 0 0 1 is ready" in said(after.take(Heard("one zero zero one", 0.9)))


@pytest.mark.parametrize("state", ["", "no json", "[]", "{}", '{"step": 1}', '"x"', "null"])
def test_a_state_that_is_none_starts_the_call_anew(plan: Plan, state: str) -> None:
    conversation = Conversation(plan)
    assert "cut off" in said(conversation.resume(state))
    assert conversation.step == "greeting"


def test_nothing_interrupts_the_last_words(plan: Plan) -> None:
    conversation = Conversation(plan)
    conversation.start()
    assert [
        action.barge_in for action in conversation.take(Heard("bye", 1.0)) if isinstance(action, Say)
    ] == ["off"]
