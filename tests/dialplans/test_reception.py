"""The reception plan, talked to in text."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.steps import Question
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

HERE = Path(__file__).parent / "reception"
WORDS = Path(loader.__file__).parents[1] / "speech/data/ear/graph/words.txt"
ENDS = {None: Listen, "hangup": Hangup, "transfer": Transfer}
SCENARIOS = yaml.safe_load((HERE / "scenarios.yaml").read_text())
PARAPHRASES = [
    (intent, text)
    for intent, texts in yaml.safe_load((HERE / "paraphrases.yaml").read_text()).items()
    for text in texts
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return loader.load(loader.resolve("reception"), "sip:desk@127.0.0.1")


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(plan: Plan, name: str) -> None:
    conversation = Conversation(plan)
    actions = conversation.start()
    for turn in SCENARIOS[name]:
        if "start" not in turn:
            actions = conversation.take(event_of(turn))
            assert conversation.intent == turn.get("intent", conversation.intent), turn
        assert conversation.step == turn.get("step", conversation.step), turn
        assert isinstance(actions[-1], ENDS[turn.get("ends")]), turn
        assert_said(actions, turn.get("said", []))


def event_of(turn: dict[str, Any]) -> Input:
    if "says" in turn:
        return Heard(turn["says"], 0.9, tuple(Hypothesis(text, 0.5) for text in turn.get("also", [])))
    if "presses" in turn:
        return Pressed(turn["presses"])
    return TransferFailed(turn["failed"]) if "failed" in turn else NoInput()


def assert_said(actions: tuple[Action, ...], parts: list[str]) -> None:
    text = said(actions)
    at = 0
    for part in parts:
        assert part in text[at:], f"{part!r} is not in {text[at:]!r}"
        at = text.index(part, at) + len(part)


def said(actions: tuple[Action, ...]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Say))


@pytest.mark.parametrize(("intent", "text"), PARAPHRASES)
def test_paraphrase_is_taken_for_its_intent(plan: Plan, intent: str, text: str) -> None:
    conversation = Conversation(plan)
    conversation.start()
    conversation.take(Heard(text, 0.9))
    assert (conversation.intent or "none") == intent


def test_every_sentence_is_taken_for_its_own_intent_and_completes_the_turn(plan: Plan) -> None:
    for step, question in hearing(plan).items():
        before = Conversation(plan)
        before.start()
        state = json.dumps({**json.loads(before.dump()), "step": step})
        for intent in question.ways:
            for phrase in plan.sentences["en"].examples(intent, 20):
                said_so = phrase.replace("{order_number}", "one zero zero one")
                conversation = Conversation(plan)
                conversation.resume(state)
                assert conversation.completes(said_so), (step, said_so)
                conversation.take(Heard(said_so, 0.9))
                assert conversation.intent == intent, (step, said_so)


def hearing(plan: Plan) -> dict[str, Question]:
    return {name: step.question for name, step in plan.steps.items() if step.question}


def listening(plan: Plan, step: str, asking: str = "") -> Listen:
    return hearing(plan)[step].listen("en", asking, False)


def test_every_word_that_callers_are_expected_to_say_is_in_the_ears_vocabulary(plan: Plan) -> None:
    known = {line.split()[0] for line in WORDS.read_text().splitlines()}
    for intent in plan.files.intents:
        phrases = plan.sentences["en"].examples(intent, 1000)
        unknown = {word for phrase in phrases for word in phrase.split() if word[0] != "{"} - known
        assert not unknown, intent


def test_every_question_has_a_closed_grammar(plan: Plan) -> None:
    for step, question in hearing(plan).items():
        for asking, confirming in question.names:
            assert question.listen("en", asking, confirming).grammar, step


def test_every_fixed_text_that_is_said_was_declared_for_rendering(plan: Plan) -> None:
    declared = {say.text for say in plan.static_prompts()}
    for scenario in SCENARIOS.values():
        conversation = Conversation(plan)
        spoken = list(conversation.start())
        for turn in scenario:
            if "start" not in turn:
                spoken += conversation.take(event_of(turn))
        assert {say.text for say in spoken if isinstance(say, Say) and say.static} <= declared


def test_an_order_number_is_listened_for_digit_by_digit(plan: Plan) -> None:
    listen = listening(plan, "order_number", "order_number")
    assert {"zero", "oh", "nine", "double", "triple"} <= set(listen.grammar or ())
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
