"""What callers of a flower shop want to know, in their own words, and what is answered.

Written before the dialplan's sentences and never looked at for them. The first wording of a question is the
commonest. `{x}` goes through the values of a question's family, each of which is another question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from softswitch.replay.scripted_llm import Answer


@dataclass(frozen=True, slots=True)
class Question:
    """`weight`: how often it is asked beside the others; `season`: more often in the trace's busy days."""

    name: str
    wordings: tuple[str, ...]
    answers: tuple[Answer, ...]
    weight: float = 1.0
    season: bool = False
    follows: str = ""
    """Elliptical: asked after that one only."""


def _plan(text: str, *fields: str) -> tuple[Answer, ...]:
    return (Answer("", text, "plan", fields),)


FLOWERS: Mapping[str, tuple[str, str, str]] = {
    "roses": ("seven", "all year", "harmless"),
    "tulips": ("five", "all year", "not good"),
    "lilies": ("ten", "all year", "poisonous"),
    "carnations": ("fourteen", "all year", "harmless"),
    "freesias": ("seven", "all year", "harmless"),
    "gerberas": ("eight", "all year", "harmless"),
    "peonies": ("five", "in May and June", "harmless"),
    "sunflowers": ("seven", "from July to September", "harmless"),
    "hydrangeas": ("five", "from June to October", "not good"),
    "daffodils": ("five", "from February to April", "not good"),
    "irises": ("five", "from February to April", "not good"),
    "orchids": ("ten", "all year", "harmless"),
}
NEAR = ("manton", "langham", "cottesmore", "uppingham", "whissendine", "empingham")
FAR = ("stamford", "melton mowbray")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FAMILIES: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    (
        "have",
        6.0,
        (
            "do you have {x}",
            "have you got {x}",
            "do you have any {x}",
            "have you got any {x} in",
            "are there {x} in the shop",
            "do you sell {x}",
            "i'm looking for {x}",
            "can i get {x} from you",
        ),
    ),
    (
        "last",
        2.0,
        (
            "how long do {x} last",
            "how many days do {x} keep",
            "how long will {x} stay fresh",
            "how long do {x} last in a vase",
        ),
    ),
    (
        "cats",
        1.5,
        (
            "are {x} poisonous for cats",
            "are {x} safe for my cat",
            "i have a cat can i have {x}",
            "are {x} bad for cats",
            "is it true that {x} are poisonous for cats",
        ),
    ),
    (
        "season",
        1.0,
        (
            "when are {x} in season",
            "when do you get {x}",
            "what time of year do you have {x}",
            "are {x} in season",
        ),
    ),
    (
        "care",
        1.5,
        (
            "how do i look after {x}",
            "how do i take care of {x}",
            "how often do i water {x}",
            "what do {x} need",
        ),
    ),
)
PLACES = (
    "do you deliver to {x}",
    "can you deliver to {x}",
    "could you deliver flowers to {x}",
    "would you deliver to {x}",
    "is {x} in your delivery area",
    "i live in {x} do you come here",
    "do you go out to {x}",
    "can i have flowers sent to {x}",
)
ON_DAY = (
    "do you deliver on {x}",
    "can you deliver on {x}",
    "can i have something delivered on {x}",
    "is there delivery on {x}s",
    "do you do {x} deliveries",
)
OPEN_DAY = (
    "are you open on {x}",
    "are you open {x}",
    "what time do you open on {x}",
    "how late are you open on {x}",
    "until when are you there on {x}",
    "can i come in on {x}",
)
SINGLE: Mapping[str, Mapping[str, Any]] = yaml.safe_load((Path(__file__).parent / "asked.yaml").read_text())
UNKNOWN: tuple[str, ...] = (
    "do you sell christmas trees",
    "do you mow lawns",
    "can you water my plants while i'm away",
    "what's the weather like in oakham",
    "do you buy flowers from people",
    "do you know a good restaurant",
    "can you fix my lawnmower",
    "do you sell garden furniture",
    "have you got compost",
    "do you sell seeds",
    "do you do gardening",
    "can you cut down a tree",
    "do you have a website",
    "what's your email",
    "can i order on the internet",
    "do you sponsor football clubs",
)
"""What knowledge does not tell."""
MINE: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    (
        "mine_when",
        (
            "when will my order arrive",
            "what day are my flowers coming",
            "when do my flowers come",
            "which day is my delivery",
        ),
        "Your order is for {order_day}.",
        ("order_day", "order_number"),
    ),
    (
        "mine_state",
        (
            "is my order on its way",
            "what's happening with my order",
            "has my order been sent",
            "did my order go out",
        ),
        "Your order is {order_state}.",
        ("order_state", "order_number"),
    ),
)
"""About the caller's own order, once its number was given."""
ELLIPTICAL: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("red_roses", "two_dozen", ("and two dozen", "and for twenty four"), "The same again for each dozen."),
    (
        "prices",
        "cheaper",
        ("nothing cheaper", "is that the cheapest", "do you have anything for less"),
        "A single rose is less.",
    ),
    (
        "have:roses",
        "roses_colour",
        ("in white", "and in white", "what colours", "in yellow as well"),
        "Yes, in white, yellow and red.",
    ),
    ("have:tulips", "tulips_colour", ("in white", "and in white", "what colours"), "Yes, in all colours."),
    ("voucher", "voucher_valid", ("how long is that valid", "does it expire", "how long"), "For two years."),
    (
        "same_day",
        "by_when",
        ("by when would it be there", "at what time", "what time"),
        "Between ten and five.",
    ),
    (
        "wedding",
        "wedding_cost",
        ("how much is that", "what does that cost", "how much"),
        "Please come for a talk.",
    ),
    (
        "workshop",
        "workshop_place",
        ("where is that", "is that in the shop", "how many people"),
        "In the shop.",
    ),
    (
        "delivery",
        "delivery_sunday",
        ("on sunday too", "and on sundays", "on sunday"),
        "On Sundays there is no delivery.",
    ),
    ("hours", "hours_sunday", ("and on sunday", "on sunday too", "on sunday"), "On Sundays we are closed."),
)


