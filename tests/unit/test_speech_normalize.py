"""What is written and what the voice is given to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.speech.normalize import RULES, Rule, normalize

SAID = [
    # money
    ("It costs $42.50.", "It costs forty two dollars and fifty cents."),
    ("$1", "one dollar"),
    ("$0.50", "fifty cents"),
    ("$1,234.05", "one thousand two hundred thirty four dollars and five cents"),
    ("£3.01", "three pounds and one penny"),
    ("€5 million", "five million euros"),
    ("$3k", "three thousand dollars"),
    ("12.5 EUR", "twelve euros and fifty cents"),
    ("20€", "twenty euros"),
    ("-$5", "minus five dollars"),
    # dates
    ("On 2026-11-22 we close.", "On November twenty second, twenty twenty six we close."),
    ("11/22/2026", "November twenty second, twenty twenty six"),
    ("22/11/2026", "twenty second of November, twenty twenty six"),
    ("22.11.2026", "twenty second of November, twenty twenty six"),
    ("22 November 2026", "the twenty second of November, twenty twenty six"),
    ("the 1st of May", "the first of May"),
    ("November 22", "November twenty second"),
    ("Nov. 3rd, 2025", "November third, twenty twenty five"),
    ("12/24", "December twenty fourth"),
    ("We may 5 times", "We may five times"),
    # times
    ("9:30", "nine thirty"),
    ("9:05", "nine oh five"),
    ("9:00", "nine o'clock"),
    ("17:00", "five P M"),
    ("17:45", "five forty five P M"),
    ("9 am", "nine A M"),
    ("We close at 5:30pm.", "We close at five thirty P M."),
    ("See you at 5 p.m.", "See you at five P M."),
    ("12:00", "noon"),
    ("00:00", "midnight"),
    ("0:15", "twelve fifteen A M"),
    ("9:00-17:00", "nine o'clock to five P M"),
    ("9am–5pm", "nine A M to five P M"),
    ("24/7", "twenty four seven"),
    # phone numbers
    ("+15550100999", "plus one, five five five, zero one zero, zero nine nine nine"),
    ("+49 30 901820", "plus four nine, three zero, nine zero one, eight two zero"),
    ("555-0123", "five five five, zero one two three"),
    ("(555) 010-0199", "five five five, zero one zero, zero one nine nine"),
    ("020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),
    # references and long digit strings
    ("Your order 1234 has shipped", "Your order one two three four has shipped"),
    ("order number: 98765432", "order number: nine eight seven, six five four, three two"),
    ("Order #4711", "Order number four seven one one"),
    ("order number is AB-1234", "order number is A B one two three four"),
    ("Take BA117 there", "Take B A one one seven there"),
    ("flight BA117", "flight B A one one seven"),
    ("a card ending in 1234", "a card ending in one two three four"),
    ("PIN 0042", "PIN zero zero four two"),
    ("order 2 pizzas", "order two pizzas"),
    ("order 1st", "order first"),
    ("123456789", "one two three, four five six, seven eight nine"),
    ("1234567", "one two three, four five six seven"),
    ("007", "zero zero seven"),
    # numbers
    ("1999", "nineteen ninety nine"),
    ("3000", "three thousand"),
    ("12.5% of 1,250", "twelve point five percent of one thousand two hundred fifty"),
    ("1st, 22nd and 113th", "first, twenty second and one hundred thirteenth"),
    ("3.14", "three point one four"),
    ("-5 degrees", "minus five degrees"),
    ("3-5 days", "three to five days"),
    ("1/2 price and ¾", "one half price and three quarters"),
    ("2x4", "two by four"),
    ("5/50", "five over fifty"),
    ("version 1.2.3", "version one dot two dot three"),
    # units
    ("1 kg and 5 kg", "one kilogram and five kilograms"),
    ("20°C", "twenty degrees Celsius"),
    ("60 mph", "sixty miles per hour"),
    ("30 m²", "thirty square meters"),
    ("5 in stock", "five in stock"),
    ("I'm here at 3.", "I'm here at three."),
    # abbreviations
    ("Mr. Smith and Dr. Jones", "Mister Smith and Doctor Jones"),
    ("St. Mary lives on 5 Main St. in town", "Saint Mary lives on five Main Street in town"),
    ("No. 5", "number five"),
    ("No. I said no.", "No. I said no."),
    ("e.g. here, approx. there, etc.", "for example here, approximately there, et cetera."),
    ("salt & pepper and/or oil", "salt and pepper and or or oil"),
    # addresses
    ("jo.doe+x@example.com", "jo dot doe plus x at example dot com"),
    ("Visit https://www.example.com/help.", "Visit W W W dot example dot com slash help."),
    ("See example.org today", "See example dot org today"),
    ("sip:desk@192.0.2.10", "desk at one nine two dot zero dot two dot one zero"),
    # what a model writes
    ("**Yes**, `now`", "Yes, now"),
    ("  two   spaces ", "two spaces"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "said"), SAID, ids=[written or "empty" for written, _ in SAID])
def test_is_said_as(written: str, said: str) -> None:
    assert normalize(written) == said


@pytest.mark.parametrize("impossible", ["2026-13-45", "99:99", "13/45/2026", "31:00 pm"])
def test_an_impossible_date_or_time_is_still_read(impossible: str) -> None:
    assert normalize(impossible).replace(" ", "").replace("-", "").replace(":", "").isalpha()


@pytest.mark.parametrize("written", [written for written, _ in SAID])
def test_what_is_speakable_stays_as_it_is(written: str) -> None:
    assert normalize(normalize(written)) == normalize(written)


@given(st.text(alphabet=st.sampled_from("0123456789 .,:/-+()$€%#@aApPmMstNo\n"), max_size=60))
def test_no_digit_is_left(text: str) -> None:
    assert not any(character.isdecimal() for character in normalize(text))


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    assert not any("0" <= character <= "9" for character in normalize(text))


@pytest.mark.parametrize(
    "hostile", ["1" * 20_000, "1 " * 10_000, "a." * 10_000, "-1" * 10_000, "$1," * 7_000]
)
def test_long_input_takes_time_in_proportion(hostile: str) -> None:
    """Doubling the text must not multiply the rules' work: no pattern may backtrack over all of it."""
    import time

    def took(text: str) -> float:
        begun = time.process_time()
        normalize(text)
        return time.process_time() - begun

    assert took(hostile) < 3 * took(hostile[: len(hostile) // 2]) + 0.1


def test_rules_are_all_used() -> None:
    """A rule that no example above needs is dead, or is not tested."""
    for number, (pattern, _) in enumerate(RULES):
        without = [rule for rule in RULES if rule[0] is not pattern]
        assert any(_with(without, written) != said for written, said in SAID), (
            f"rule {number}: {pattern.pattern}"
        )


def _with(rules: list[Rule], written: str) -> str:
    from unittest.mock import patch

    with patch("softswitch.speech.normalize.RULES", rules):
        return normalize(written)
