"""Steps that wait: for what comes of a promise, and of looking something up."""

from pathlib import Path

import small_plans
from plan_text import FACTS, Talk

from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.graphing import edges
from softswitch.events import Acted, Await, Do, Heard, NoInput, Pressed, Say
from softswitch.waiting import QueueOver

PLAN = """
plan:
  variables:
    number: {type: digits, length: 2-4}
    order_number: {type: digits, length: 2-6}
    name: {type: text}
    balance: {type: number}
    pin: {type: digits, length: 4, sensitive: "yes"}
  actions:
    place: {arguments: [number], result: [order_number]}
    find: {kind: lookup, arguments: [caller_number, pin], result: [name, balance]}
  filler: {after: 500ms, say: [One moment., Just a second.]}
intents: {order: [order], customer: [customer], stop: [stop]}
flows:
  main:
    steps:
      start:
        say: Hello.
        listen: {on: {order: placing, customer: finding, stop: bye}}
      placing:
        set: {number: "'42'"}
        say: I place your order.
        do: {action: place, within: 2s, done: placed, noted: noted, refused: refused}
      placed: {say: "It is placed, number {order_number}.", next: start}
      noted: {say: It is noted., next: start}
      refused: {say: It cannot be placed., next: start}
      finding:
        lookup: {action: find, within: 1s, found: known, not_found: unknown, late: too_late}
      known: {say: "Hello {name}, you have {balance}.", next: start}
      unknown: {say: I do not know you., next: start}
      too_late: {say: I cannot look that up now., next: start}
      bye: {say: Goodbye., hangup: "yes"}
"""


def tell(talk: Talk, outcome: str, **result: str) -> str:
    """What came of what is waited for."""
    talk.actions = talk.conversation.take(Acted(waits(talk).key, outcome, result))  # type: ignore[arg-type]
    return talk.said


def waits(talk: Talk) -> Await:
    assert isinstance(talk.actions[-1], Await)
    return talk.actions[-1]


def test_a_promise_within_a_budget_is_promised_once_and_waited_for() -> None:
    talk = Talk(PLAN)
    assert talk.says("order") == "I place your order."
    promise, awaited = talk.does[0], waits(talk)
    assert (promise.name, promise.arguments) == ("place", (("number", "42"),))
    assert (awaited.key, awaited.name, awaited.within, awaited.look_up) == (promise.key, "place", 2.0, False)
    assert [say.text for say in awaited.filler] == ["One moment.", "Just a second."]
    assert awaited.filler_after == 0.5


def test_the_caller_is_told_what_is_true() -> None:
    for outcome, words in {
        "done": "It is placed, number 1 7.",
        "noted": "It is noted.",
        "refused": "It cannot be placed.",
    }.items():
        talk = Talk(PLAN)
        talk.says("order")
        assert tell(talk, outcome, order_number="17").startswith(words[:12]), outcome
        assert (talk.end, talk.does) == ("Listen", [])
        assert talk.context.get("order_number") == (None if outcome == "noted" else "17")


def test_what_the_caller_does_meanwhile_changes_nothing() -> None:
    talk = Talk(PLAN)
    talk.says("order")
    before = waits(talk)
    for event in (Heard("stop", 1.0), Pressed("0"), NoInput(), QueueOver("closed"), Acted("other:1", "done")):
        talk.actions = talk.conversation.take(event)
        assert talk.actions == (before,)
    assert tell(talk, "done").startswith("It is placed")


def test_an_outcome_that_is_none_of_the_step_is_not_taken() -> None:
    talk = Talk(PLAN)
    talk.says("order")
    assert tell(talk, "found") == ""
    assert waits(talk).name == "place"


def test_an_outcome_that_comes_too_late_asks_the_question_again() -> None:
    talk = Talk(PLAN)
    talk.actions = talk.conversation.take(Acted("placing:1", "done", {"order_number": "17"}))
    assert (talk.said, talk.end) == ("Hello.", "Listen")
    assert "order_number" not in talk.context


def test_after_an_interruption_it_is_asked_what_came_of_it_and_nothing_is_promised_again() -> None:
    talk = Talk(PLAN)
    talk.says("order")
    key = waits(talk).key
    assert talk.cut_off() == "I'm sorry for the interruption. Let's go on."
    assert (talk.does, waits(talk).key) == ([], key)
    assert tell(talk, "noted") == "It is noted. Hello."


def test_after_an_interruption_by_a_plan_that_waits_no_longer_the_question_before_comes_again() -> None:
    talk = Talk(PLAN)
    talk.says("order")
    state = talk.conversation.dump()
    changed = PLAN.replace("within: 2s, done: placed, noted: noted, refused: refused", "next: noted")
    assert changed != PLAN
    other = Talk(changed, begin=False)
    actions = other.conversation.resume(state)
    assert not any(isinstance(action, Do) for action in actions)
    assert [action.text for action in actions if isinstance(action, Say)][-1] == "Hello."


def test_a_second_visit_is_another_promise() -> None:
    talk = Talk(PLAN)
    talk.says("order")
    first = waits(talk).key
    tell(talk, "done")
    talk.says("order")
    assert waits(talk).key != first


def test_what_is_looked_up_fills_its_variables() -> None:
    talk = Talk(PLAN)
    talk.says("customer")
    awaited = waits(talk)
    assert (awaited.look_up, awaited.within, talk.does) == (True, 1.0, [])
    assert dict(awaited.arguments)["caller_number"] == FACTS["caller_number"]
    assert tell(talk, "found", name="Jane", balance="12", other="x") == "Hello Jane, you have 12. Hello."
    assert "other" not in talk.context


