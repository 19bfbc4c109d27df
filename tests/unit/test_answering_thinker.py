"""What of a call a plan's thinker puts before the model, and with whom its answer may be shared."""

from collections.abc import Mapping

import pytest
from plan_text import plan_of

from softswitch.answer.answerer import Answerer, Question, Settings
from softswitch.answer.asking import Llm, Model
from softswitch.app.answering.thinker import PlanThinker
from softswitch.thinking import Exchange, Think

PLAN = plan_of("""
plan:
  answers: {instructions: You sell flowers., forbidden: [politics]}
  variables:
    pin: {type: digits, length: "4", sensitive: "yes"}
    order_number: {type: digits, length: "4"}
    customer: {type: text, scope: caller}
    shop: {type: text, scope: plan, value: Green Street}
flows:
  main:
    steps:
      start: {say: Hello., listen: {on: {human: closing}}}
      closing: {say: Goodbye., hangup: "yes"}
""")
PLAN_S = {"shop": "Green Street", "today": "2026-11-23", "holiday": "no"}
SECRET = {"pin": "4711", "now": "10:00", "caller_number": "+442079460000"}


def question(known: Mapping[str, str], *history: Exchange, text: str = "when do you open") -> Question:
    thinker = PlanThinker(PLAN, Answerer(Llm(Model("main", "http://127.0.0.1:9/v1", "x")), Settings()))
    return thinker.question(Think("start:1", text), {**PLAN_S, **SECRET, **known}, history)


def told(asked: Question) -> str:
    return "\n".join(str(message["content"]) for message in asked.brief().messages)


def test_the_model_is_told_what_is_known_and_no_secret() -> None:
    asked = question({"order_number": "1002", "customer": "Ann"})
    context = told(asked).partition("<context>\n")[2].partition("\n</context>")[0].split("\n")
    assert context == [
        "customer: Ann",
        "holiday: no",
        "order_number: 1002",
        "shop: Green Street",
        "today: 2026-11-23",
    ]
    assert "4711" not in told(asked)
    assert "4711" not in str(asked.asked)


@pytest.mark.parametrize(
    ("known", "private"),
    [
        ({}, frozenset()),
        ({"order_number": "1002"}, {"order_number"}),
        ({"customer": "Ann"}, {"customer"}),
    ],
)
def test_what_is_about_the_caller_or_the_call_is_private_and_shared_with_nobody(
    known: Mapping[str, str], private: frozenset[str]
) -> None:
    asked = question(known)
    assert asked.asked.private == private
    assert asked.shareable == (not private)


def test_after_something_was_said_an_answer_is_shared_with_nobody() -> None:
    assert question({}, Exchange("", "Hello.")).shareable
    assert not question({}, Exchange("i am ann", "Hello.")).shareable


def test_what_is_the_callers_own_is_known_as_such_once_he_has_said_something() -> None:
    owns = "is my order on its way"
    assert question({}, Exchange("it is 1002", "Thank you."), text=owns).asked.own
    assert not question({}, text=owns).asked.own


def test_figures_that_were_told_may_be_said_and_the_plans_topics_may_not() -> None:
    guards = question({"order_number": "1002"}).brief().guards
    assert guards.refuse("Your order is 1 0 0 2.") == ""
    assert "invented figure" in guards.refuse("Your order is 1 0 0 3.")
    assert "invented figure" in guards.refuse("Your pin is 4 7 1 1.")
    assert "forbidden topic" in guards.refuse("That is politics.")
