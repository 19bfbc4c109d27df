"""Collecting: one variable or a form, all at once or one by one, corrected, confirmed, refused."""

import pytest
from plan_text import Talk, plan_of

from softswitch.dialplan.plan import Plan
from softswitch.events import Listen

BOOKING = """
plan:
  variables:
    people: {type: number, from: "1", to: "12"}
    children: {type: number}
    day: {type: date}
    hour: {type: time}
intents:
  hours: ["when are you open"]
  book: ["[i want to] book a table [for {people} people] [on {day}]"]
flows:
  main:
    steps:
      start: {say: How can I help?, listen: {on: {hours: hours, book: booking}}}
      hours: {say: Nine to six., next: start}
      booking:
        collect:
          form:
            people:
              ask: For how many?
              reask: How many of you?
              valid: people != 7
              invalid: Not {people}, sorry.
            children: {ask: How many children?, sentences: "{children} children"}
            day: {ask: Which day?}
            hour: {ask: What time?}
          confirm: "{people} on {day} at {hour}?"
          on: {hours: hours}
          next: booked
      booked: {say: Booked., hangup: "yes"}
"""
SINGLE = """
plan:
  variables:
    number: {type: digits, length: "4"}
    size: {type: number, from: "1", to: "5"}
  universal: {dtmf: {"0": human}, on: {human: booked}}
intents:
  order: ["where is my order [{number}]"]
  resize: ["resize"]
flows:
  main:
    steps:
      start: {say: Hello., listen: {on: {order: order, resize: size}}}
      order:
        say: Your number?
        reprompt: Four digits please.
        collect: {slot: number, confirm: "{number}?", confirm_when: unsure, next: booked}
      size:
        say: Which size?
        collect: {slot: size, confirm: "{size}?", invalid: "{size} is no size.", next: booked}
      booked: {say: "Done {number}{size}.", next: start}
"""
FAMILY = """
plan:
  variables:
    people: {type: number}
    children: {type: number}
flows:
  main:
    steps:
      start:
        collect:
          form:
            people:
              ask: For how many?
              sentences: "{people} people [and {children} children]"
              valid: people != 7
              invalid: Not {people}, sorry.
            children: {ask: How many children?, sentences: "{children} children", valid: children < 5}
          confirm: "{people} and {children}?"
          next: booked
      booked: {say: Booked., hangup: "yes"}
"""


@pytest.fixture(scope="module")
def booking() -> Plan:
    return plan_of(BOOKING)


@pytest.fixture(scope="module")
def single() -> Plan:
    return plan_of(SINGLE)


@pytest.fixture
def form(booking: Plan) -> Talk:
    talk = Talk(booking)
    talk.says("book a table")
    return talk


@pytest.fixture
def filled(form: Talk) -> Talk:
    for answer in ("four", "two children", "tomorrow", "half past seven"):
        form.says(answer)
    return form


def test_a_form_asks_for_one_variable_after_another(form: Talk) -> None:
    assert form.said == "For how many?"
    assert form.says("four") == "How many children?"
    assert form.says("mumble") == "I did not get that. How many children?"
    assert form.says("zero") == "Which day?"
    assert form.says("tomorrow") == "What time?"
    assert form.says("half past seven") == "4 on Tuesday, November 24th at 7:30 A M?"
    assert form.says("yes") == "Booked."
    assert form.end == "Hangup"


def test_what_led_here_need_not_be_said_again(booking: Plan) -> None:
    talk = Talk(booking)
    assert talk.says("i want to book a table for four people on friday") == "How many children?"
    assert talk.context["day"] == "2026-11-27"


def test_an_earlier_value_comes_back_when_a_later_one_is_refused_together_with_another() -> None:
    talk = Talk(plan_of(FAMILY))
    for answer in ("four", "two children"):
        talk.says(answer)
    assert talk.said == "4 and 2?"
    assert talk.says("seven people and nine children") == "Not 7, sorry. For how many?"
    assert talk.context["children"] == "2" and "people" not in talk.context
    assert talk.says("three") == "3 and 2?"


def test_several_values_in_one_utterance_are_all_taken(form: Talk) -> None:
    assert form.says("four") == "How many children?"
    assert form.says("two children tomorrow at half past seven") == "4 on Tuesday, November 24th at 7:30 A M?"


@pytest.mark.parametrize(
    "said", ["no i said five", "no five", "make it five", "not four but five", "change the people to five"]
)
def test_the_last_answer_can_be_corrected_at_the_next_question(form: Talk, said: str) -> None:
    form.says("four")
    assert form.says(said) == "How many children?"
    assert (form.context["people"], form.context.get("children")) == ("5", None)


def test_after_a_failure_a_correction_is_for_what_is_asked(form: Talk) -> None:
    form.says("four")
    form.says("mumble")
    form.says("i said five")
    assert (form.context["people"], form.context["children"]) == ("4", "5")


