"""Callers who wait for a person, in the interpreter: no silence, no failing, no place kept that is left."""

import functools
import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_text import FACTS, Talk, plan_of

from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.interpreter import resume, start, take
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.queueing import spoken_wait
from softswitch.dialplan.state import State, dump, load
from softswitch.dialplan.turn import Outcome
from softswitch.events import (
    Do,
    Hangup,
    Heard,
    Input,
    Listen,
    NoInput,
    Pressed,
    Say,
    Transfer,
    TransferFailed,
)
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueOver, QueueTold

PLAN = """
plan:
  languages: [en, es]
  country: GB
  hours: {office: ["mon-fri 8:00-18:00"]}
  variables:
    product: {type: list, of: products}
    back_on: {type: phone}
    message: {type: text}
    pin: {type: digits, length: "4", sensitive: "yes"}
  actions: {note: {arguments: [message, caller_number]}}
  universal:
    on: {human: person, goodbye: bye}
    digress: {help: helping}
    dtmf: {"0": human, "*": go_back, "9": repeat}
  queues:
    orders: {hours: office, skills: [orders], same_language: "yes", priority: 3, max_wait: 10m,
      most_waiting: 20}
    billing:
      music: "off"
      position: {en: "Place {position}. Wait {expected_wait}.", es: "Lugar {position}."}
intents:
  order: {sentences: {en: ["order {product}"], es: ["pedir {product}"]}}
  call_back: {sentences: {en: [call me back], es: [llámeme]}}
  other_number: {sentences: {en: [on another number], es: [otro número]}}
  leave_message: {sentences: {en: [leave a message], es: [dejar un mensaje]}}
  billing: {sentences: {en: [an invoice], es: [una factura]}}
  prices: {sentences: {en: [prices], es: [precios]}}
lists:
  products: {paper: {en: [paper], es: [papel]}}
flows:
  main:
    steps:
      start:
        say: {en: How can I help?, es: ¿Qué desea?}
        listen: {on: {order: person, billing: invoices}, dtmf: {"3": menu}}
      menu:
        say: {en: Press one., es: Pulse uno.}
        dtmf: {menu: {"1": person, "2": invoices}}
      person:
        say: {en: I am putting you through., es: Le paso.}
        queue:
          name: orders
          reason: {en: "wants {product}. {pin}", es: "quiere {product}"}
          on: {call_back: back_now, leave_message: leave_word, billing: invoices}
          digress: {prices: prices, other_number: which_number}
          dtmf: {"1": call_back}
          served: survey
          over: nobody
      back_now: {leave: {for: call_back, next: noted}}
      leave_word: {say: {en: All right., es: Bien.}, leave: {for: message, next: taking}}
      taking:
        say: {en: Please speak., es: Hable.}
        collect: {slot: message, next: keep_word}
      keep_word: {do: {action: note, next: noted}}
      noted: {say: {en: It is noted., es: Apuntado.}, next: bye}
      survey:
        say: {en: "Did {agent} help?", es: "¿Le ayudó {agent}?"}
        listen: {on: {"yes": bye, "no": person}}
      nobody: {say: {en: "Nobody, {queue_over}.", es: Nadie.}, next: start}
      invoices:
        say: {en: Invoices., es: Facturas.}
        reprompt: {en: You can say call me back., es: Diga llámeme.}
        queue: {name: billing, priority: 9, on: {call_back: back_now}, served: bye, over: refer}
      refer: {say: {en: One moment., es: Un momento.}, transfer: {to: human, failed: start}}
      bye: {say: {en: Goodbye., es: Adiós.}, barge_in: "off", hangup: "yes"}
  prices:
    steps:
      prices: {say: {en: Of what?, es: ¿De qué?}, collect: {slot: product, next: price}}
      price: {say: {en: "Paper is five.", es: "Papel a cinco."}, return: "yes"}
  helping: {steps: {helping: {say: {en: I can help., es: Puedo ayudar.}, return: "yes"}}}
  which_number:
    steps:
      which_number: {say: {en: Which number?, es: ¿Qué número?}, collect: {slot: back_on, next: sure}}
      sure: {say: {en: Sure?, es: ¿Seguro?}, listen: {on: {"yes": back_there, "no": stay}}}
      back_there: {leave: {for: call_back, number: back_on, next: noted}}
      stay: {return: "yes"}
"""

