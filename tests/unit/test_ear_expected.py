"""What the language model learns from: sentences by rule, and what people say."""

from collections import Counter

import pytest
from ear import expected, vocabulary
from ear.speech_plan import free_sentences
from ear.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary.load()


def test_conversation_says_only_words_that_the_ear_knows(words):
    assert expected.conversation().words(expected.ROOT) <= frozenset(vocabulary.known(words))


def test_the_sentences_of_tuning_are_not_expected():
    assert not set(free_sentences("free.txt")) & set(free_sentences("tuning.txt"))


def test_what_people_say_counts_as_a_whole_however_often_it_is_drawn(words):
    said = [weight for weight, _ in expected.sentences(words, 10_000, seed=1)][10_000:]
    free = len(free_sentences("free.txt"))
    assert said[:free] == [1.0] * free
    assert sum(said[free:]) == pytest.approx(len(said) - free) == 3000


def test_a_handful_of_sentences_is_by_rule_alone(words):
    assert Counter(weight for weight, _ in expected.sentences(words, 100, seed=1)) == {1 / 75: 100}


def test_the_same_seed_expects_the_same(words):
    first, again, other = (list(expected.sentences(words, 50, seed)) for seed in (1, 1, 2))
    assert first == again != other
