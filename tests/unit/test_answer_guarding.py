"""What an LLM says before a caller hears it: invented figures, markup, topics, recitals."""

import pytest

from softswitch.answer.guarding import Guards, figures, known_figures, speakable
from softswitch.dialplan.language import ENGLISH


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("That is twelve pounds fifty.", "a box costs 12.50"),
        ("We open at half past nine.", "opening hours 9:30 to 18:00"),
        ("We close at six.", "from 9:00 to 18:00"),
        ("Call us on 020 7946 0000.", "telephone: 020 7946 0000"),
        ("It is 1,250 euros.", "price 1250"),
        ("There are twenty-five of them.", "25 in stock"),
        ("You have two choices.", ""),
        ("We are open from nine to six.", "from 9:00 to 18:00"),
        ("From ten to one hundred, for two years.", "vouchers of 10 to 100, valid 2 years"),
        ("Your number is 4246.", "four two for six"),
        ("On the 23rd of November.", "2026-11-23"),
    ],
)
def test_a_figure_that_was_told_may_be_said_in_other_words(said: str, told: str) -> None:
    guards = Guards(ENGLISH, known_figures([told], ENGLISH))
    assert guards.refuse(said) == ""


@pytest.mark.parametrize(
    "said",
    [
        *("That is thirteen pounds.", "We open at 8:15.", "Call 020 7946 0001.", "A discount of 20 percent."),
        *("We open at quarter past nine.", "We close at quarter to eighteen."),
    ],
)
def test_an_invented_figure_is_not_spoken(said: str) -> None:
    told = ["a box costs 12.50", "opening hours 9:30 to 18:00", "telephone: 020 7946 0000"]
    assert "invented figure" in Guards(ENGLISH, known_figures(told, ENGLISH)).refuse(said)


def test_figures_are_the_same_in_digits_and_in_words() -> None:
    assert figures("forty two", ENGLISH) == figures("42", ENGLISH) == {"42"}


def test_a_forbidden_topic_is_not_spoken_of() -> None:
    guards = Guards(ENGLISH, frozenset(), forbidden=("legal advice",))
    assert guards.refuse("For legal advice, see a lawyer.") == "forbidden topic 'legal advice'"
    assert guards.refuse("That is legal. Advice is free.") != ""
    assert guards.refuse("That is legal here.") == ""


def test_instructions_are_not_recited() -> None:
    instructions = "You are the telephone agent of a flower shop and never speak of the owner's holidays."
    guards = Guards(ENGLISH, frozenset(), instructions=instructions)
    said = "I am told: you are the telephone agent of a flower shop and never speak of holidays."
    assert guards.refuse(said) == "recites its instructions"
    assert guards.refuse("We are a flower shop, and never on holidays.") == ""


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("**We** open at `nine`.", "We open at nine."),
        ("- first point", "first point"),
        ("See [our page](https://shop.example/x) or https://shop.example.", "See our page or"),
        ("Gladly! 😀", "Gladly!"),
        ("[laughs] Sure.", "Sure."),
        ("😀", ""),
        ("Naïve café, señor – “yes”.", "Naïve café, señor – “yes”."),
    ],
)
def test_what_is_for_the_eye_is_left_out(written: str, spoken: str) -> None:
    assert speakable(written) == spoken
