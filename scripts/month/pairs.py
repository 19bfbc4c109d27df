"""A thousand pairs of questions that must not be taken for one another.

Half sound nearly the same; a quarter are the same words by another caller, or about another order; a quarter
the same words after something else was said. In some of the last two kinds the model is careless, and says of
an answer that it depends on the plan alone.
"""

import random
from collections.abc import Iterator
from itertools import permutations

from rapidfuzz.distance import Indel

from month.questions import DAYS, FAMILIES, FAR, FLOWERS, NEAR, ON_DAY, OPEN_DAY, PLACES, SINGLE
from softswitch.answer.replying import Scope
from softswitch.replay.scripted_llm import Answer
from softswitch.replay.trace import Asked, Pair

WORDS = [
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "uniform",
    "victor",
    "whiskey",
    "xray",
    "yankee",
    "zulu",
]
NUMBERS = (
    ("thirteen", "thirty"),
    ("fourteen", "forty"),
    ("fifteen", "fifty"),
    ("sixteen", "sixty"),
    ("seventeen", "seventy"),
    ("eighteen", "eighty"),
    ("nineteen", "ninety"),
    ("two", "ten"),
    ("twenty one", "twenty nine"),
    ("a hundred and one", "a hundred"),
)
COUNTED = (
    "how much are {x} roses",
    "can i have {x} tulips by friday",
    "do you make bouquets of {x} flowers",
    "is there a discount on {x} wreaths",
    "could you deliver {x} bouquets to the school",
)
CHANGED = (
    ("can i come before nine", "can i come after nine"),
    ("are you open today", "are you open tomorrow"),
    ("do you deliver this saturday", "do you deliver next saturday"),
    ("do you have roses with thorns", "do you have roses without thorns"),
    ("can i pay now", "can i pay later"),
    ("do you have a bouquet for him", "do you have a bouquet for her"),
    ("is delivery free", "is delivery not free"),
    ("who do i call about a delivery", "who calls me about a delivery"),
    ("when did you open", "when do you open"),
    ("are you open now", "are you open"),
    ("can you deliver in the morning", "can you deliver in the evening"),
    ("how long are you open", "how long have you been open"),
    ("do you deliver to the hospital", "do you deliver from the hospital"),
    ("what do you charge for a card", "can you charge my card"),
    ("can i order for today", "can i order today for monday"),
    ("is the small one cheaper than the large", "is the large one cheaper than the small"),
    ("how much is the cheapest bouquet", "how much is the dearest bouquet"),
    ("do you open on christmas", "do you close on christmas"),
    ("can i cancel", "can you cancel"),
    ("how many roses are in a bouquet", "how many bouquets have roses"),
    ("do you need my name", "do i need your name"),
    ("can i change the address", "can i change the day"),
)
ABOUT_ME = (
    "where is my order",
    "when will my flowers come",
    "how much did i pay",
    "what did i order last time",
    "is my bouquet ready",
    "who is my delivery for",
    "has my voucher expired",
    "what is my customer number",
    "how many points do i have",
    "can i collect my order now",
    "when is my next delivery",
    "what address do you have for me",
    "did my payment go through",
    "which flowers are in my order",
    "is there a message on my card",
    "how much do i owe",
    "what is the total of my order",
    "when did i order",
    "is my wedding appointment confirmed",
    "has somebody signed for my flowers",
)
OF_ORDER = (
    "is the order on its way",
    "what day is the delivery",
    "when does the order come",
    "what is the state",
    "can the driver ring first",
    "is the order paid",
    "what is in the order",
    "when was the order sent",
    "is the delivery late",
    "could the delivery come earlier",
)
ELLIPTICAL = (
    "how much is that",
    "and on sunday",
    "how much",
    "in white",
    "on saturday",
    "what about the small one",
    "is it expensive",
    "how long",
    "for two people",
    "and the other one",
    "do they last",
    "when",
    "why not",
    "with a card",
    "the red ones",
    "at what time",
    "and delivered",
    "what colours",
    "how many",
    "to manton",
    "can i have that tomorrow",
    "without the vase",
    "is that per day",
    "same price",
    "really",
)
BEFORE = (
    "do you have roses",
    "do you do wreaths",
    "are you open on friday",
    "do you run workshops",
    "tell me about bridal bouquets",
    "do you sell vouchers",
    "do you have orchids",
    "do you deliver to langham",
)


