"""From step to step: calls, digressions, back, restart, branches, look-ups, actions, languages, routes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from plan_text import FACTS, Talk, plan_of

from softswitch.dialplan.plan import Plan
from softswitch.dialplan.routes import CallFacts
from softswitch.events import BargeIn, Do, Listen, Say

PLAN = """
plan:
  variables:
    tries: {type: number, value: "0"}
    name: {type: text, scope: caller}
    shop: {type: text, scope: plan, value: Green Street}
    number: {type: digits, length: "4"}
    day: {type: date}
  prefetch: [{table: customers, key: caller_number}]
  actions: {book: {arguments: [number, day], order_by: caller_number}}
  universal: {on: {human: person, goodbye: bye}, digress: {help: helping}, dtmf: {"0": human, "*": go_back}}
  filler: {after: 2s, say: [One moment., Let me see.]}
  backchannel: [okay]
  timing: {no_input_timeout: 7s}
intents:
  contact: ["call me"]
  count: ["count"]
  order: ["order [{number}]"]
  name_me: ["my name"]
  book: ["book"]
tables:
  orders: {"1001": {state: ready}}
  customers: {"+442079460000": {title: Ms Day}}
flows:
  main:
    steps:
      start:
        say: "Hello {title} at {shop}."
        reprompt: Anything else?
        barge_in: "off"
        listen:
          on: {contact: contacting, count: counting, order: order, name_me: naming, book: booked}
          dtmf: {"1": order, "2": bye}
      contacting: {call: contact, next: thanks}
      thanks: {say: Thanks., next: start}
      counting:
        set: {tries: tries + 1}
        if: [{when: tries > 2, then: bye}, {when: tries > 1, then: twice}]
        else: once
      once: {say: Once., next: back}
      twice: {say: Twice., next: back}
      naming: {say: Your name?, timing: {no_input_timeout: 9s}, collect: {slot: name, next: start}}
      booked: {say: Booked., do: {action: book, next: again}}
      again: {do: {action: book, next: start}}
      person: {say: One moment., transfer: {to: human, failed: sorry}}
      sorry: {say: Nobody is there., next: start}
      bye: {say: Goodbye., hangup: "yes"}
  contact:
    steps:
      contact: {say: Which day?, reprompt: Which day please?, collect: {slot: day, next: confirmed}}
      confirmed: {say: "On {day}, right?", listen: {on: {"yes": contacted, "no": contact}}}
      contacted: {say: Noted., return: "yes"}
  order:
    steps:
      order: {say: Which order?, reprompt: Four digits please., collect: {slot: number, next: find}}
      find: {lookup: {table: orders, key: number, found: found, not_found: unknown}}
      found: {say: "It is {state}.", next: start}
      unknown: {say: "No order {number}.", next: order}
  helping:
    steps:
      helping: {say: I can help., next: more}
      more: {say: More?, listen: {on: {"yes": helping, "no": enough}}}
      enough: {say: Fine., return: "yes"}
"""
SPANISH = """
plan:
  languages: [en, es]
  country: GB
  hours: {open: ["mon-fri 9:00-18:00"]}
  routes:
    - {name: spain, when: {from: "+34*"}, language: es, start: spain, set: {desk: madrid}}
    - {name: closed, when: {hours: not open}, start: closed}
    - {name: all}
  variables: {desk: {type: text}, day: {type: date}}
  repair: {no_input: {say: {en: What., es: Qué.}}, no_match: {say: {en: What., es: Qué.}}, then: bye}
intents: {spanish: {en: [spanish], es: [español]}, english: {en: [english], es: [inglés]}}
flows:
  main:
    steps:
      start: {say: {en: Hello., es: Hola.}, listen: {on: {spanish: to_spanish, english: to_english}}}
      spain: {say: {en: Madrid., es: "Madrid {desk}."}, next: start}
      closed: {say: {en: We are closed., es: Hemos cerrado.}, next: when}
      when: {say: {en: When?, es: ¿Cuándo?}, collect: {slot: day, next: told}}
      told: {say: {en: "On {day}.", es: "El {day}."}, next: start}
      to_spanish: {language: es, next: start}
      to_english: {language: en, next: start}
      bye: {say: {en: Bye., es: Adiós.}, hangup: "yes"}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(PLAN)


@pytest.fixture(scope="module")
def spanish() -> Plan:
    return plan_of(SPANISH)


@pytest.fixture
def talk(plan: Plan) -> Talk:
    return Talk(plan)


def test_what_is_known_of_the_caller_is_there_from_the_start(talk: Talk) -> None:
    assert talk.said == "Hello Ms Day at Green Street."
    assert talk.conversation.path == ("start",)


