"""Examples of what callers say: a second witness beside a plan's sentences."""

from datetime import datetime

import pytest
from listed_slot import ListedSlot

from softswitch.dialplan.examples import Examples
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.sentences import Sentences
from softswitch.dialplan.slots import Declaration, slot

NOW = datetime(2026, 11, 23, 9, 30)
ENGLISH = LANGUAGES["en"]
SLOTS = {
    "item": ListedSlot({"pens": "pens", "paper": "paper"}),
    "quantity": slot(Declaration("number"), ENGLISH),
}
INTENTS = {
    "buy": ["... (need|want) ... {item} ...", "[i need] {quantity} {item}"],
    "late": ["... (where|waiting) ...", "where is my order"],
    "other": ["... (shop|parking) ..."],
}
SAID = {
    "buy": ["i need ten pens", "we want some paper please", "could you send us pens", "paper for the office"],
    "late": ["i am still waiting for my pens", "when is my paper coming", "my parcel never came"],
    "none": ["i need a taxi", "i want my mother", "what a lovely day", "turn the radio down"],
}
ASKED = frozenset(INTENTS)


def sentences(said: dict[str, list[str]] | None = None) -> Sentences:
    return Sentences(INTENTS, {}, SLOTS, ENGLISH, examples=SAID if said is None else said)


def meant(plan: Sentences, text: str, asked: frozenset[str] = ASKED) -> str:
    match = plan.strict(text, asked, NOW) or plan.fuzzy(text, asked, NOW)
    return match.intent if match else ""


def test_an_example_scores_near_one_for_its_intent_and_near_nothing_for_others():
    examples = Examples(SAID, [*SLOTS.values()], ENGLISH)
    scores = examples.scores(["my", "parcel", "never", "came"], NOW)
    assert scores["late"] > 0.8
    assert max(scores["buy"], scores["none"]) < 0.2


def test_values_stand_for_their_kind():
    examples = Examples(SAID, [*SLOTS.values()], ENGLISH)
    assert examples.scores(["i", "need", "forty", "two", "paper"], NOW) == pytest.approx(
        examples.scores(["i", "need", "ten", "pens"], NOW)
    )


def test_what_callers_said_without_meaning_anything_is_taken_for_nothing_though_sentences_match():
    text = "i want my mother to bring the paper"
    assert meant(sentences({}), text) == "buy"
    assert meant(sentences(), text) == ""


def test_what_no_sentence_has_is_understood_as_its_examples_are_with_its_values():
    match = sentences().fuzzy("could you send pens", ASKED, NOW)
    assert meant(sentences({}), "could you send pens") == ""
    assert match
    assert (match.intent, match.slots) == ("buy", {"item": "pens"})


def test_a_whole_sentence_needs_no_second_witness():
    said = {"late": ["i need ten pens", "ten pens"], "none": ["paper"]}
    assert meant(sentences(said), "ten pens") == "buy"


def test_of_an_intent_without_examples_the_sentences_alone_know():
    assert meant(sentences(), "when is my paper at the shop") == "other"


def test_what_means_nothing_speaks_for_the_intents_that_answer_to_it():
    text = "could you send us paper at the shop for the office"
    answering = Sentences(INTENTS, {}, SLOTS, ENGLISH, examples=SAID, answering=["other"])
    assert meant(sentences(), text) == "other"
    assert meant(answering, text) == "buy"
    assert meant(answering, "turn the radio down in the shop") == "other"


@pytest.mark.parametrize(
    ("found", "buy", "late", "none", "verdict"),
    [
        ("", 0.7, 0.1, 0.2, ("buy", "")),
        ("", 0.5, 0.1, 0.35, ("", "buy")),
        ("", 0.35, 0.0, 0.0, ("", "")),
        ("", 0.1, 0.0, 0.9, ("", "")),
        ("buy", 0.3, 0.4, 0.1, ("buy", "")),
        ("buy", 0.1, 0.6, 0.1, ("", "late")),
        # No example is like what the sentences found.
        ("buy", 0.2, 0.1, 0.3, ("", "buy")),
        ("other", 0.1, 0.1, 0.5, ("other", "")),
        ("other", 0.8, 0.1, 0.1, ("buy", "")),
        ("other", 0.45, 0.1, 0.3, ("", "")),
        ("unknown", 0.9, 0.0, 0.0, ("unknown", "")),
    ],
)
def test_two_witnesses_decide(monkeypatch, found, buy, late, none, verdict):
    examples = Examples(SAID, [*SLOTS.values()], ENGLISH, ["other"])
    monkeypatch.setattr(examples, "scores", lambda tokens, now: {"buy": buy, "late": late, "none": none})
    decided = examples.decide(["words"], found, NOW)
    assert (decided.intent, decided.likely) == verdict


def test_what_is_ahead_of_all_others_but_not_clearly_is_likely():
    text = "where is the shop that has pens"
    assert meant(sentences(), text) == ""
    match = sentences().likely(text, ASKED, NOW)
    assert match
    assert (match.intent, match.slots) == ("buy", {"item": "pens"})
    assert sentences().likely(text, ASKED - {"buy"}, NOW) is None


def test_nothing_is_likely_without_examples_nor_by_less_than_the_margin_for_asking():
    text = "where is the shop that has pens"
    assert sentences({}).likely(text, ASKED, NOW) is None
    strict = Sentences(INTENTS, {}, SLOTS, ENGLISH, examples=SAID, confirm_margin=1)
    assert strict.likely(text, ASKED, NOW) is None


def test_an_intent_that_is_not_listened_for_is_not_taken():
    assert meant(sentences(), "my parcel never came", frozenset({"buy", "other"})) == ""


def test_where_a_value_is_asked_for_sentences_alone_decide():
    intents = {**INTENTS, "{item}": ["... {item} ..."]}
    plan = Sentences(intents, {}, SLOTS, ENGLISH, examples=SAID)
    assert meant(plan, "when is my paper coming", frozenset({"{item}", "late"})) == "{item}"


def test_why_an_intent_came_into_question_tells_what_the_examples_say_of_it():
    (candidate,) = sentences().candidates("i want my mother to bring the paper", ["buy"], NOW)
    assert "examples 0." in candidate.why
    assert "none 0." in candidate.why
    (alone,) = sentences({}).candidates("i want my mother to bring the paper", ["buy"], NOW)
    assert "examples" not in alone.why


@pytest.mark.parametrize("text", ["", "zorkmid", "zorkmid " * 300])
def test_words_that_no_example_has_mean_nothing(text):
    assert meant(sentences(), text) == ""
