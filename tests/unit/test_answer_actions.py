"""What a model finds that callers want done: offered by name, checked, and promised by a step of the plan."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from plan_text import Talk

from softswitch.app.answering import tools as answering_tools
from softswitch.app.answering.tools import PlanTools
from softswitch.events import Do, Say
from softswitch.thinking import Think, Wanted

PLAN = """
plan:
  answers: {instructions: You sell flowers., tools: [find_stock]}
  actions:
    send_brochure: {arguments: [phone, pin]}
    cancel: {}
    find_stock: {kind: lookup, arguments: flower, result: count}
  variables:
    phone: {type: digits, length: 4}
    pin: {type: digits, length: 4, sensitive: "yes"}
    flower: {type: text}
    count: {type: number}
flows:
  main:
    steps:
      start:
        say: What would you like?
        listen: {on: {human: looking}, otherwise: looking}
      looking:
        answer: {next: more, unknown: sorry, do: {send_brochure: brochure}}
      more: {say: Anything else?, listen: {on: {human: sorry}, otherwise: looking}}
      brochure:
        do: {action: send_brochure, next: noted}
      noted: {say: "I have noted it, and it will be sent.", next: more}
      sorry: {say: I am sorry., next: more}
"""


def talk_of() -> Talk:
    talk = Talk(PLAN)
    talk.says("please send me a brochure")
    return talk


def wanted(talk: Talk, action: str = "send_brochure", key: str = "looking:1", **given: str) -> list[Do]:
    talk.actions = talk.conversation.take(Wanted(key, action, tuple(given.items())))
    return [action for action in talk.actions if isinstance(action, Do)]


def test_what_a_step_may_have_done_is_offered_with_its_question() -> None:
    (think,) = (action for action in talk_of().actions if isinstance(action, Think))
    assert think.actions == ("send_brochure",)


def test_what_is_wanted_is_promised_by_the_step_in_its_own_words() -> None:
    talk = talk_of()
    (promised,) = wanted(talk, phone="1234")
    assert (promised.name, dict(promised.arguments)) == ("send_brochure", {"phone": "1234", "pin": ""})
    assert talk.said == "I have noted it, and it will be sent. Anything else?"


@pytest.mark.parametrize("given", [{"phone": "12"}, {"pin": "1234"}, {"flower": "rose"}])
def test_a_value_that_does_not_fit_or_is_secret_is_not_taken_from_a_model(given: Mapping[str, str]) -> None:
    (promised,) = wanted(talk_of(), **given)
    assert set(dict(promised.arguments).values()) == {""}


@pytest.mark.parametrize(("action", "key"), [("cancel", "looking:1"), ("send_brochure", "looking:9")])
def test_an_action_that_the_step_does_not_name_or_an_old_wish_promises_nothing(action: str, key: str) -> None:
    talk = talk_of()
    assert wanted(talk, action, key) == []
    assert talk.said == "Anything else?"


def tools() -> PlanTools:
    return PlanTools(Talk(PLAN).plan, ["find_stock"], ["send_brochure"], None)


def test_actions_and_look_ups_are_described_by_what_they_take_and_secrets_are_not() -> None:
    stock, brochure = (each["function"] for each in tools().described)
    assert stock["parameters"]["required"] == ["flower"]
    assert (list(brochure["parameters"]["properties"]), brochure["parameters"]["required"]) == (["phone"], [])


def test_what_is_wanted_may_be_known_in_part() -> None:
    assert tools().wanted("send_brochure", {}) == {}
    assert tools().wanted("send_brochure", {"phone": " 1234 "}) == {"phone": "1234"}
    assert tools().wanted("find_stock", {"flower": "rose"}) is None


@pytest.mark.parametrize("arguments", [{"phone": "12"}, {"pin": "1234"}, {"colour": "red"}])
def test_what_does_not_fit_is_told_to_the_model(arguments: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"phone|send_brochure"):
        tools().wanted("send_brochure", arguments)


async def test_what_the_plan_does_not_list_is_no_tool() -> None:
    assert tools().wanted("cancel", {}) is None
    with pytest.raises(ValueError, match="there is no tool cancel"):
        await tools().call("cancel", {})


async def test_a_look_up_that_hangs_holds_no_answer_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(plan: str, name: str, arguments: Mapping[str, str]) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(answering_tools, "WITHIN_S", 0.05)
    slow = PlanTools(Talk(PLAN).plan, ["find_stock"], [], hang)
    async with asyncio.timeout(5.0):
        told = await slow.call("find_stock", {"flower": "rose"})
    assert told == {"error": "it cannot be looked up just now"}


def test_what_is_said_of_a_promise_is_the_plans_own_text() -> None:
    talk = talk_of()
    wanted(talk)
    assert all(action.static for action in talk.actions if isinstance(action, Say))