def questions() -> Iterator[Question]:
    """All that are asked for themselves."""
    for name, asked in SINGLE.items():
        season = asked.get("season", False)
        yield Question(name, tuple(asked["asked"]), _plan(asked["answer"]), asked["weight"], season)
    for text in UNKNOWN:
        yield Question(f"unknown:{text}", (text,), (Answer("", "I do not know.", knows=False),), 0.6)
    for rank, flower in enumerate(FLOWERS):
        for family, weight, wordings in FAMILIES:
            said = tuple(wording.format(x=flower) for wording in wordings)
            share = weight / (1 + rank / 2)
            yield Question(
                f"{family}:{flower}", said, _plan(_flower(family, flower)), share, family == "have"
            )
    for rank, place in enumerate((*NEAR, *FAR)):
        said = tuple(wording.format(x=place) for wording in PLACES)
        text = "by courier, for nine pounds" if place in FAR else "for five pounds"
        answer = _plan(f"Yes, we deliver to {place.title()}, {text}.")
        yield Question(f"to:{place}", said, answer, 3 / (1 + rank / 2), True)
    for day in DAYS:
        text = (
            "On Sundays there is no delivery."
            if day == "sunday"
            else f"Yes, on {day.title()} from ten to five."
        )
        yield Question(f"deliver:{day}", tuple(each.format(x=day) for each in ON_DAY), _plan(text), 1.5, True)
        text = "On Sundays we are closed." if day == "sunday" else f"On {day.title()} from nine to six."
        yield Question(f"open:{day}", tuple(each.format(x=day) for each in OPEN_DAY), _plan(text), 2)


def _flower(family: str, flower: str) -> str:
    days, season, animals = FLOWERS[flower]
    name = flower.capitalize()
    return {
        "have": f"{name} are here {season}.",
        "last": f"{name} last about {days} days.",
        "cats": f"{name} are {animals} for cats.",
        "season": f"{name} are in the shop {season}.",
        "care": f"{name}: cut the stems at an angle and change the water every second day.",
    }[family]


def elliptical() -> Iterator[Question]:
    for after, name, wordings, text in ELLIPTICAL:
        yield Question(f"after:{name}", wordings, (Answer("", text, "call"),), follows=after)


def mine() -> Iterator[Question]:
    for name, wordings, text, fields in MINE:
        said = (
            Answer("", text, "caller", fields),
            Answer("", "Please tell me your order number.", "plan"),
        )
        yield Question(name, wordings, said)
