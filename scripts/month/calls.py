"""Two thousand calls in four weeks: when they come, who calls, what he asks, and what the ear makes of it."""

import random
from collections.abc import Iterator

from month.questions import Question, elliptical, mine, questions
from softswitch.replay.trace import Call, Turn

DAY, HOUR, DAYS = 86_400.0, 3600.0, 28
HOURS = {8: 2, 9: 12, 10: 10, 11: 9, 12: 11, 13: 8, 14: 8, 15: 8, 16: 8, 17: 10, 18: 3, 19: 2, 20: 1}
BUSY = {11: 2.0, 12: 3.5, 13: 4.5}
"""Days of the month, from 0, before and on Valentine's Day."""
BURSTS = 20
"""Minutes in which many call and ask the same: after the news, after a power cut, as the shop opens."""
DROPPED, MISHEARD = 0.02, 0.04
"""Shares of words. Where one of a question's telling words is lost, nobody can know what was asked."""
CALLERS, REGULARS, WITHHELD = 1400, 150, 0.06
OPENINGS = (
    ("", 40), ("hi", 10), ("hello", 10), ("um", 5), ("hi there", 3), ("yes hello", 4), ("good morning", 5),
    ("can you tell me", 4), ("i just wanted to ask", 4), ("could you tell me", 3), ("i was wondering", 3),
    ("hello i'd like to know", 3), ("yeah hi", 3), ("okay and", 2), ("hi it's about valentine's", 1),
)  # fmt: skip
ENDINGS = (
    ("", 80),
    ("please", 8),
    ("thank you", 4),
    ("thanks", 3),
    ("you know", 2),
    ("at all", 2),
    ("then", 1),
)
ORDER = (
    "where is my order", "where are my flowers", "i'd like to check on my order", "has my order left yet",
    "i ordered some flowers and they haven't come", "i'm calling about an order", "where's my delivery",
    "i placed an order yesterday", "can you check my order", "my flowers haven't arrived",
)  # fmt: skip
PERSON = ("can i speak to someone", "i want to talk to a person", "a human please", "can i speak to mary")
OVER = (
    "no thank you", "no that's all", "that's all thank you", "no thanks bye", "goodbye", "no that's it",
    "that's great thank you bye", "thanks bye", "no",
)  # fmt: skip
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
IDLE = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "do",
        "does",
        "you",
        "i",
        "to",
        "of",
        "for",
        "can",
        "could",
        "would",
        "will",
        "have",
        "it",
        "me",
        "in",
        "on",
        "at",
        "with",
        "and",
        "some",
        "any",
        "be",
        "got",
        "there",
        "what",
        "how",
        "much",
        "many",
        "when",
        "where",
        "which",
        "who",
        "your",
        "my",
        "we",
        "i'm",
        "am",
        "did",
        "if",
    ]
)
"""Without one of these a question still asks what it asked."""
NOISE = ("a", "the", "in", "and", "on", "he", "it's", "there", "so", "or", "of", "i", "hall", "ten", "for")


def month(chance: random.Random, count: int) -> list[Call]:
    """In the order of their times."""
    shop = _Shop(chance)
    times = [(_time(chance), "") for _ in range(count - BURSTS * 14)]
    for _ in range(BURSTS):
        at, about = _time(chance), chance.choice(("hours", "delivery", "same_day", "valentine", "red_roses"))
        times += [(at + chance.uniform(0, 120), about) for _ in range(14)]
    return [shop.call(at, about) for at, about in sorted(times)]


def _time(chance: random.Random) -> float:
    while True:
        day = chance.randrange(DAYS)
        weight = BUSY.get(day, 0.4 if day % 7 == 0 else 1.4 if day % 7 == 6 else 1.0)
        if chance.random() * max(BUSY.values()) < weight:
            break
    hour = chance.choices(list(HOURS), list(HOURS.values()))[0]
    return round(day * DAY + hour * HOUR + chance.uniform(0, HOUR), 1)


class _Shop:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._questions = list(questions())
        self._mine, self._elliptical = list(mine()), list(elliptical())
        self._callers = [f"+4415721{number:05}" for number in chance.sample(range(100_000), CALLERS)]

    def call(self, at: float, about: str) -> Call:
        chance = self._chance
        callers = self._callers[:REGULARS] if chance.random() < 0.35 else self._callers
        caller = "" if chance.random() < WITHHELD else chance.choice(callers)
        turns = list(self._about_order() if not about and chance.random() < 0.2 else self._asks(at, about))
        if chance.random() < 0.06:
            turns.append(self._heard(chance.choice(PERSON)))
        elif chance.random() < 0.8:
            turns.append(self._heard(chance.choice(OVER)))
        return Call(round(at, 1), caller, tuple(turns))

    def _asks(self, at: float, about: str) -> Iterator[Turn]:
        chance = self._chance
        count = chance.choices((1, 2, 3), (50, 33, 17))[0]
        for number in range(count):
            question = self._pick(at, about if number == 0 else "")
            yield self._ask(question)
            more = [each for each in self._elliptical if each.follows == question.name]
            if more and chance.random() < 0.3:
                yield self._ask(chance.choice(more))

    def _about_order(self) -> Iterator[Turn]:
        chance = self._chance
        yield self._heard(self._phrase(chance.choice(ORDER)))
        number = str(1000 + 17 * chance.randint(1, 60))
        yield self._heard(" ".join(DIGITS[int(digit)] for digit in number), errors=0.3)
        if chance.random() < 0.5:
            yield self._ask(chance.choice(self._mine))
        if chance.random() < 0.2:
            yield self._ask(self._pick(0, ""))

    def _pick(self, at: float, about: str) -> Question:
        if about and self._chance.random() < 0.8:
            return next(question for question in self._questions if question.name == about)
        busy = int(at / DAY) in BUSY
        weights = [question.weight * (3 if busy and question.season else 1) for question in self._questions]
        return self._chance.choices(self._questions, weights)[0]

    def _ask(self, question: Question) -> Turn:
        """The commonest wording is twice as common as the second, three times as the third, and so on."""
        weights = [1 / (rank + 1) for rank in range(len(question.wordings))]
        words = self._chance.choices(question.wordings, weights)[0]
        return self._heard(words if question.follows else self._phrase(words), question)

    def _phrase(self, words: str) -> str:
        opening, ending = (
            self._chance.choices([text for text, _ in some], [weight for _, weight in some])[0]
            for some in (OPENINGS, ENDINGS)
        )
        return " ".join(f"{opening} {words} {ending}".split())

    def _heard(self, words: str, question: Question | None = None, errors: float = 1.0) -> Turn:
        """As the ear has it."""
        chance, told, lost, wrong = self._chance, list[str](), False, 0
        telling = {word for wording in (question.wordings if question else ()) for word in wording.split()}
        for word in words.split():
            drawn = chance.random() / errors
            if drawn < DROPPED + MISHEARD:
                wrong += 1
                lost = lost or (word in telling and word not in IDLE)
                if drawn >= DROPPED:
                    told.append(chance.choice(NOISE))
            else:
                told.append(word)
        if not told:
            told, lost = ["the"], True
        if question and lost:  # unless what is left is another wording of the same
            lost = not any(set(wording.split()) - IDLE <= set(told) for wording in question.wordings)
        answer = question.name if question and not lost else ""
        sure = round(chance.uniform(0.45, 0.75) if wrong else chance.uniform(0.75, 0.98), 2)
        return Turn(" ".join(told), answer, sure, bool(question and question.follows))
