"""A caller is not understood, says nothing, or is heard badly: what is said, how often, where it ends."""

import pytest
from plan_text import Talk, plan_of

from softswitch.dialplan.plan import Plan
from softswitch.events import BargeIn, Listen, Say

PLAN = """
plan:
  variables: {number: {type: digits, length: "4"}}
  matching: {confidence_threshold: 0.5, confirm_threshold: 0.3}
  repair:
    strikes: 3
    no_input: [Hello?, Still there?]
    no_match: [Pardon?, Again please., I give up.]
    silent: {say: Is anybody there?, times: "2", then: bye}
    shouting: {say: Please let me finish., times: "2"}
    low_confidence: {say: ["Did you say {heard}?", "Was it {heard}?"], times: "3", then: keys}
    then: give_up
intents:
  hours: ["when are you open", "opening hours"]
  pay: {sentences: ["i want to pay"], confirm: Do you want to pay?}
  menu: ["menu"]
  order: ["order"]
flows:
  main:
    steps:
      start:
        say: How can I help?
        reprompt: What is it?
        listen: {on: {hours: hours, pay: pay, menu: menu, order: order}}
      hours: {say: Nine to six., next: start}
      pay: {say: Paid., next: start}
      keys: {say: Press one for hours., dtmf: {menu: {"1": hours, "2": start}}}
      menu:
        say: Hours or pay?
        no_match: {say: [Hm?, Last time.], times: "2", then: keys}
        no_input: {say: Speak up., times: "1", then: order}
        listen: {on: {hours: hours, pay: pay}}
      order: {say: Your number?, collect: {slot: number, next: start}}
      bye: {say: Goodbye then., hangup: "yes"}
"""
PLAIN = """
plan: {matching: {confidence_threshold: 0.5}}
intents: {hours: ["when are you open"], where: ["where are you"]}
flows:
  main:
    steps:
      start: {say: How can I help?, listen: {on: {hours: hours, where: hours}}}
      hours: {say: Nine to six., next: start}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(PLAN)


@pytest.fixture
def talk(plan: Plan) -> Talk:
    return Talk(plan)


def test_each_failure_in_a_row_has_its_line_and_the_last_leads_to_the_end(talk: Talk) -> None:
    assert talk.says("mumble") == "Pardon? What is it?"
    assert talk.says("mumble") == "Again please. What is it?"
    assert talk.says("mumble") == "I give up. Sorry. Goodbye."
    assert talk.end == "Hangup"


def test_strikes_count_failures_of_every_kind(talk: Talk) -> None:
    talk.says("mumble")
    assert talk.silent() == "Hello? What is it?"
    assert talk.presses("7") == "Again please. Sorry. Goodbye."


def test_being_understood_forgives(talk: Talk) -> None:
    for _ in range(2):
        talk.says("mumble")
        talk.says("mumble")
        assert talk.says("when are you open") == "Nine to six. How can I help?"


def test_a_caller_who_never_said_a_word_is_asked_whether_he_is_there(talk: Talk) -> None:
    assert talk.silent() == "Is anybody there? What is it?"
    assert talk.silent() == "Goodbye then."


def test_a_caller_who_spoke_once_is_not(talk: Talk) -> None:
    talk.says("when are you open")
    assert talk.silent() == "Hello? What is it?"


def test_a_step_has_its_own_lines_times_and_end(talk: Talk) -> None:
    talk.says("menu")
    assert talk.says("mumble") == "Hm? Hours or pay?"
    assert talk.says("mumble") == "Last time. Press one for hours."
    assert talk.step == "keys"


def test_a_kind_that_may_happen_once_leads_on_at_once(talk: Talk) -> None:
    talk.says("menu")
    assert talk.silent() == "Speak up. Your number?"


def test_strikes_go_on_counting_where_a_failure_led(talk: Talk) -> None:
    talk.says("menu")
    talk.says("mumble")
    talk.says("mumble")
    assert talk.step == "keys"
    assert talk.presses("9") == "Pardon? Sorry. Goodbye."


def test_keys_alone_are_heard_where_only_keys_are_asked_for(talk: Talk) -> None:
    talk.says("menu")
    talk.says("mumble")
    talk.says("mumble")
    listen = talk.actions[-1]
    assert isinstance(listen, Listen) and not listen.speech and listen.grammar is None
    assert talk.presses("1") == "Nine to six. How can I help?"


def test_who_talks_over_the_prompt_and_is_not_understood_must_hear_it(talk: Talk) -> None:
    assert talk.says("mumble", barged_in=True) == "Please let me finish. What is it?"
    assert {say.barge_in for say in talk.actions if isinstance(say, Say)} == {BargeIn.OFF}
    assert talk.says("when are you open", barged_in=True).startswith("Nine to six.")
    assert {say.barge_in for say in talk.actions if isinstance(say, Say)} == {BargeIn.SPEECH}


def test_what_was_heard_badly_is_asked_for(talk: Talk) -> None:
    assert talk.says("opening hours", sure=0.4) == "Did you say opening hours?"
    assert talk.says("yes") == "Nine to six. How can I help?"


def test_a_no_brings_the_question_back(talk: Talk) -> None:
    talk.says("opening hours", sure=0.4)
    assert talk.says("no") == "What is it?"
    assert talk.says("opening hours", sure=0.4) == "Was it opening hours?"
    assert talk.says("opening hours", sure=0.4) == "Press one for hours."


def test_another_intent_instead_of_yes_or_no_is_taken(talk: Talk) -> None:
    talk.says("opening hours", sure=0.4)
    assert talk.says("menu") == "Hours or pay?"


def test_keys_answer_whether_it_was_said(talk: Talk) -> None:
    talk.says("opening hours", sure=0.4)
    assert talk.presses("1") == "Nine to six. How can I help?"


def test_an_intent_asks_in_its_own_words(talk: Talk) -> None:
    assert talk.says("i want to pay", sure=0.4) == "Do you want to pay?"
    assert talk.says("yes") == "Paid. How can I help?"


def test_values_heard_badly_are_asked_for_as_well(talk: Talk) -> None:
    talk.says("order")
    assert talk.says("one two three four", sure=0.35) == "Did you say one two three four?"
    assert talk.says("yes") == "How can I help?"
    assert talk.context["number"] == "1234"


def test_too_little_confidence_is_not_understood(talk: Talk) -> None:
    assert talk.says("opening hours", sure=0.2) == "Pardon? What is it?"


@pytest.mark.parametrize(
    ("said", "also", "sure", "intent"),
    [
        ("where are you", (), 0.49, ""),
        ("where are you", (), 0.5, "where"),
        # Two ways to have heard one thing are surer than each.
        ("where are you", ("oh where are you",), 0.4, "where"),
        ("wear sand view", ("when are you open",), 1.0, "hours"),
        ("goodbye", ("where are you",), 0.2, ""),
        # What is only like a sentence must be heard better than the sentence itself.
        ("where exactly are you", (), 0.55, ""),
        ("where exactly are you", (), 0.65, "where"),
    ],
)
def test_what_is_too_unsure_is_not_acted_upon(
    said: str, also: tuple[str, ...], sure: float, intent: str
) -> None:
    talk = Talk(PLAIN)
    talk.says(said, *also, sure=sure)
    assert talk.conversation.intent == intent


DOUBTED = """
plan:
  repair:
    no_input: Hello?
    no_match: Pardon?
    low_confidence: {say: "Did you say {heard}?", times: "2"}
    then: give_up
