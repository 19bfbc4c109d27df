"""What the voice makes of Piper's symbols: phones, stress, words, and which questions rise."""

import numpy as np
import pytest
from voice.lessons import Reader
from voice.symbols import IDS, PHONES, SYMBOLS, ids_of


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def phones(reader: Reader, symbols: str) -> str:
    read = reader.read(np.array(ids_of(symbols), np.int64))
    return " ".join(
        PHONES[phone] + str(stress or "") for phone, stress in zip(read.phones, read.stress, strict=True)
    )


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        ("jˈɛs.", "^ y eh1 s $"),
        ("dʒˈʌdʒ.", "^ jh ah1 jh $"),
        ("wˌaɪ, tʃˈaʊ.", "^ w ay2 , ch aw1 $"),
        ("lˈɪtl̩.", "^ l ih1 t ax l $"),
        ("fˈɜːɹi bˈɜːd.", "^ f er1 iy b er1 d $"),
        ("ɡɹˈiːn, ɹˈɛd.", "^ g r iy1 n , r eh1 d $"),
        ("ɐ kˈʌt hɐlˈoʊ.", "^ ax k ah1 t hh ax l ow1 $"),
        ("", "^ $"),
    ],
)
def test_symbols_become_phones(reader: Reader, symbols: str, expected: str) -> None:
    assert phones(reader, symbols) == expected


def test_every_phone_is_found_at_its_symbol(reader: Reader) -> None:
    ids = np.array(ids_of("tʃˈaʊ, jˈɛs."), np.int64)
    read = reader.read(ids)
    at = [IDS[symbol] for symbol in "^ta,jɛs$"]
    assert ids[read.places].tolist() == at
    assert read.word_ends.tolist() == [0, 0, 0, 1, 0, 0, 0, 1]


def test_symbols_that_are_not_known_say_nothing(reader: Reader) -> None:
    everything = np.array([IDS["^"], *range(3, SYMBOLS), IDS["$"]], np.int64)
    read = reader.read(everything)
    assert np.isfinite(read.features).all()
    assert set(read.phones.tolist()) <= set(range(len(PHONES)))


@pytest.mark.parametrize(
    "text",
    [
        "Is it ready?", "Would you like a table?", "Yes?", "Do you know what time it is?", "White wine?",
        "House number?", "Would you like, for instance, tea?", "Hello?",
    ],
)  # fmt: skip
def test_questions_to_be_answered_with_yes_or_no_rise(reader: Reader, text: str) -> None:
    assert reader.read(reader.ids(text)).rises == 1


@pytest.mark.parametrize(
    "text",
    [
        "What is it?", "When?", "Where are you?", "Which one?", "Why not?", "Who's calling, please?",
        "How many nights?", "And what's the name?", "Thank you for calling, how can I help you today?",
        "It is ready.", "Go!", "Whose is it?", "How was it?", "How's the weather?", "For how long?",
    ],
)  # fmt: skip
def test_statements_and_questions_with_a_question_word_fall(reader: Reader, text: str) -> None:
    assert reader.read(reader.ids(text)).rises == 0