def test_a_called_flow_comes_back_to_what_follows_the_call(talk: Talk) -> None:
    assert talk.says("call me") == "Which day?"
    assert talk.says("friday") == "On Friday, November 27th, right?"
    assert talk.says("yes") == "Noted. Thanks. Hello Ms Day at Green Street."
    assert talk.conversation.path == ("contacted", "thanks", "start")


def test_a_flow_that_nobody_called_returns_to_the_beginning() -> None:
    talk = Talk(PLAN.replace("call: contact, next: thanks", "next: contact"))
    talk.says("call me")
    talk.says("friday")
    assert talk.says("yes") == "Noted. Hello Ms Day at Green Street."


def test_a_digression_comes_back_to_the_question_and_what_was_answered(talk: Talk) -> None:
    talk.says("call me")
    assert talk.says("help") == "I can help. More?"
    assert talk.says("help") == "I can help. More?"
    assert talk.says("no") == "Fine. More?"
    assert talk.says("no") == "Fine. Which day please?"
    talk.says("friday")
    assert talk.says("yes") == "Noted. Thanks. Hello Ms Day at Green Street."


def test_leaving_for_another_flow_forgets_where_to_come_back(talk: Talk) -> None:
    talk.says("call me")
    talk.says("help")
    talk.says("goodbye")
    assert talk.end == "Hangup"


def test_back_is_the_question_before_with_the_flows_that_were_open_there(talk: Talk) -> None:
    talk.says("call me")
    talk.says("friday")
    assert talk.says("go back") == "Which day please?"
    talk.says("monday")
    assert talk.says("yes").startswith("Noted. Thanks.")
    assert talk.says("go back") == "On Monday, November 30th, right?"
    assert talk.says("yes").startswith("Noted. Thanks.")


def test_back_restores_what_was_forgotten_to_ask_for_it_anew(talk: Talk) -> None:
    talk.says("call me")
    talk.says("friday")
    talk.says("no")
    assert talk.says("go back") == "On Friday, November 27th, right?"
    talk.says("no")
    talk.cut_off()
    talk.says("monday")
    assert talk.says("go back") == "Which day please?"
    assert talk.says("go back") == "On Friday, November 27th, right?"


def test_back_at_the_first_question_asks_it_again(talk: Talk) -> None:
    assert talk.says("go back") == "Anything else?"
    assert talk.presses("*") == "Anything else?"


def test_start_over_forgets_what_the_call_brought_but_not_who_calls(talk: Talk) -> None:
    talk.says("my name")
    talk.says("john smith")
    talk.says("order one two three four")
    assert talk.says("start over") == "Hello Ms Day at Green Street."
    assert talk.context.get("name") == "john smith"
    assert "number" not in talk.context
    assert talk.context["tries"] == "0"


def test_repeat_says_the_whole_answer_again(talk: Talk) -> None:
    said = talk.presses("1") and talk.presses("1001")
    assert said == "It is ready. Hello Ms Day at Green Street."
    assert talk.says("repeat that") == said
    assert talk.step == "start"


def test_slower_and_faster_hold_for_the_rest_of_the_call(talk: Talk) -> None:
    rates = []
    for said in ("slower", "slower", "slower", "faster", "faster", "faster", "faster"):
        talk.says(said)
        rates += [action.rate for action in talk.actions if isinstance(action, Say)]
    assert rates == [0.85, 0.72, 0.72, 0.85, 1.0, 1.18, 1.18]
    talk.presses("1")
    assert [action.rate for action in talk.actions if isinstance(action, Say)] == [1.18]
    assert not any(action.static for action in talk.actions if isinstance(action, Say))


def test_branches_are_tried_in_order(talk: Talk) -> None:
    assert talk.says("count") == "Once. Anything else?"
    assert talk.says("count") == "Twice. Anything else?"
    assert talk.says("count") == "Goodbye."
    assert "counting: tries > 2" in talk.conversation.why


def test_a_look_up_finds_a_row_or_not(talk: Talk) -> None:
    talk.presses("1")
    assert talk.presses("9999") == "No order 9 9 9 9. Which order?"
    assert talk.presses("1001") == "It is ready. Hello Ms Day at Green Street."


def test_a_key_names_an_intent_or_a_step(talk: Talk) -> None:
    talk.presses("1")
    assert (talk.step, talk.conversation.intent) == ("order", "order")
    assert talk.presses("0") == "One moment."
    talk = Talk(talk.plan)
    assert talk.presses("2") == "Goodbye."
    assert talk.conversation.intent == ""


def test_actions_are_promised_with_what_is_known_and_keys_of_their_own(talk: Talk) -> None:
    talk.says("book")
    arguments = (("number", ""), ("day", ""))
    assert talk.does == [
        Do("book", arguments, "booked:1", "+442079460000"),
        Do("book", arguments, "again:2", "+442079460000"),
    ]
    talk.says("book")
    assert [do.key for do in talk.does] == ["booked:3", "again:4"]


