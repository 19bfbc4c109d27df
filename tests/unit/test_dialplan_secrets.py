"""A sensitive variable: never said, never written down, asked for again when the call was cut off."""

import json

import pytest
from plan_text import Talk, plan_of

from softswitch.dialplan.plan import Plan
from softswitch.events import Do

PLAN = """
plan:
  variables:
    pin: {type: digits, length: "4", sensitive: "yes"}
    size: {type: number}
  repair:
    no_input: Hello?
    no_match: Pardon?
    low_confidence: "Did you say {heard}?"
    then: give_up
intents:
  pay: ["pay [with {pin}]"]
flows:
  main:
    steps:
      start: {say: Hello., listen: {on: {pay: pin}}}
      pin:
        say: Your PIN?
        reprompt: Four digits.
        collect: {slot: pin, valid: pin != '0000', invalid: "Not {pin}.", next: size}
      size: {say: Which size?, reprompt: How large?, collect: {slot: size, next: paid}}
      paid: {if: pin = '4711', then: right, else: wrong}
      right: {say: "Right. {pin}", next: start}
      wrong: {say: Wrong., next: start}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(PLAN)


@pytest.fixture
def talk(plan: Plan) -> Talk:
    talk = Talk(plan)
    talk.says("pay")
    return talk


def test_it_is_known_beforehand_that_a_secret_is_asked_for(talk: Talk) -> None:
    assert talk.conversation.secret
    assert not talk.conversation.masked
    talk.presses("4711")
    assert not talk.conversation.secret


@pytest.mark.parametrize("said", ["four seven one one", "four seven", "mumble", "help me"])
def test_whatever_is_heard_there_is_masked(talk: Talk, said: str) -> None:
    talk.says(said)
    assert talk.conversation.masked
    assert all("four" not in why and "mumble" not in why for why in talk.conversation.why)


def test_keys_are_masked(talk: Talk) -> None:
    talk.presses("47")
    assert talk.conversation.masked


def test_a_secret_that_comes_with_an_intent_is_masked(plan: Plan) -> None:
    talk = Talk(plan)
    assert talk.says("pay with four seven one one") == "Which size?"
    assert talk.conversation.masked
    assert talk.conversation.slots == {"pin": "****"}


def test_a_secret_works_and_is_not_shown(talk: Talk) -> None:
    talk.presses("4711")
    assert talk.context["pin"] == "****"
    assert talk.says("five") == "Right. Hello."
    assert not talk.conversation.masked


def test_a_secret_is_never_said_back(talk: Talk) -> None:
    assert talk.says("four seven one one", sure=0.35) == "Pardon? Four digits."
    assert "0" not in talk.says("zero zero zero zero")
    assert "0" not in talk.presses("0000")


def test_a_secret_is_not_in_what_is_saved(talk: Talk) -> None:
    talk.presses("4711")
    saved = talk.conversation.dump()
    assert "4711" not in saved
    assert "pin" not in json.loads(saved)["context"]


def test_a_call_that_was_cut_off_asks_for_the_secret_again(talk: Talk) -> None:
    talk.presses("4711")
    assert talk.step == "size"
    assert talk.cut_off().endswith("Let's go on. Your PIN?")
    assert talk.step == "pin"
    talk.presses("4711")
    assert talk.says("five") == "Right. Hello."


def test_a_secret_that_waits_for_a_yes_is_not_saved(plan: Plan) -> None:
    talk = Talk(plan)
    talk.says("pay with four seven one one", sure=0.35)
    assert "4711" not in talk.conversation.dump()
    assert "four" not in talk.said
    assert talk.conversation.masked


def test_a_secret_is_not_saved_with_what_is_restored_on_the_way_back(talk: Talk) -> None:
    talk.presses("4711")
    assert talk.says("five") == "Right. Hello."
    talk.says("pay")
    assert "4711" not in talk.conversation.dump()


def test_a_secret_never_reaches_an_action(plan: Plan) -> None:
    """Also where no check refused the plan."""
    text = PLAN.replace(
        "variables:", "actions: {tell: {arguments: [size, pin], order_by: pin}}\n  variables:"
    )
    talk = Talk(
        text.replace("{if: pin = '4711', then: right, else: wrong}", "{do: {action: tell, next: wrong}}")
    )
    talk.says("pay")
    talk.presses("4711")
    talk.says("five")
    assert talk.does == [Do("tell", (("size", "5"), ("pin", "")), "paid:1")]
