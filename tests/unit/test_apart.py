"""Questions that no model's likeness brings together, and those that it may."""

import numpy as np
import pytest

from softswitch.answer.apart import may_be_same, names_of
from softswitch.answer.questions import key
from softswitch.answer.vectors import Vectors, vector_of
from softswitch.app.answering.thinker import names_in
from softswitch.dialplan import loader
from softswitch.replay import trace
from softswitch.replay.bundled import FOLDER, MONTH, NOBODY


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "when do you open", "what are the opening hours of the shop"),
        ("en", "do you deliver to langham", "can flowers be brought out to langham"),
        ("en", "can i pay by card", "do you take credit cards"),
        ("es", "a qué hora abren", "me dice el horario de la tienda"),
    ],
)
def test_the_same_put_differently_may_be_the_same(language: str, one: str, other: str) -> None:
    names = frozenset({"langham"})
    assert may_be_same(key(one, language), key(other, language), language, names)
    assert may_be_same(key(other, language), key(one, language), language, names)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "when do you open", "when do you open on sunday"),
        ("en", "do you sell roses", "do you sell tulips"),
        ("en", "how much are fifteen roses", "what do you charge for fifty roses"),
        ("en", "when do you open in the shop", "until what hour is the shop not closed"),
        ("en", "can i call you", "i wonder can you call me"),
        ("es", "abren el lunes por la tarde", "me dice el horario del martes en la tienda"),
        ("es", "venden rosas aquí", "es verdad que compran ustedes rosas viejas en la calle"),
    ],
)
def test_another_word_in_its_place_a_number_a_day_or_an_opposite_asks_something_else(
    language: str, one: str, other: str
) -> None:
    assert not may_be_same(key(one, language), key(other, language), language, frozenset())
    assert not may_be_same(key(other, language), key(one, language), language, frozenset())


def test_names_and_what_is_listed_are_taken_from_the_plans_texts() -> None:
    texts = ["We have roses, tulips and lilies. Flowers go to Langham, and flowers come from Oakham."]
    assert names_of(texts, "en") == {"rose", "tulip", "lily", "langham", "oakham"}


@pytest.mark.slow
def test_of_the_bundled_pairs_of_words_hardly_one_is_left_to_a_models_judgement() -> None:
    """A model that found all questions the same would do harm by so many; each of them is one pair twice."""
    names = names_in(loader.load(FOLDER, NOBODY))
    pairs = [
        (pair.first.heard, pair.second.heard) for pair in trace.read(MONTH).pairs if pair.kind == "words"
    ]
    left = [pair for pair in pairs if may_be_same(key(pair[0], "en"), key(pair[1], "en"), "en", names)]
    assert (len(pairs), len(left)) == (500, 2), left


def test_vectors_are_bounded_and_the_nearest_come_first() -> None:
    vectors = Vectors(most=3)
    for number in range(5):
        vectors.put(str(number), vector_of([1.0, float(number)]))
    assert len(vectors) == 3
    assert [name for _, name in vectors.near(vector_of([1.0, 4.0]), 0.9)] == ["4", "3", "2"]
    assert "0" not in vectors
    vectors.put("3", vector_of([1.0, 0.0]))
    assert vectors.near(vector_of([1.0, 0.0]), 0.99) == [(1.0, "3")]


def test_vectors_of_another_length_begin_anew_and_memory_is_bounded() -> None:
    vectors = Vectors(most=100, most_bytes=8 * 4 * 10)
    for number in range(20):
        vectors.put(str(number), vector_of([1.0] * 8))
    assert len(vectors) == 10
    vectors.put("new", vector_of([1.0, 2.0]))
    assert len(vectors) == 1
    assert vectors.near(vector_of([1.0] * 8), 0.1) == []


@pytest.mark.parametrize("numbers", [[], [0.0, 0.0], [float("nan")], [float("inf")], [1.0] * 10_000])
def test_what_is_no_vector_is_refused(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="no vector"):
        vector_of(np.array(numbers))