def made(chance: random.Random, count: int) -> tuple[list[Pair], dict[str, tuple[Answer, ...]]]:
    """The pairs, and the answers that they speak of."""
    answers = _Answers()
    kinds = ((_words, count // 2), (_callers, count // 4), (_contexts, count // 4))
    found: list[Pair] = []
    for kind, wanted in kinds:
        pairs = list(kind(answers, chance))
        if len(pairs) < wanted:
            raise ValueError(f"{kind.__name__}: {len(pairs)} pairs of {wanted}")
        found += pairs[:wanted]
    used = {asked.answer for pair in found for asked in (pair.first, pair.second)}
    return found, {name: said for name, said in answers.said.items() if name in used}


class _Answers:
    """Each says something else, without a figure in it, for figures are guarded."""

    def __init__(self) -> None:
        self.said: dict[str, tuple[Answer, ...]] = {}

    def new(self, about: str, scope: Scope = "plan", fields: tuple[str, ...] = (), more: str = "") -> str:
        name = f"pair:{about}"
        if name not in self.said:
            at = len(self.said)
            words = " ".join(WORDS[at // 26**digit % 26] for digit in range(3))
            self.said[name] = (Answer("", f"That is {words}{more}.", scope, fields),)
        return name


def _words(answers: _Answers, chance: random.Random) -> Iterator[Pair]:
    """Different questions, alike in words."""
    alike: list[tuple[str, str]] = [*CHANGED, *_nearest()]
    for a, b in permutations(NEAR, 2):
        alike.append((f"is there a bus from {a} to {b}", f"is there a bus from {b} to {a}"))
    both = [(a, b) for pair in NUMBERS for a, b in (pair, pair[::-1])]
    alike += [(wording.format(x=a), wording.format(x=b)) for wording in COUNTED for a, b in both]
    for one, other in alike:
        yield Pair("words", Asked(one, answers.new(one)), Asked(other, answers.new(other)))
    more = list(_values())
    for about, wording, a, b in chance.sample(more, 300):
        one, other = answers.new(f"{about} {a}"), answers.new(f"{about} {b}")
        yield Pair("words", Asked(wording.format(x=a), one), Asked(wording.format(x=b), other))


def _values() -> Iterator[tuple[str, str, str, str]]:
    """What is asked, a wording of it, and two values of it."""
    families = [(name, wordings, list(FLOWERS)) for name, _, wordings in FAMILIES]
    days = [(wording, (wording,), [*DAYS]) for wording in (*ON_DAY, *OPEN_DAY)]
    for about, wordings, values in (*families, ("to", PLACES, [*NEAR, *FAR]), *days):
        for wording in wordings:
            for a, b in permutations(values[:6], 2):
                yield about, wording, a, b


def _nearest() -> list[tuple[str, str]]:
    """Of the questions that callers of the month ask, those that are most alike and are different ones."""
    said = [(name, wording) for name, asked in SINGLE.items() for wording in asked["asked"]]
    pairs = [
        (Indel.normalized_similarity(one, other), one, other)
        for (name, one), (another, other) in permutations(said, 2)
        if name != another
    ]
    return [(one, other) for _, one, other in sorted(pairs, reverse=True)[:100]]


def _callers(answers: _Answers, chance: random.Random) -> Iterator[Pair]:
    for number, heard in enumerate(chance.sample(ABOUT_ME, len(ABOUT_ME))):
        for another in range(4):
            one, other = f"+441572800{number:03}", f"+441572900{another:03}" if another else ""
            first, second = (answers.new(f"{heard} {who}", "caller") for who in (one, other or "nobody"))
            yield Pair("caller", Asked(heard, first, one), Asked(heard, second, other))
    for heard in OF_ORDER:
        for number in range(18):
            careless = number % 3 == 0
            name = answers.new(
                f"{heard} {'careless' if careless else 'careful'}",
                "plan" if careless else "caller",
                () if careless else ("order_number", "order_state"),
                ", order {order_number} is {order_state}",
            )
            mine = {
                "order_number": str(1017 + 17 * number),
                "order_state": "on its way",
                "order_day": "Monday",
            }
            yours = {
                "order_number": str(1034 + 17 * number),
                "order_state": "delivered",
                "order_day": "Friday",
            }
            yield Pair(
                "caller",
                Asked(heard, name, "+441572800900", mine),
                Asked(heard, name, "+441572900900", yours),
            )


def _contexts(answers: _Answers, chance: random.Random) -> Iterator[Pair]:
    for heard in chance.sample(ELLIPTICAL, len(ELLIPTICAL)):
        for number, (one, other) in enumerate(permutations(BEFORE, 2)):
            if number % 4:
                continue
            scope: Scope = "plan" if number % 8 else "call"
            first = answers.new(f"{heard} after {one} {scope}", scope)
            second = answers.new(f"{heard} after {other} {scope}", scope)
            yield Pair(
                "context",
                Asked(heard, first, "+441572800901", {}, one),
                Asked(heard, second, "+441572900901", {}, other),
            )
