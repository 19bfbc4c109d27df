"""Spoken digits, sentence templates and matching."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from softswitch.dialplan.expansion import MAX_PHRASES, expand
from softswitch.dialplan.language import ENGLISH, LANGUAGES, SPANISH, Language
from softswitch.dialplan.spoken import cardinals, digit_spans, normalise


def whole(tokens: list[str], language: Language) -> str | None:
    """The digits, where every token has its part in them."""
    spans = digit_spans(tokens, language)
    return spans[0][2] if len(spans) == 1 and spans[0][:2] == (0, len(tokens)) else None


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("one two three four", "1234"),
        ("double oh seven", "007"),
        ("triple nine one", "9991"),
        ("twenty three", "23"),
        ("twenty three forty seven", "2347"),
        ("ten oh two", "1002"),
        ("twelve thirty four", "1234"),
        ("one hundred", "100"),
        ("one hundred and five", "105"),
        ("twelve hundred", "1200"),
        ("one thousand and two", "1002"),
        ("two thousand one hundred twenty three", "2123"),
        ("two thousand and twenty three", "2023"),
        ("one thousand oh five", "100005"),
        ("1002", "1002"),
        ("10 02", "1002"),
        ("zero", "0"),
        ("twenty zero", "200"),
        ("seven six oh to", "7602"),
        ("to one for a", "2148"),
    ],
)
def test_spoken_digits(said: str, digits: str) -> None:
    assert whole(said.split(), ENGLISH) == digits


@pytest.mark.parametrize(
    "said", ["", "hello", "one two please", "double", "triple hello", "and", "hundred", "to", "a"]
)
def test_other_words_are_no_digits(said: str) -> None:
    assert whole(said.split(), ENGLISH) is None


def test_digits_are_found_among_words() -> None:
    tokens = ["my", "number", "is", "one", "two", "and", "the", "code", "is", "double", "three"]
    assert digit_spans(tokens, ENGLISH) == [(3, 5, "12"), (9, 11, "33")]


@given(st.text(alphabet="0123456789", min_size=1, max_size=12))
def test_any_digit_string_said_digit_by_digit_is_read_back(digits: str) -> None:
    words = list(ENGLISH.numbers.units)
    assert whole([words[int(digit)] for digit in digits], ENGLISH) == digits


@given(st.integers(min_value=10, max_value=99))
def test_any_two_digit_number_is_read_back(number: int) -> None:
    tens = {value: word for word, value in ENGLISH.numbers.tens.items()}
    teens = {value: word for word, value in ENGLISH.numbers.teens.items()}
    units = list(ENGLISH.numbers.units)
    said = teens.get(number) or f"{tens[number // 10 * 10]} {units[number % 10] if number % 10 else ''}"
    assert whole(said.split(), ENGLISH) == str(number)


@given(
    st.lists(st.sampled_from([*ENGLISH.digit_words, *ENGLISH.numbers.scales, "and", "to", "x"]), max_size=12)
)
def test_spans_are_in_order_and_apart_whatever_is_said(tokens: list[str]) -> None:
    end = 0
    for start, after, digits in digit_spans(tokens, ENGLISH):
        assert end <= start < after <= len(tokens)
        assert digits.isdecimal()
        end = after + 1


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  What's  YOUR address? ", "what's your address"),
        ("what’s up", "what's up"),
        ("twenty-three", "twenty three"),
        ("'quoted'", "quoted"),
        ("a_b", "a b"),
        ("Größe", "größe"),
        ("?!", ""),
        ("At 9:30pm, or 9 a.m.", "at 9:30 pm or 9 a m"),
        ("2026-11-23 for $42.50", "2026-11-23 for 42.50"),
        ("+44 20-7946", "+44 20-7946"),
        ("well - no, -5 or -five", "well no -5 or five"),
        ("1,250. Yes", "1,250 yes"),
        ("ab12, 23rd, 12b", "ab12 23rd 12b"),
    ],
)
def test_normalise(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("template", "phrases"),
    [
        ("Opening hours", {"opening hours"}),
        ("(tell|give) me", {"tell me", "give me"}),
        ("[the] hours", {"the hours", "hours"}),
        ("[a|the] book", {"a book", "the book", "book"}),
        ("(a (b|c)|d) e", {"a b e", "a c e", "d e"}),
        ("number {order_number}", {"number {order_number}"}),
        ("un[der]stand", {"un der stand", "un stand"}),
    ],
)
def test_templates_stand_for_phrases(template: str, phrases: set[str]) -> None:
    assert set(expand(template)) == phrases


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("(a|b", "not closed"),
        ("a]", "no opening"),
        ("(a]", "not closed"),
        ("(a|)", "empty alternative"),
        ("()", "empty alternative"),
        ("[a]", "no words"),
        ("", "no words"),
        ("?", "no words"),
        ("{Order}", "not a slot"),
        ("{order", "not a slot"),
        ("order}", "no opening"),
        ("(a|b)" * 10, f"at most {MAX_PHRASES}"),
        ("(a|b)" * 5000, f"at most {MAX_PHRASES}"),
    ],
)
def test_wrong_templates_are_explained(template: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        expand(template)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
def test_what_is_said_in_any_conversation_is_made_of_templates(language: Language) -> None:
    talk = language.talk
    for text in (
        *talk.yes,
        *talk.no,
        *talk.corrections,
        *(t for texts in talk.intents.values() for t in texts),
    ):
        assert expand(text)
    names = {name for text in talk.corrections for name in re.findall("{(.*?)}", text)}
    assert names == {"value", "other", "name"}
    said = {name for line in talk.lines.values() for name in re.findall("{(.*?)}", line)}
    assert said == {"value", "position", "expected_wait"}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
def test_no_words_of_any_conversation_mean_two_things(language: Language) -> None:
    talk = language.talk
    meanings = {"yes": talk.yes, "no": talk.no, **talk.intents}
    said = [(phrase, name) for name, texts in meanings.items() for text in texts for phrase in expand(text)]
    by_phrase: dict[str, set[str]] = {}
    for phrase, name in said:
        by_phrase.setdefault(phrase, set()).add(name)
    assert {phrase: names for phrase, names in by_phrase.items() if len(names) > 1} == {}


def test_every_language_holds_the_same() -> None:
    for language in LANGUAGES.values():
        assert set(language.talk.intents) == set(ENGLISH.talk.intents)
        assert set(language.talk.lines) == set(ENGLISH.talk.lines)
        assert set(range(10)) <= set(language.numbers.units.values())
        assert len(language.calendar.weekdays) == 7
        assert len(language.calendar.months) == 12


@given(st.integers(min_value=0, max_value=10**9 - 1), st.sampled_from(["en", "es"]))
def test_any_whole_number_is_read_in_any_language(number: int, code: str) -> None:
    tokens = normalise(num2words(number, lang=code)).split()
    assert cardinals(tokens, 0, LANGUAGES[code].numbers)[-1] == (len(tokens), number)


@pytest.mark.parametrize(
    ("said", "digits"),
    [("doble cero siete", "007"), ("treinta y cinco dos", "352"), ("mil dos", "1002"), ("dieciseis", "16")],
)
def test_spoken_digits_in_spanish(said: str, digits: str) -> None:
    assert whole(said.split(), SPANISH) == digits
