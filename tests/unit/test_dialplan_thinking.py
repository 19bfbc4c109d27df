"""Steps that have an answer thought up: where they go on, what is asked, and what nobody may know."""

from plan_text import Talk

from softswitch.dialplan.conversation import Conversation
from softswitch.events import Heard, Listen, Pressed, Say
from softswitch.thinking import Think, Unanswered

PLAN = """
plan:
  answers: {instructions: You sell flowers.}
  variables:
    pin: {type: digits, length: 4, sensitive: "yes"}
intents: {hours: [opening hours], secret: ["my pin is {pin}", my pin], stop: [stop]}
flows:
  main:
    steps:
      start:
        say: What would you like to know?
        listen: {on: {hours: looking, secret: keyed, stop: bye}, otherwise: looking, dtmf: {"1": looking}}
      looking:
        say: Let me see.
        answer: {next: more, unknown: person, failed: sorry}
      more:
        say: Anything else?
        listen: {on: {hours: quick, stop: bye}}
      quick:
        answer: {next: more, unknown: person}
      keyed:
        say: Your pin please.
        collect: {slot: pin, next: looking}
      person: {say: A person will know., next: more}
      sorry: {say: I am sorry., next: more}
      bye: {say: Goodbye., hangup: "yes"}
"""


DOUBTING = """
plan:
  answers: {instructions: You sell flowers.}
  repair: {no_input: Hm., no_match: What., low_confidence: "Did you say {heard}?", then: bye}
  variables:
    number: {type: number}
intents: {hours: [opening hours], flowers: ["how about {number} tulips"]}
flows:
  main:
    steps:
      start: {say: What would you like to know?, listen: {on: {hours: looking, flowers: looking}}}
      looking: {say: Let me see., answer: {next: start, unknown: start}}
      bye: {say: Goodbye., hangup: "yes"}
"""


COLLECTING = """
plan:
  answers: {instructions: You sell flowers.}
  variables:
    wish: {type: text}
flows:
  main:
    steps:
      start: {say: What may it be?, collect: {slot: wish, confirm: "You said {wish}?", next: looking}}
      looking: {say: Let me see., answer: {next: bye, unknown: bye}}
      bye: {say: Goodbye., hangup: "yes"}
"""


def thinks(talk: Talk) -> Think:
    (think,) = (action for action in talk.actions if isinstance(action, Think))
    return think


def listens(talk: Talk) -> Listen:
    assert isinstance(talk.actions[-1], Listen)
    return talk.actions[-1]


def missing(talk: Talk, key: str, why: str) -> str:
    talk.actions = talk.conversation.take(Unanswered(key, why))  # type: ignore[arg-type]
    return talk.said


def test_what_means_nothing_is_answered_and_the_next_question_follows_the_answer() -> None:
    talk = Talk(PLAN)
    talk.says("do you have tulips")
    kinds = [type(action) for action in talk.actions]
    assert kinds == [Say, Think, Say, Listen]
    assert talk.said == "Let me see. Anything else?"
    think = thinks(talk)
    assert (think.question, think.intent, think.key) == ("do you have tulips", "", "looking:1")
    assert talk.conversation.step == "more"


def test_where_anything_may_be_asked_the_whole_vocabulary_is_listened_for() -> None:
    talk = Talk(PLAN)
    assert listens(talk).grammar is None
    talk.says("do you have tulips")
    assert listens(talk).grammar is not None


def test_what_the_ear_is_not_sure_of_is_asked_of_nobody() -> None:
    talk = Talk(PLAN)
    talk.actions = talk.conversation.take(Heard("do you have tulips", 0.1))
    assert not any(isinstance(action, Think) for action in talk.actions)


def test_an_intent_may_be_answered_as_well() -> None:
    talk = Talk(PLAN)
    talk.says("opening hours")
    assert thinks(talk).intent == "hours"


def test_what_was_asked_whether_it_was_said_is_answered_and_not_the_yes() -> None:
    talk = Talk(DOUBTING)
    for heard, intent, slots in (
        ("opening hours", "hours", ()),
        ("how about two tulips", "flowers", (("number", "2"),)),
    ):
        talk.actions = talk.conversation.take(Heard(heard, 0.3))
        assert talk.said == f"Did you say {heard}?"
        talk.says("yes")
        assert (thinks(talk).question, thinks(talk).intent, thinks(talk).slots) == (heard, intent, slots)


def test_what_was_collected_and_confirmed_is_answered_and_not_the_yes() -> None:
    talk = Talk(COLLECTING)
    talk.says("do you have white tulips")
    talk.says("yes")
    think = thinks(talk)
    assert (think.question, think.intent) == ("do you have white tulips", "wish")


def test_without_an_answer_it_goes_on_where_the_step_says() -> None:
    for why, said in {
        "unknown": "A person will know.",
        "failed": "I am sorry.",
        "broken": "I am sorry.",
    }.items():
        talk = Talk(PLAN)
        talk.says("do you have tulips")
        assert missing(talk, "looking:1", why) == f"{said} Anything else?"


def test_where_only_unknown_is_given_a_failure_leads_there_too() -> None:
    talk = Talk(PLAN)
    talk.says("do you have tulips")
    talk.says("opening hours")
    assert thinks(talk).key == "quick:2"
    assert missing(talk, "quick:2", "failed") == "A person will know. Anything else?"


def test_news_of_an_answer_that_nobody_waits_for_any_more_changes_nothing() -> None:
    talk = Talk(PLAN)
    talk.says("do you have tulips")
    talk.says("opening hours")
    assert missing(talk, "looking:1", "failed") == "Anything else?"
    assert talk.conversation.step == "more"


def test_a_key_asks_nothing() -> None:
    talk = Talk(PLAN)
    talk.actions = talk.conversation.take(Pressed("1"))
    assert talk.said == "Let me see. A person will know. Anything else?"


def test_a_secret_is_asked_of_nobody() -> None:
    talk = Talk(PLAN)
    talk.says("my pin")
    talk.says("one two three four")
    assert not any(isinstance(action, Think) for action in talk.actions)


def test_after_a_crash_the_question_that_follows_is_asked_again() -> None:
    talk = Talk(PLAN)
    talk.says("do you have tulips")
    state = talk.conversation.dump()
    other = Conversation(talk.plan)
    actions = other.resume(state)
    assert not any(isinstance(action, Think) for action in actions)
    assert "Anything else?" in [action.text for action in actions if isinstance(action, Say)]