intents:
  buy: {sentences: ["... (need|want) ... pens ..."], confirm: Do you want to order?}
  late: ["... where ..."]
examples:
  buy: [i need ten pens, we want some paper please, could you send us pens, paper for the office]
  late: [i am still waiting for my pens, when is my paper coming, my parcel never came]
  none: [i need a taxi, i want my mother, what a lovely day, turn the radio down]
flows:
  main:
    steps:
      start: {say: How can I help?, listen: {on: {buy: paid, late: paid}}}
      paid: {say: Done., next: start}
"""
LIKELY_BUYS, LIKELY_LATE = "we want the radio please", "where did a zorkmid xyzzy go"


def test_who_likely_means_something_is_asked_whether_he_does() -> None:
    talk = Talk(DOUBTED)
    assert talk.says(LIKELY_BUYS) == "Do you want to order?"
    assert (talk.conversation.intent, talk.conversation.doubted) == ("", "buy")
    assert talk.says("yes") == "Done. How can I help?"
    assert talk.conversation.doubted == ""


def test_what_was_not_meant_is_not_asked_about_twice() -> None:
    talk = Talk(DOUBTED)
    talk.says(LIKELY_BUYS)
    assert talk.says("no") == "How can I help?"
    assert talk.says(LIKELY_BUYS) == "Pardon? How can I help?"


def test_who_answers_in_other_words_is_not_asked_about_what_these_may_mean() -> None:
    talk = Talk(DOUBTED)
    talk.says(LIKELY_BUYS)
    assert talk.says(LIKELY_BUYS) == "Pardon? How can I help?"


def test_nobody_is_asked_what_was_meant_that_the_ear_is_not_sure_of_nor_without_words_for_it() -> None:
    talk = Talk(DOUBTED)
    assert talk.says(LIKELY_BUYS, sure=0.3) == "Pardon? How can I help?"
    assert talk.says(LIKELY_LATE) == "Pardon? How can I help?"


def test_strikes_that_lead_nowhere_end_the_call() -> None:
    talk = Talk("""
plan: {repair: {no_input: Hm., no_match: What., then: start}}
flows:
  main:
    steps:
      start: {say: Hello., listen: {on: {human: person}}}
      person: {say: Wait., transfer: {to: human, failed: start}}
""")
    said = [talk.silent() for _ in range(5)]
    assert all(answer.endswith("Hello.") for answer in said)
    assert talk.silent().endswith("Goodbye.")
    assert talk.end == "Hangup"


def test_a_circle_that_nobody_can_leave_is_left() -> None:
    talk = Talk("""
flows:
  main:
    steps:
      start: {say: Hello., listen: {on: {human: person, "yes": circle}}}
      person: {say: Wait., transfer: {to: human, failed: start}}
      circle: {say: Round., next: circle}
""")
    talk.says("yes")
    assert talk.end == "Hangup"
    assert talk.step == "give_up"
