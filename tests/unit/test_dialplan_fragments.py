"""Sentences with variables are cut where their fixed parts are worth having ready."""

import pytest

from softswitch.dialplan.markup import parse
from softswitch.dialplan.pieces import Voice
from softswitch.events import BargeIn, Fragment, Say

VOICE = Voice("en", 1.0, BargeIn.SPEECH)
KNOWN = {"number": "1234", "day": "Monday", "name": ""}


def said(text: str, voice: Voice = VOICE) -> Say:
    (piece,) = parse(text)
    say = piece.say(voice, lambda name, how: KNOWN[name])
    assert say
    return say


def fixed(text: str) -> list[Fragment]:
    return [fragment for piece in parse(text) for say in piece.fixed(VOICE) for fragment in say.fragments]


def test_what_is_fixed_is_rendered_at_load_and_the_rest_between_the_words_beside_it() -> None:
    sentence = "Your order {number} left our house on {day}."
    assert said(sentence).fragments == (
        Fragment("Your order 1234", "", "left our"),
        Fragment("left our house on", "Your order Anna", "Anna."),
        Fragment("Monday.", "house on", ""),
    )
    assert fixed(sentence) == [said(sentence).fragments[1]]


@pytest.mark.parametrize("text", ["We have {number}.", "On {day} at {number}.", "{number}"])
def test_what_has_hardly_a_fixed_word_is_said_in_one_go(text: str) -> None:
    assert said(text).fragments == ()
    assert fixed(text) == []


def test_what_touches_a_variable_is_said_with_it() -> None:
    texts = [
        each.text
        for each in said("On the {number}th floor, which is far from ({day}), we wait for you.").fragments
    ]
    assert texts == ["On the 1234th", "floor, which is far from", "(Monday),", "we wait for you."]


def test_where_a_variable_is_not_set_the_sentence_is_not_cut() -> None:
    assert said("I will tell {name} that you called on {day}.").fragments == ()


def test_at_another_rate_nothing_was_rendered_and_nothing_is_cut() -> None:
    slow = VOICE._replace(rate=0.85)
    assert said("Your order {number} left our house on {day}.", slow).fragments == ()
