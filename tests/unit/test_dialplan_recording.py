"""Recording in the dialplan: who is recorded was told before, and the steps that start, stop and pause it."""

import pytest
from plan_text import Talk

from softswitch.events import BargeIn, Listen, Record, Say

ALWAYS = """
plan:
  recording: {mode: always, consent: This call is recorded.}
  variables: {pin: {type: digits, length: "4", sensitive: "yes"}}
intents: {go: [go], stop: [stop], again: [again], hush: [hush], on: [on], pin: [pin]}
flows:
  main:
    steps:
      start:
        say: Hello.
        listen: {on: {go: start, stop: stopping, again: starting, hush: pausing, on: resuming, pin: pin}}
      stopping: {record: stop, next: start}
      starting: {say: Once more., record: start, next: start}
      pausing: {record: pause, next: start}
      resuming: {record: resume, next: start}
      pin: {say: Your PIN?, collect: {slot: pin, next: start}}
"""
ON_DEMAND = ALWAYS.replace(
    "{mode: always, consent: This call is recorded.}",
    "{mode: on_demand, consent: We record., started: Again., stopped: Over.}",
)
OFF = ALWAYS.replace("mode: always", 'mode: "off"')


def shape(talk: Talk) -> list[str]:
    """What is said and what becomes of the recording, in order."""
    return [
        action.text if isinstance(action, Say) else action.what
        for action in talk.actions
        if isinstance(action, Say | Record)
    ]


def test_a_call_that_is_always_recorded_begins_with_telling_so() -> None:
    talk = Talk(ALWAYS)
    assert shape(talk) == ["This call is recorded.", "start", "Hello."]
    told = talk.actions[0]
    assert isinstance(told, Say)
    assert told.barge_in is BargeIn.OFF
    assert talk.conversation.recording == "on"


def test_what_is_repeated_is_not_what_was_told_of_the_recording() -> None:
    talk = Talk(ALWAYS)
    assert talk.says("repeat that") == "Hello."


def test_a_recording_is_started_by_a_step_after_telling_so() -> None:
    talk = Talk(ON_DEMAND)
    assert shape(talk) == ["Hello."]
    talk.says("again")
    assert shape(talk) == ["Once more.", "We record.", "start", "Hello."]
    talk.says("again")
    assert shape(talk) == ["Once more.", "Hello."]


def test_a_recording_is_stopped_and_started_again_in_the_words_for_that() -> None:
    talk = Talk(ON_DEMAND)
    talk.says("again")
    talk.says("stop")
    assert shape(talk) == ["stop", "Over.", "Hello."]
    assert talk.conversation.recording == "off"
    talk.says("stop")
    assert shape(talk) == ["Hello."]
    talk.says("again")
    assert shape(talk) == ["Once more.", "Again.", "start", "Hello."]


def test_a_recording_pauses_and_resumes() -> None:
    talk = Talk(ALWAYS)
    talk.says("on")
    assert shape(talk) == ["Hello."]
    talk.says("hush")
    assert shape(talk) == ["pause", "Hello."]
    assert talk.conversation.recording == "paused"
    talk.says("on")
    assert shape(talk) == ["resume", "Hello."]


def test_a_question_for_a_secret_is_not_recorded() -> None:
    talk = Talk(ALWAYS)
    talk.says("pin")
    listen = talk.actions[-1]
    assert isinstance(listen, Listen)
    assert listen.sensitive
    assert talk.conversation.recording == "paused"
    talk.presses("4711")
    assert isinstance(talk.actions[-1], Listen)
    assert not talk.actions[-1].sensitive
    assert talk.conversation.recording == "on"


def test_nothing_is_recorded_where_the_plan_does_not_say_so() -> None:
    talk = Talk(OFF)
    talk.says("again")
    assert shape(talk) == ["Once more.", "Hello."]


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ([], ["This call is recorded.", "start"]),
        (["go"], ["start"]),
        (["hush"], ["start", "pause"]),
        (["stop"], []),
    ],
    ids=["who may not have heard it is told again", "on", "paused", "stopped"],
)
def test_a_call_that_was_cut_off_is_recorded_on(said: list[str], again: list[str]) -> None:
    talk = Talk(ALWAYS)
    for word in said:
        talk.says(word)
    talk.cut_off()
    assert shape(talk)[: len(again)] == again
    assert "start" not in shape(talk)[len(again) :]
    assert shape(talk)[-1] == "Hello."


def test_who_could_not_be_told_is_not_recorded() -> None:
    """A fact that is not set leaves nothing of the text."""
    talk = Talk(ALWAYS.replace("This call is recorded.", '"{diverted_from}"'))
    assert shape(talk) == ["Hello."]
    assert talk.conversation.recording == "off"


def test_what_callers_are_told_is_rendered_beforehand() -> None:
    assert "We record." in [say.text for say in Talk(ON_DEMAND).plan.static_prompts()]
