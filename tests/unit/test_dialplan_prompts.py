"""Prompt texts: what is fixed stays fixed, markup does what it says, wrong markup is explained."""

import pytest
from plan_text import Talk, plan_of

from softswitch.dialplan.markup import parse
from softswitch.events import Listen, Say

PLAN = """
plan:
  variables:
    number: {type: digits, length: "4", value: "1002"}
    code: {type: letters, length: 2-6, value: AB12}
flows:
  main:
    steps:
      start: {say: [%s], listen: {on: {human: person}}}
      person: {say: One moment., transfer: {to: human, failed: start}}
"""


def says(*texts: str) -> list[Say]:
    talk = Talk(PLAN % ", ".join(texts))
    return [action for action in talk.actions if isinstance(action, Say)]


def test_fixed_sentences_stay_fixed_beside_others() -> None:
    said = says('"Good news. It is here. Order {number} is ready. Call us. Bye."')
    assert [(say.text, say.static) for say in said] == [
        ("Good news. It is here.", True),
        ("Order 1 0 0 2 is ready.", False),
        ("Call us. Bye.", True),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<digits>{code}</digits>.", "A B 1 2."),
        ("<spell>{number}</spell>.", "1, 0, 0, 2."),
        ("Dial <digits>911</digits> now.", "Dial 9 1 1 now."),
        ("The word is <spell>cat</spell>.", "The word is C, A, T."),
        ("Hello {caller_name} there.", "Hello there."),
    ],
)
def test_markup_is_written_out(text: str, said: str) -> None:
    assert [say.text for say in says(f'"{text}"')] == [said]


def test_where_a_text_comes_out_empty_something_is_said_before_the_caller_is_listened_to() -> None:
    talk = Talk(PLAN % '"{caller_name}"')
    said, listen = talk.actions
    assert isinstance(said, Say) and said.text
    assert isinstance(listen, Listen)


def test_a_pause_stands_before_what_follows() -> None:
    said = says('"Hello. <pause 500ms>How are you? <pause 1.5s>Well."')
    assert [(say.text, say.pause) for say in said] == [
        ("Hello.", None),
        ("How are you?", 0.5),
        ("Well.", 1.5),
    ]


def test_a_cut_in_the_middle_of_a_sentence_has_no_pause() -> None:
    said = says('"It is <slow>very important</slow> to us. <fast>Really.</fast>"')
    assert [(say.text, say.rate, say.pause) for say in said] == [
        ("It is", 1.0, None),
        ("very important", 0.85, 0.0),
        ("to us.", 1.0, 0.0),
        ("Really.", 1.18, None),
    ]


def test_a_recording_is_one_fixed_thing() -> None:
    (said,) = says('{audio: welcome.wav, text: "Welcome. To us."}')
    assert said == Say("Welcome. To us.", audio="/plan/audio/welcome.wav")


def test_what_comes_out_empty_is_not_said() -> None:
    assert [say.text for say in says('"{last_heard} Hello."', '"{last_heard}."')] == ["Hello."]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<b>x</b>", "<b> is unknown"),
        ("<pause>x", "<pause> is unknown"),
        ("<pause 20s>x", "at most 10 s"),
        ("x <pause 1s>", "nothing follows"),
        ("<slow>x", "<slow> is not closed"),
        ("x</slow>", "closes nothing"),
        ("<slow>x</fast>", "closes nothing"),
        ("<slow><fast>x</fast></slow>", "may not stand inside <slow>"),
        ("<digits><pause 1s>1</digits>", "may not stand inside <digits>"),
        ("{Order}", "for variables only"),
        ("x}", "has no opening bracket"),
        ("...", "expected a text to say"),
    ],
)
def test_wrong_markup_is_explained(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text)


def test_everything_fixed_is_declared_for_rendering() -> None:
    plan = plan_of(PLAN % '"Hello. <slow>Slowly.</slow> {number}.", {audio: a.wav, text: Hi.}')
    declared = {(say.text, say.rate, say.audio) for say in plan.static_prompts()}
    assert {("Hello.", 1.0, ""), ("Slowly.", 0.85, ""), ("Hi.", 1.0, "/plan/audio/a.wav")} <= declared
    assert ("I did not hear you.", 1.0, "") in declared


def test_equal_words_are_declared_once_for_each_melody() -> None:
    plan = plan_of(PLAN % '"I have noted order {number}.", "I have noted order {number} for you today."')
    noted = [say.fragments[0].after for say in plan.static_prompts() if say.text == "I have noted order"]
    assert noted == ["Anna.", "Anna for you today."]


FILLED = """
plan:
  languages: [en, es]
  filler:
    say:
      en: [Hm., "<slow>One</slow> moment."]
      es: [{audio: a.wav, text: Mm.}, "<fast>Ya voy.</fast>"]
  universal: {on: {human: person}}
flows:
  main:
    steps:
      start: {say: {en: Hello., es: Hola.}, listen: {on: {goodbye: person}}}
      person: {say: {en: Bye., es: Chao.}, hangup: yes}
"""


def test_fillers_of_every_language_are_declared_as_they_are_said() -> None:
    plan = plan_of(FILLED)
    start = plan.steps["start"].question
    assert start
    said = [say for language in ("en", "es") for say in start.listen(language, "", False).filler]
    assert [(say.text, say.rate, say.audio) for say in said] == [
        ("Hm.", 1.0, ""),
        ("One moment.", 1.0, ""),
        ("Mm.", 1.0, "/plan/audio/a.wav"),
        ("Ya voy.", 1.18, ""),
    ]
    assert set(said) <= set(plan.static_prompts())