OPEN = {"hours_office": "yes"}


@functools.cache
def plan() -> Plan:
    return plan_of(PLAN)


class Waiting(Talk):
    """Who has asked for paper, and waits; the clock says 100."""

    def __init__(self, first: str = "order paper", language: str = "en") -> None:
        super().__init__(plan(), OPEN, language, begin=False)
        self.conversation = Conversation(self.plan, {**FACTS, **OPEN}, language, lambda: 100.0)
        self.actions = self.conversation.start()
        self.says(first)

    def told(self, news: Input) -> str:
        self.actions = self.conversation.take(news)
        return self.said

    @property
    def enqueued(self) -> list[Enqueue]:
        return [action for action in self.actions if isinstance(action, Enqueue)]

    @property
    def left(self) -> list[LeaveQueue]:
        return [action for action in self.actions if isinstance(action, LeaveQueue)]

    @property
    def listen(self) -> Listen:
        last = self.actions[-1]
        assert isinstance(last, Listen)
        return last


def test_a_caller_waits_with_what_the_person_needs_to_know() -> None:
    talk = Waiting()
    assert talk.said == "I am putting you through."
    assert talk.enqueued == [Enqueue("orders", 3, ("orders", "en"), "wants paper.", 100.0, 600.0, 20)]
    assert (talk.listen.waiting, talk.listen.music, talk.listen.no_input_timeout) == (True, "", math.inf)
    assert not talk.left


def test_the_language_of_the_caller_is_a_skill() -> None:
    assert Waiting("pedir papel", "es").enqueued[0].skills == ("orders", "es")


def test_a_closed_queue_is_said_to_be_before_anybody_is_put_through() -> None:
    talk = Talk(plan(), {"hours_office": "no"})
    assert talk.says("order paper") == "Nobody, closed. How can I help?"
    assert not any(isinstance(action, Enqueue | LeaveQueue) for action in talk.actions)


def test_whether_a_queue_is_open_can_be_asked_of_any_moment() -> None:
    monday = datetime(2026, 11, 23, 17, 55, tzinfo=UTC).timestamp()
    assert plan().is_open("orders", monday)
    assert not plan().is_open("orders", monday + 600)
    assert plan().is_open("one of another plan", monday + 600)


def test_silence_is_no_failure_where_music_plays() -> None:
    talk = Waiting()
    for _ in range(20):
        assert talk.silent() == ""
        assert talk.listen.waiting and not talk.left


def test_who_waits_without_music_is_told_that_somebody_will_come() -> None:
    talk = Waiting("an invoice")
    assert (talk.listen.music, talk.listen.no_input_timeout) == (None, 20.0)
    assert talk.silent() == "Please hold the line. Somebody will be with you as soon as possible."


def test_what_means_nothing_is_told_so_twice_and_never_ends_the_wait() -> None:
    talk = Waiting()
    said = [talk.says("la la la") for _ in range(9)]
    assert said[:3] == ["I did not get that.", "Still not.", ""]
    assert set(said[2:]) == {""}
    assert talk.listen.waiting and not talk.left


def test_a_hint_follows_what_was_not_understood() -> None:
    assert Waiting("an invoice").says("la la la") == "I did not get that. You can say call me back."


