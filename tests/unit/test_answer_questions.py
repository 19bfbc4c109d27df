"""When two questions are the same, and when they only sound alike."""

import pytest

from softswitch.answer.questions import is_own, key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What are your opening hours?", "could you please tell me what are your opening hours"),
        ("what's your address", "Hello, what is your address please"),
        ("Do you deliver on Sundays?", "hi I'd like to know if you deliver on Sunday"),
        ("how much is the delivery", "so how much is delivery, thank you very much"),
        ("do you have tulips", "yeah, hi there, I just wanted to ask, do you have tulips at all"),
        ("what does it cost to send flowers", "what does it cost to send flowers, you know"),
        ("is it too late to order for Friday", "um, is it too late to order for Friday"),
        ("do you do same day delivery", "do you do same day delivery please"),
        ("can I pay by card", "good morning, I was wondering if I can pay by card"),
        ("have you got any roses in", "do you have roses"),
        ("what's the price of a bouquet", "how much is a bouquet"),
        ("I was to ask do you sell vases", "do you sell vases"),
        ("hello can tell me how long do roses last", "how long do roses last"),
        ("how much is just one rose", "how much is just one rose please"),
    ],
)
def test_what_only_politeness_tells_apart_is_the_same_question(one: str, other: str) -> None:
    assert key(one, "en") == key(other, "en") != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("are you open on sunday", "are you open on monday"),
        ("is a pizza cheaper than a salad", "is a salad cheaper than a pizza"),
        ("do you deliver", "don't you deliver"),
        ("how much are fifteen boxes", "how much are fifty boxes"),
        ("are you open", "are you open now"),
        ("can I cancel", "can you cancel"),
        ("does the cake come with nuts", "does the cake come without nuts"),
        ("where is my order", "where is your order"),
        ("do you have roses", "do you sell roses"),
        ("can you deliver on Sunday", "do you deliver on Sunday"),
        ("how much is an orchid", "what do orchids cost"),
        ("I want to cancel when can I call", "when can I call"),
    ],
)
def test_what_asks_something_else_is_another_question(one: str, other: str) -> None:
    assert key(one, "en") != key(other, "en")


def test_spanish_politeness_is_none_of_the_question() -> None:
    assert key("Hola, ¿me puede decir si abren los domingos?", "es") == key("abren los domingos", "es")


def test_a_story_is_no_question_that_is_asked_twice() -> None:
    assert key("word " * 41, "en") == ""


def test_a_greeting_alone_has_a_key_of_its_own() -> None:
    assert key("hello", "en") != key("good morning", "en")


@pytest.mark.parametrize(
    "question",
    [
        "how much is it",
        "and on Sundays?",
        "what about the other one",
        "how do I get there",
        "why?",
        "is that all",
        "on Sunday too",
        "is it too late",
        "what does it cost",
        "can you do the same for Friday",
        "okay and do you have roses",
        "do you have anything cheaper",
    ],
)
def test_what_points_to_something_said_before_is_the_same_as_nothing(question: str) -> None:
    assert key(question, "en", follows=True) == ""


def test_what_points_nowhere_because_nothing_was_said_is_the_same_after_the_same_greeting() -> None:
    asked = key("can it be anonymous", "en", greeting="Hello.")
    assert key("hi, can it be anonymous please", "en", greeting="Hello.") == asked != ""
    assert key("can it be anonymous", "en", greeting="Your parcel has come.") != asked
    assert key("okay and do you have roses", "en") == key("do you have roses", "en")


def test_that_something_is_there_points_nowhere() -> None:
    assert key("is there any parking", "en") == key("could you tell me if there is any parking", "en") != ""


@pytest.mark.parametrize(
    "question",
    ["how much", "in white", "on Sunday", "for two people", "could you tell me how long", "opening hours"],
)
def test_a_fragment_asks_for_itself_only_where_nothing_was_said_before(question: str) -> None:
    assert key(question, "en", follows=True) == ""
    assert key(question, "en") != ""


@pytest.mark.parametrize("question", ["can you deliver to Langham", "how much are roses", "I need a wreath"])
def test_a_whole_question_is_the_same_wherever_it_is_asked(question: str) -> None:
    assert key(question, "en", follows=True) == key(question, "en") != ""


def test_spanish_fragments_are_short() -> None:
    assert key("el domingo", "es", follows=True) == ""
    assert key("a qué hora abren los domingos", "es", follows=True) != ""


def test_what_belongs_to_who_asks_is_his_own() -> None:
    assert is_own("Has my order left?", "en")
    assert is_own("¿Dónde está mi pedido?", "es")
    assert not is_own("do you take orders", "en")
