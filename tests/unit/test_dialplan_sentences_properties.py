"""Matching holds for any templates and any text: it ends, never raises, agrees with phrases written out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from listed_slot import ListedSlot

from softswitch.dialplan.expansion import count, phrases
from softswitch.dialplan.language import ENGLISH
from softswitch.dialplan.sentences import Sentences
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.templates import parse

NOW = datetime(2026, 11, 23, 9, 30)
WORDS = ("order", "cancel", "the", "not", "orders", "parcel", "to", "want")
SAID = {"five": "5", "order five": "6"}
SLOTS: Mapping[str, Slot] = {"n": ListedSlot(SAID), "t": ListedSlot({}, "text")}


def template_of(parts: Sequence[str]) -> st.SearchStrategy[str]:
    word = st.sampled_from(parts)
    inner = st.recursive(
        word,
        lambda part: st.one_of(
            st.lists(part, min_size=1, max_size=3).map(" ".join),
            st.lists(part, min_size=1, max_size=3).map(lambda texts: f"({'|'.join(texts)})"),
            st.lists(part, min_size=1, max_size=2).map(lambda texts: f"[{'|'.join(texts)}]"),
        ),
        max_leaves=8,
    )
    # A word of its own makes sure that it stands for something.
    return st.tuples(word, inner).map(" ".join)


LITERAL = template_of(WORDS)
ANYTHING = template_of((*WORDS, "{n}", "{t}", "..."))
TEXT = st.lists(st.sampled_from((*WORDS, "five", "please", "x")), max_size=12).map(" ".join)


def plans(template: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, list[str]]]:
    """Templates that stand for nothing are left out, so that intents may come to have no sentences."""
    intents = st.dictionaries(st.sampled_from("abcd"), st.lists(template, max_size=3), min_size=1)
    return intents.map(
        lambda found: {name: [text for text in texts if valid(text)] for name, texts in found.items()}
    )


def valid(template: str) -> bool:
    try:
        parse(template)
    except ValueError:
        return False
    return True


def compiled(intents: Mapping[str, Sequence[str]]) -> Sentences:
    return Sentences(intents, {}, SLOTS, ENGLISH, skip_words=("please", "to want"))


@given(plans(ANYTHING), st.one_of(TEXT, st.text(max_size=60)))
@settings(max_examples=60, deadline=None)
def test_any_text_against_any_templates_ends_in_a_match_or_none(
    intents: dict[str, list[str]], text: str
) -> None:
    plan = compiled(intents)
    for match in (plan.strict(text, intents, NOW), plan.fuzzy(text, intents, NOW)):
        if match:
            assert match.template in intents[match.intent]
            assert 0 < match.score <= 1
            assert all(f"{{{name}}}" in match.template and value for name, value in match.slots.items())
    assert len(plan.candidates(text, intents, NOW)) <= len(intents)
    for intent in intents:
        plan.phrases.expected(intent, 10)
    plan.stolen()


@given(plans(LITERAL), TEXT)
@settings(max_examples=60, deadline=None)
def test_strict_agrees_with_phrases_written_out(intents: dict[str, list[str]], text: str) -> None:
    plan = Sentences(intents, {}, SLOTS, ENGLISH)
    written = {
        name: {phrase for each in texts for phrase in phrases(parse(each))} for name, texts in intents.items()
    }
    for said in (text, *(phrase for texts in written.values() for phrase in list(texts)[:3])):
        expected = next((name for name, texts in written.items() if said in texts), None)
        match = plan.strict(said, intents, NOW)
        assert (match and match.intent) == expected


@given(plans(ANYTHING))
@settings(max_examples=60, deadline=None)
def test_an_intent_matches_its_own_examples_unless_another_shares_or_outranks_them(
    intents: dict[str, list[str]],
) -> None:
    plan = compiled(intents)
    for intent in intents:
        for phrase in plan.phrases.examples(intent, 6):
            said = phrase.replace("{n}", "five").replace("{t}", "zebra")
            alone = plan.strict(said, [intent], NOW)
            assert alone and alone.intent == intent


@given(plans(LITERAL))
@settings(max_examples=60, deadline=None)
def test_what_another_gets_is_called_stolen(intents: dict[str, list[str]]) -> None:
    plan = Sentences(intents, {}, SLOTS, ENGLISH)
    pairs = {(winner, other) for _, winner, other in plan.stolen()}
    for intent, texts in intents.items():
        for phrase in {phrase for text in texts for phrase in phrases(parse(text))}:
            match = plan.strict(phrase, intents, NOW)
            assert match and (match.intent == intent or (match.intent, intent) in pairs)
    for phrase, winner, other in plan.stolen():
        match = plan.strict(phrase, intents, NOW)
        assert match and match.intent == winner
        assert plan.strict(phrase, [other], NOW)


@given(ANYTHING)
def test_counts_are_of_all_ways(template: str) -> None:
    if valid(template):
        choice = parse(template)
        assert count(choice) >= len(phrases(choice)) >= 1