@pytest.mark.parametrize(
    ("language", "wait", "said"),
    [
        ("en", None, "You are number 2 in the queue."),
        ("en", 20.0, "You are number 2 in the queue. It will take less than a minute."),
        ("en", 250.0, "You are number 2 in the queue. It will take about 5 minutes."),
        ("es", None, "Es el número 2 en la cola."),
        ("es", 250.0, "Es el número 2 en la cola. Tardará unos 5 minutos."),
    ],
)
def test_position_and_wait_are_told_as_far_as_they_are_known(
    language: str, wait: float | None, said: str
) -> None:
    talk = Waiting({"en": "order paper", "es": "pedir papel"}[language], language)
    assert talk.told(QueueTold(2, wait)) == said
    assert talk.listen.waiting


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (50, "about a minute"),
        (61, "about 2 minutes"),
        (600, "about 10 minutes"),
        (620, "about 15 minutes"),
        (26 * 60, "about half an hour"),
        (50 * 60, "about an hour"),
        (90 * 60, "more than an hour"),
    ],
)
def test_a_wait_is_never_told_shorter_than_it_is_expected(seconds: float, said: str) -> None:
    assert spoken_wait(seconds, "en") == said


def test_a_queue_has_words_of_its_own_for_the_position() -> None:
    talk = Waiting("an invoice")
    assert talk.told(QueueTold(3, 120)) == "Place 3. Wait about 2 minutes."
    assert talk.says("repeat that") == "Place 3. Wait about 2 minutes."


def test_a_digression_keeps_the_place() -> None:
    talk = Waiting()
    assert talk.says("prices") == "Of what?"
    assert (talk.listen.waiting, talk.listen.music) == (False, None)
    assert talk.says("paper") == "Paper is five."
    assert talk.listen.waiting
    assert not talk.left and not talk.enqueued
    assert talk.says("help") == "I can help."
    assert not talk.left and not talk.enqueued


def test_failing_in_a_digression_leaves_the_queue_once() -> None:
    talk = Waiting()
    talk.says("prices")
    left = []
    for _ in range(3):
        talk.says("la la la")
        left += talk.left
    assert (left, talk.end) == ([LeaveQueue()], "Hangup")


@pytest.mark.parametrize("words", ["goodbye", "start over", "go back"])
def test_whoever_goes_elsewhere_has_left_once(words: str) -> None:
    talk = Waiting()
    talk.says(words)
    assert talk.left == [LeaveQueue("changed_mind")]
    if talk.end == "Listen":
        talk.says("help")
        assert not talk.left


def test_another_queue_is_another_order_and_no_leaving() -> None:
    talk = Waiting()
    talk.says("an invoice")
    assert [order.queue for order in talk.enqueued] == ["billing"]
    assert not talk.left


def test_asking_for_a_person_while_waiting_for_one_changes_nothing() -> None:
    talk = Waiting()
    assert talk.says("i want to speak to a person") == ""
    assert talk.listen.waiting
    assert not talk.left and not talk.enqueued


def test_a_call_back_goes_to_the_number_that_called() -> None:
    talk = Waiting()
    assert talk.presses("1") == "It is noted. Goodbye."
    assert talk.left == [LeaveQueue("call_back", "+442079460000")]


def test_in_a_call_that_the_node_made_the_far_end_is_called_back() -> None:
    talk = Talk(plan(), {**OPEN, "direction": "out", "called_number": "+442079460111"})
    talk.says("order paper")
    talk.says("call me back")
    left = [action for action in talk.actions if isinstance(action, LeaveQueue)]
    assert left == [LeaveQueue("call_back", "+442079460111")]


def test_a_call_back_may_be_agreed_on_without_losing_the_place() -> None:
    talk = Waiting()
    talk.says("on another number")
    talk.says("oh two oh seven nine four six double oh double oh")
    assert talk.step == "sure" and not talk.left
    assert talk.says("no") == "" and talk.listen.waiting
    talk.says("on another number")
    talk.says("oh two oh seven nine four six oh nine five eight")
    assert talk.says("yes") == "It is noted. Goodbye."
    assert talk.left == [LeaveQueue("call_back", "+442079460958")]


