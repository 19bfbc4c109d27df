"""How words are said: rules for accents, and variants written by hand. flite: test_ear_chain.py."""

import pytest
from ear.lexicon import VARIANTS, flapped, non_rhotic, read_variants, yod
from ear.phones import CLASS_OF, CLASSES, PHONES, known
from ear.states import SILENCE, States


def phones(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("k aa r d", "k aa d"),  # card
        ("f ao r", "f ao"),  # four
        ("hh ih r", "hh ih ax"),  # here
        ("n ah m b er", "n ah m b ax"),  # number
        ("b er d", "b er d"),  # bird
        ("z ih r ow", "z ih r ow"),  # zero: a vowel follows
    ],
)
def test_an_r_that_no_vowel_follows_is_silent_in_london(american, british):
    assert non_rhotic(phones(american)) == phones(british)


def test_a_t_between_vowels_is_flapped_before_a_weak_one_only():
    assert flapped(phones("s ih t iy")) == phones("s ih d iy")
    assert flapped(phones("th er t iy")) == phones("th er d iy")
    assert flapped(phones("t uw")) == phones("t uw")
    assert flapped(phones("hh ow t eh l")) == phones("hh ow t eh l")


def test_uw_gets_a_y_after_n_d_and_t():
    assert yod(phones("n uw z")) == phones("n y uw z")
    assert yod(phones("uw z")) == phones("uw z")
    assert yod(phones("b l uw")) == phones("b l uw")


def test_variants_by_hand_are_of_known_phones():
    variants = read_variants(VARIANTS)
    assert variants["the"] == (phones("dh ax"), phones("dh iy"))
    assert {phone for ways in variants.values() for way in ways for phone in way} <= set(PHONES)


def test_a_phone_that_is_none_is_named(tmp_path):
    (tmp_path / "variants.txt").write_text("word: w xx d\n", encoding="utf-8")
    with pytest.raises(ValueError, match="word: xx"):
        read_variants(tmp_path / "variants.txt")


def test_every_phone_has_a_class_of_neighbours():
    assert set(CLASS_OF) == set(PHONES)
    assert set(CLASS_OF.values()) == set(range(1, CLASSES))


def test_synthesisers_phones_get_one_name():
    assert known("axr") == "er"
    assert known("pau") == "pau"
    assert known("xx") is None


def test_outputs_of_a_word_depend_on_the_neighbours_class_alone():
    states = States(in_context=True)
    (first, rest), *_ = states.of_word(phones("t aa p"))
    assert states.of_word(phones("t ow p"))[0] == (first, rest)
    assert states.of_word(phones("t iy p"))[0] == (first, states.of_word(phones("t eh p"))[0][1])
    assert states.of_word(phones("t iy p"))[0][1] != rest


@pytest.mark.parametrize("in_context", [False, True])
def test_all_outputs_have_numbers_of_their_own(in_context):
    states = States(in_context)
    found = {SILENCE, states.foreign}
    for phone in PHONES:
        for before in PHONES:
            found.update(states.of_word((before, phone))[1])
            found.update(states.of_word((phone, before))[0])
            found.update(states.of_word((phone,))[0])
    assert found <= set(range(states.count))
    assert len(found) == states.count