def test_a_failed_transfer_goes_on_where_the_step_says(talk: Talk) -> None:
    assert talk.presses("0") == "One moment."
    assert talk.end == "Transfer"
    said = talk.transfer_fails()
    assert said.endswith("Nobody is there. Hello Ms Day at Green Street.")
    assert said.startswith("I'm sorry")


def test_without_a_human_the_caller_is_told_and_the_conversation_goes_on() -> None:
    talk = Talk(plan_of(PLAN, human=None))
    said = talk.presses("0")
    assert "One moment" not in said
    assert said.endswith("Nobody is there. Hello Ms Day at Green Street.")


def test_a_caller_variable_is_remembered(talk: Talk) -> None:
    talk.says("my name")
    talk.says("john smith")
    talk.says("count")
    assert plan_of(PLAN).remembered == ("name",)
    assert talk.conversation.context["name"] == "john smith"


def test_timing_filler_and_backchannel_reach_the_session(talk: Talk) -> None:
    listen = talk.actions[-1]
    assert isinstance(listen, Listen)
    assert (listen.no_input_timeout, listen.filler_after) == (7, 2)
    assert [say.text for say in listen.filler] == ["One moment.", "Let me see."]
    assert listen.backchannel == frozenset({"okay"})
    assert {"count", "okay", "go back"} <= set(listen.grammar or ())
    assert [a.barge_in for a in talk.actions if isinstance(a, Say)] == [BargeIn.OFF]
    talk.says("my name")
    free = talk.actions[-1]
    assert isinstance(free, Listen) and free.grammar is None
    assert free.no_input_timeout == 9


def test_a_call_that_was_cut_off_goes_on_where_it_was(talk: Talk) -> None:
    talk.says("call me")
    talk.says("friday")
    assert talk.cut_off() == "I'm sorry for the interruption. Let's go on. On Friday, November 27th, right?"
    assert talk.says("yes").startswith("Noted. Thanks.")


def test_a_form_that_was_cut_off_keeps_its_answers(talk: Talk) -> None:
    talk.presses("1")
    assert talk.cut_off().endswith("Four digits please.")


@pytest.mark.parametrize("state", ["", "no json", "[]", "{}", '{"step": 1}', '"x"', "null"])
def test_a_state_that_is_none_starts_the_call_anew(plan: Plan, state: str) -> None:
    talk = Talk(plan, begin=False)
    talk.actions = talk.conversation.resume(state)
    assert talk.said == "I'm sorry for the interruption. Let's go on. Anything else?"


def at(hour: int, number: str = "+442079460001") -> CallFacts:
    when = datetime(2026, 11, 23, hour, 5, tzinfo=ZoneInfo("UTC"))
    return CallFacts("main", f"sip:{number}@x", "sip:+442079460000@x", when)


def test_a_route_says_where_a_call_begins_and_in_which_language(spanish: Plan) -> None:
    greeted = {}
    for call in (at(10, "+34911234567"), at(10), at(20)):
        facts = spanish.facts(call, spanish.route(call))
        greeted[call] = Talk(spanish, facts, facts["language"]).said
    assert list(greeted.values()) == ["Madrid madrid. Hola.", "Hello.", "We are closed. When?"]


def test_facts_are_those_of_the_arrival(spanish: Plan) -> None:
    call = at(20)
    facts = spanish.facts(call, spanish.route(call))
    assert facts["today"] == "2026-11-23"
    assert facts["now"] == "20:05"
    assert facts["caller_number"] == "+442079460001"
    assert facts["hours_open"] == "no"
    assert facts["holiday"] == "no"


def test_a_number_that_is_withheld_is_not_known(spanish: Plan) -> None:
    call = at(10, "anonymous")
    assert "caller_number" not in spanish.facts(call, spanish.route(call))


def test_the_caller_may_change_the_language(spanish: Plan) -> None:
    talk = Talk(spanish)
    assert talk.says("spanish") == "Hola."
    assert (talk.conversation.language, talk.context["language"]) == ("es", "es")
    assert [action.language for action in talk.actions if isinstance(action, Say | Listen)] == ["es", "es"]
    assert talk.says("inglés") == "Hello."


def test_a_date_is_said_in_the_language(spanish: Plan) -> None:
    talk = Talk(spanish, {"_route": "1"})
    assert talk.says("friday") == "On Friday, November 27th. Hello."


def test_facts_win_over_first_values_and_plan_values_over_all(plan: Plan) -> None:
    talk = Talk(plan, {**FACTS, "tries": "5", "shop": "Elsewhere"})
    assert (talk.context["tries"], talk.context["shop"]) == ("5", "Green Street")