def test_who_leaves_a_message_waits_no_longer() -> None:
    talk = Waiting()
    assert talk.says("leave a message") == "All right. Please speak."
    assert talk.left == [LeaveQueue("message")]
    talk.says("please bring paper")
    assert [do.name for do in talk.does] == ["note"]
    assert not talk.left


@pytest.mark.parametrize("why", ["empty", "full", "waited", "closed"])
def test_the_plan_knows_why_nobody_comes(why: str) -> None:
    talk = Waiting()
    assert talk.told(QueueOver(why)) == f"Nobody, {why}. How can I help?"  # type: ignore[arg-type]
    assert talk.context["queue_over"] == why
    assert not talk.left


def test_after_the_talk_the_plan_goes_on_and_strikes_are_forgotten() -> None:
    talk = Waiting()
    assert talk.told(PersonLeft("anna", "hung_up")) == "Did anna help?"
    assert (talk.context["agent"], talk.context["agent_left"]) == ("anna", "hung_up")
    assert not talk.left


def test_a_talk_may_begin_and_end_in_the_middle_of_a_digression() -> None:
    talk = Waiting()
    talk.says("prices")
    assert talk.told(PersonLeft("anna", "given_back")) == "Did anna help?"
    assert talk.says("help") == "I can help. Did anna help?"


def test_news_for_one_who_is_asked_something_leads_to_the_question_again() -> None:
    talk = Waiting()
    talk.says("prices")
    assert talk.told(QueueTold(1)) == "Of what?"
    assert not talk.left


def test_after_a_crash_he_waits_at_his_old_place() -> None:
    talk = Waiting()
    assert talk.cut_off() == "I'm sorry for the interruption. Let's go on."
    assert [order.since for order in talk.enqueued] == [100.0]
    assert talk.listen.waiting
    assert not talk.left


def test_after_a_crash_in_a_digression_too() -> None:
    talk = Waiting()
    talk.says("prices")
    talk.cut_off()
    assert [order.since for order in talk.enqueued] == [100.0]
    assert talk.step == "prices" and not talk.left
    talk.says("paper")
    assert talk.listen.waiting and not talk.enqueued


def test_a_queue_that_is_gone_from_the_plan_is_not_waited_in() -> None:
    talk = Waiting()
    state = load(dump(talk.conversation._state, frozenset()))
    gone = plan_of("flows: {main: {steps: {start: {say: Hello., listen: {}}}}}")
    outcome = resume(gone, state)
    assert not any(isinstance(action, Enqueue | LeaveQueue) for action in outcome.actions)


def test_a_state_from_before_there_were_queues_can_be_loaded() -> None:
    raw = json.loads(dump(State("v1", "en", "start"), frozenset()))
    del raw["waits"], raw["waits_since"]
    assert load(json.dumps(raw)) == State("v1", "en", "start")


def test_being_restored_says_nothing_and_goes_on_after_the_talk() -> None:
    talk = Waiting()
    again = Conversation(plan(), {**FACTS, **OPEN})
    again.restore(talk.conversation.dump())
    assert again.step == "person"
    says = [action for action in again.take(PersonLeft("anna", "lost")) if isinstance(action, Say)]
    assert says[0].text == "Did anna help?"


def test_what_is_no_state_restores_nothing() -> None:
    conversation = Conversation(plan(), FACTS)
    conversation.restore("nonsense")
    assert conversation.step == "start"


@pytest.mark.parametrize(
    ("how", "said", "end"),
    [
        ("hung_up", "Thank you for calling. Goodbye.", "Hangup"),
        ("lost", "I'm sorry, I could not reach anyone. How can I help?", "Listen"),
    ],
)
def test_a_transfer_that_was_a_bridge_ends_the_call_unless_the_line_broke(
    how: str, said: str, end: str
) -> None:
    talk = Waiting("an invoice")
    talk.told(QueueOver("empty"))
    assert talk.end == "Transfer"
    assert talk.told(PersonLeft("desk", how)) == said  # type: ignore[arg-type]
    assert talk.end == end