def test_what_is_found_and_does_not_fit_is_not_found() -> None:
    talk = Talk(PLAN)
    talk.says("customer")
    assert tell(talk, "found", name="Jane") == "I do not know you. Hello."
    talk.says("customer")
    assert tell(talk, "found", name="Jane", balance="plenty") == "I do not know you. Hello."
    assert "name" not in talk.context


def test_what_was_found_before_is_forgotten_when_it_is_looked_up_again() -> None:
    talk = Talk(PLAN)
    talk.says("customer")
    tell(talk, "found", name="Jane", balance="12")
    talk.says("customer")
    assert tell(talk, "late") == "I cannot look that up now. Hello."
    assert not {"name", "balance"} & talk.context.keys()


def test_a_secret_may_be_looked_up_and_is_not_in_what_is_saved() -> None:
    talk = Talk(PLAN, {"pin": "4711"})
    talk.says("customer")
    assert dict(waits(talk).arguments)["pin"] == "4711"
    assert "4711" not in talk.conversation.dump()


def test_a_plan_without_fillers_has_the_languages_own() -> None:
    talk = Talk(PLAN.replace("  filler: {after: 500ms, say: [One moment., Just a second.]}\n", ""))
    talk.says("order")
    assert [say.text for say in waits(talk).filler] == ["One moment, please."]
    assert waits(talk).filler[0] in talk.plan.static_prompts()


def test_integrations_are_asked_for_as_a_call_arrives_where_the_arguments_are_known() -> None:
    text = PLAN.replace("  filler:", "  prefetch: [{action: find}]\n  filler:")
    talk = Talk(text.replace("[caller_number, pin]", "[caller_number]"))
    assert talk.plan.prefetched(FACTS) == [("find", {"caller_number": FACTS["caller_number"]})]
    assert Talk(text).plan.prefetched(FACTS) == []


def test_a_state_of_before_waits_for_nothing() -> None:
    talk = Talk(PLAN)
    state = talk.conversation.dump().replace(',"awaiting":""', "")
    assert "awaiting" not in state
    conversation = Conversation(talk.plan, FACTS)
    assert not any(isinstance(action, Await) for action in conversation.resume(state))


# --- the checks -------------------------------------------------------------------------------------------

HEAD = """name: small
language: en
start: ask
variables:
  number: {type: digits, length: 2-4}
  name: {type: text}
  pin: {type: digits, length: 4, sensitive: yes}
actions:
  place: {arguments: [number]}
  find: {kind: lookup, arguments: [number, pin], result: name}
"""
STEPS = """
  ask: {say: Number?, collect: {slot: number, next: key}}
  key: {say: Pin?, collect: {slot: pin, next: find}}
  find: {lookup: {action: find, found: known, not_found: ask, late: place}}
  known: {say: "Hello {name}.", next: place}
  place: {do: {action: place, within: 2s, done: bye, noted: bye, refused: desk}}
"""


def problems(folder: Path, steps: str = STEPS, head: str = HEAD) -> list[str]:
    found = loader.inspect(small_plans.write(folder, head, steps))
    return [f"{each.rule}: {each.message}" for each in found.problems if each.rule != "unheard-intent"]


def test_a_plan_that_waits_is_sound(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


def test_what_only_a_found_look_up_fills_is_not_said_elsewhere(tmp_path: Path) -> None:
    told = problems(tmp_path, STEPS.replace("late: place", "late: known"))
    assert told == ["unfilled-variable: '{name}' is said here, but not every way here sets it"]


def test_the_result_of_an_action_that_is_done_is_not_certain(tmp_path: Path) -> None:
    head = HEAD.replace("[number]}", "[number], result: name}")
    assert (
        "unfilled-variable"
        in problems(
            tmp_path, STEPS.replace("done: bye", "done: known").replace("next: place", "next: bye"), head
        )[0]
    )


def test_arguments_of_a_look_up_must_be_known(tmp_path: Path) -> None:
    told = problems(tmp_path, STEPS.replace("next: key", "next: find"), HEAD)
    assert any("'pin' is given to 'find' here" in each for each in told)


def test_actions_of_the_other_kind_are_told(tmp_path: Path) -> None:
    told = problems(tmp_path, STEPS.replace("action: find,", "action: place,"))
    assert "unknown-action: 'place' is promised: `lookup` cannot ask for it; give it `kind: lookup`" in told
    told = problems(tmp_path, STEPS.replace("action: place,", "action: find,"))
    assert "unknown-action: 'find' is looked up: `do` cannot promise it, `lookup` asks for it" in told


def test_ways_are_given_whole(tmp_path: Path) -> None:
    told = problems(tmp_path, STEPS.replace(", refused: desk", ""))
    assert any("with `within` expected `done`, `noted` and `refused`" in each for each in told)
    told = problems(tmp_path, STEPS.replace(", late: place", ""))
    assert any("`action` needs `late`" in each for each in told)
    told = problems(tmp_path, STEPS.replace("within: 2s", "within: 20s"))
    assert any("wrong-value" in each for each in told)


def test_a_step_that_only_an_outcome_leads_to_is_reached(tmp_path: Path) -> None:
    steps = STEPS.replace("refused: desk", "refused: never") + "  never: {say: It cannot be., next: bye}\n"
    assert problems(tmp_path, steps) == []


def test_what_may_come_of_an_action_is_drawn() -> None:
    drawn = {(edge.source, edge.label, edge.target) for edge in edges.own(Talk(PLAN).plan.files)}
    assert {
        ("placing", "place done", "placed"),
        ("placing", "place noted", "noted"),
        ("placing", "place refused", "refused"),
        ("finding", "found", "known"),
        ("finding", "not found", "unknown"),
        ("finding", "late", "too_late"),
    } <= drawn