def test_a_correction_finds_its_variable_by_type(filled: Talk) -> None:
    assert filled.says("no make it friday") == "4 on Friday, November 27th at 7:30 A M?"


def test_after_no_the_caller_says_what_is_wrong(filled: Talk) -> None:
    assert filled.says("no") == "Sorry. What should it be?"
    assert filled.says("change the hour to noon").startswith("4 on Tuesday, November 24th at noon?")


def test_a_variable_that_is_named_as_wrong_is_asked_for_again(filled: Talk) -> None:
    filled.says("no")
    assert filled.says("the day") == "Which day?"
    assert filled.says("friday") == "4 on Friday, November 27th at 7:30 A M?"


def test_keys_answer_what_is_asked_and_what_is_confirmed(form: Talk) -> None:
    assert form.presses("4") == "How many children?"
    assert form.presses("0") == "Which day?"
    assert form.presses("2411") == "What time?"
    assert form.presses("1930") == "4 on Tuesday, November 24th at 7:30 P M?"
    assert form.presses("2") == "Sorry. What should it be?"
    form.says("friday")
    assert form.presses("1") == "Booked."


def test_an_invalid_value_is_told_and_asked_for_again(form: Talk) -> None:
    assert form.says("seven") == "Not 7, sorry. How many of you?"
    assert "people" not in form.context
    assert form.says("fifty") == "Not 50, sorry. How many of you?"
    assert form.says("seven") == "Not 7, sorry. Sorry. Goodbye."


def test_another_intent_leaves_the_form_and_coming_back_begins_anew(form: Talk) -> None:
    form.says("four")
    assert form.says("when are you open") == "Nine to six. How can I help?"
    assert form.says("book a table") == "For how many?"


def test_back_in_a_form_is_the_answer_before(form: Talk) -> None:
    form.says("four")
    form.says("two children")
    assert form.says("go back") == "How many children?"
    assert form.says("go back") == "How many of you?"
    assert form.says("go back") == "How can I help?"


def test_no_match_at_the_confirmation_asks_it_again(filled: Talk) -> None:
    assert filled.says("mumble").endswith("4 on Tuesday, November 24th at 7:30 A M?")
    assert filled.silent() == "I did not hear you. 4 on Tuesday, November 24th at 7:30 A M?"


def test_one_slot_is_asked_for_by_the_step(single: Plan) -> None:
    talk = Talk(single)
    assert talk.says("where is my order") == "Your number?"
    assert talk.says("one two") == "I did not get that. Four digits please."
    assert talk.says("one oh oh two") == "Done 1 0 0 2. Hello."
    assert (talk.conversation.intent, talk.context["number"]) == ("number", "1002")


def test_what_the_ear_was_sure_of_needs_no_confirmation_where_only_doubts_are_confirmed(single: Plan) -> None:
    talk = Talk(single)
    talk.says("where is my order")
    assert talk.says("one oh oh two", sure=0.5) == "1 0 0 2?"
    assert talk.says("no") == "Sorry. What should it be? Four digits please."
    assert talk.says("one oh oh three", sure=0.95).startswith("1 0 0 3?")
    assert talk.presses("1") == "Done 1 0 0 3. Hello."


def test_a_value_that_cannot_be_is_told_to_be_none(single: Plan) -> None:
    talk = Talk(single)
    talk.says("resize")
    assert talk.says("nine") == "9 is no size. Which size?"
    assert talk.presses("8") == "8 is no size. Which size?"
    assert talk.says("three") == "3?"


def test_digits_that_do_not_fit_are_left_out_of_an_intent(single: Plan) -> None:
    talk = Talk(single)
    assert talk.says("where is my order one two") == "Your number?"
    assert talk.conversation.intent == "order"


def test_a_key_that_cuts_off_a_value_is_a_choice(single: Plan) -> None:
    talk = Talk(single)
    talk.says("where is my order")
    assert talk.presses("12*").startswith("I did not get that.")
    assert talk.presses("0") == "Done. Hello."


def test_a_number_of_keys_is_waited_for(single: Plan) -> None:
    talk = Talk(single)
    talk.says("where is my order")
    listen = talk.actions[-1]
    assert isinstance(listen, Listen)
    assert (listen.dtmf_length, listen.dtmf_terminator) == (4, "#")
    talk.says("one oh oh two", sure=0.5)
    confirming = talk.actions[-1]
    assert isinstance(confirming, Listen) and confirming.dtmf_length == 1


def test_half_a_number_does_not_complete_a_turn(single: Plan) -> None:
    talk = Talk(single)
    talk.says("where is my order")
    assert not talk.conversation.completes("one two")
    assert talk.conversation.completes("one two three four")