# --- whatever happens -------------------------------------------------------------------------------------

SAID = """order paper|an invoice|call me back|leave a message|on another number|prices|paper|yes|no|help|
oh two oh seven nine four six oh nine five eight|repeat that|go back|start over|goodbye|i want a person|
la la la|slower||pedir papel|precios|sí"""
words = st.sampled_from(SAID.replace("\n", "").split("|"))
inputs: st.SearchStrategy[Input] = st.one_of(
    st.builds(Heard, words, st.sampled_from([0.9, 0.9, 0.3, 0.1])),
    st.builds(Pressed, st.sampled_from(["0", "1", "2", "3", "9", "*", "#", "02079460958"])),
    st.just(NoInput()),
    st.builds(TransferFailed, st.just(486)),
    st.builds(QueueTold, st.integers(1, 50), st.none() | st.floats(0, 1e5)),
    st.builds(QueueOver, st.sampled_from(["closed", "empty", "full", "waited"])),
    st.builds(PersonLeft, st.just("anna"), st.sampled_from(["hung_up", "given_back", "lost"])),
)
calls = st.lists(inputs, max_size=25)
facts = st.sampled_from([{**FACTS, **OPEN}, {**FACTS, "hours_office": "no"}])
CRASH = object()


def assert_not_silent(outcome: Outcome) -> None:
    *before, last = outcome.actions
    assert isinstance(last, Listen | Transfer | Hangup)
    assert all(isinstance(action, Say | Do | Enqueue | LeaveQueue) for action in before)
    heard = any(isinstance(action, Say) and any(map(str.isalnum, action.text)) for action in before)
    assert heard or (isinstance(last, Listen) and last.music is not None)


class Distributor:
    """Who is in the queue, by what the dialplan says and what it was told."""

    def __init__(self) -> None:
        self.waits = False

    def told(self, event: object) -> None:
        if isinstance(event, QueueOver | PersonLeft):
            self.waits = False

    def follow(self, outcome: Outcome) -> None:
        for action in outcome.actions:
            if isinstance(action, LeaveQueue):
                assert self.waits, "left a queue in which he was not"
                self.waits = False
            elif isinstance(action, Enqueue):
                self.waits = True


@given(facts, st.sampled_from(["en", "es"]), st.lists(st.one_of(inputs, st.just(CRASH)), max_size=25))
@settings(deadline=None, max_examples=400)
def test_nothing_ends_in_silence_and_no_place_is_kept_that_was_left(
    known: dict[str, str], language: str, events: list[object]
) -> None:
    people, outcome = Distributor(), start(plan(), known, language)
    for event in [None, *events]:
        if event is CRASH:
            outcome = resume(plan(), load(dump(outcome.state, plan().sensitive)))
        elif event is not None:
            if isinstance(event, QueueTold | QueueOver | PersonLeft) and not people.waits:
                continue  # nobody tells them
            people.told(event)
            outcome = take(plan(), outcome.state, event)  # type: ignore[arg-type]
        people.follow(outcome)
        assert_not_silent(outcome)
        assert people.waits == bool(outcome.state.waits)
        last = outcome.actions[-1]
        if isinstance(last, Listen) and last.waiting:
            assert people.waits
        if not isinstance(last, Listen):
            assert not people.waits


@given(facts, calls)
@settings(deadline=None)
def test_news_that_nobody_waits_for_are_survived(known: dict[str, str], events: list[Input]) -> None:
    outcome = start(plan(), known, "en")
    for event in events:
        outcome = take(plan(), outcome.state, event)
        assert_not_silent(outcome)


@given(facts, calls)
@settings(deadline=None)
def test_the_state_of_one_who_waits_survives_being_dumped(known: dict[str, str], events: list[Input]) -> None:
    outcome = start(plan(), known, "en")
    for event in events:
        outcome = take(plan(), outcome.state, event)
        assert load(dump(outcome.state, frozenset())) == outcome.state
