"""The shape of a language's data: its numbers, calendar, clock, money, letters, and what it says by itself.

Rows are patterns with `[optional]` parts, `(one|another)` and `{value}` readers, each with what it means
beyond the values that it reads; slot_types/patterns.py reads them.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import cached_property

Row = tuple[str, Mapping[str, int]]


class Kind(Enum):
    """What a number word does."""

    UNIT = 1
    TEEN = 2
    TENS = 3
    HUNDREDS = 4
    SCALE = 5
    TIMES = 6


class Half(IntEnum):
    """What words after a time say about the half of the day."""

    MORNING = 1
    AFTERNOON = 2
    EVENING = 3
    NIGHT = 4
    FORENOON = 5  # twelve is noon in it: "las doce de la mañana"


def numbered(words: str, first: int, step: int = 1) -> dict[str, int]:
    """Words in order with their values: "twenty thirty", 20, 10 as {"twenty": 20, "thirty": 30}."""
    return {word: first + index * step for index, word in enumerate(words.split())}


def plain(text: str) -> str:
    """Without accents, as people type: "miércoles" as "miercoles"."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(character for character in apart if not unicodedata.combining(character))


@dataclass(frozen=True)
class Numbers:
    """`times` repeat the digit that follows them; `scales` multiply the number before them."""

    units: Mapping[str, int]
    teens: Mapping[str, int]  # every number from ten on that is one word and takes no unit after it
    tens: Mapping[str, int]
    scales: Mapping[str, int]
    times: Mapping[str, int]
    hundreds: Mapping[str, int] = field(default_factory=dict)  # "doscientos": in one word
    bare_scales: frozenset[str] = frozenset()  # "mil": one thousand without a word for one
    one: frozenset[str] = frozenset()  # "a" in "a hundred"
    joiner: str = ""  # after a scale: "two hundred and five"
    tens_joiner: str = ""  # after tens: "treinta y cinco"
    dozens: Mapping[str, int] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)  # "half a dozen": "6"
    fractions: Mapping[str, str] = field(default_factory=dict)  # after a number: "and a half": "0.5"
    point: frozenset[str] = frozenset()
    minus: frozenset[str] = frozenset()
    plus: frozenset[str] = frozenset()  # before a telephone number's country code
    fillers: frozenset[str] = frozenset()  # between digits, and of no meaning there
    sound_alikes: Mapping[str, str] = field(default_factory=dict)  # what is heard for a digit among digits
    decimal_comma: bool = False

    @cached_property
    def lookup(self) -> dict[str, tuple[Kind, int]]:
        """Every number word, also as typed without accents, with what it does and its value."""
        kinds = {
            Kind.SCALE: self.scales,
            Kind.TIMES: self.times,
            Kind.HUNDREDS: self.hundreds,
            Kind.TENS: self.tens,
            Kind.TEEN: self.teens,
            Kind.UNIT: self.units,
        }
        found: dict[str, tuple[Kind, int]] = {}
        for kind, words in kinds.items():
            for word, value in words.items():
                found[word] = found[plain(word)] = (kind, value)
        return found


@dataclass(frozen=True)
class Calendar:
    """Rows may read {day}, {ordinal}, {month}, {year}, {weekday}, {typed} ("2026-11-23"), {short} ("11/23").

    The counts {days}, {weeks} and {months} are from today, or from the weekday named, and `more_days` from
    there; `week` is a calendar week from this one (1 is the next); `past` is the weekday before today;
    `loose` adds the coming weekday as a second meaning.
    """

    weekdays: tuple[str, ...]  # as they are written into a prompt, Monday first
    months: tuple[str, ...]
    ordinals: Mapping[str, int]  # days of the month: "twenty third"
    suffixes: Mapping[int, str]  # 3: "rd"; 0 for the others
    rows: tuple[Row, ...]
    day_first: bool  # 23/11/2026
    near: str  # how a prompt says a date within the year: {weekday}, {day} (with its suffix), {month}
    far: str  # and any other: with {year}


@dataclass(frozen=True)
class Clock:
    """Rows may read {hour}, {minute} (1 to 59), {minutes} (two digits), {before}, {half}, {typed}, {typed24}.

    `minute` is added to the hour; `at` is minutes since midnight; `sure` says that it is the 24-hour clock.
    """

    halves: Mapping[str, Half]
    rows: tuple[Row, ...]
    twelve_hours: bool  # how a prompt says it: "9:30 P M" or "21:30"
    noon: str
    midnight: str


@dataclass(frozen=True)
class Currency:
    one: str
    many: str
    cent: str
    cents: str
    symbol: str = ""  # only where the speech normaliser of the language reads it
    others: tuple[str, ...] = ()  # what callers also call it


@dataclass(frozen=True)
class Money:
    """Rows may read {amount}, {colloquial} ("one twenty"), {unit}, {cents}, {cent}, {minor} (two digits).

    `times` multiplies; values are in hundredths.
    """

    currencies: Mapping[str, Currency]
    rows: tuple[Row, ...]
    joiner: str  # between units and hundredths in a prompt


@dataclass(frozen=True)
class Letters:
    names: Mapping[str, str]  # as a recogniser of the language writes them
    spellings: Mapping[str, str]  # other ways to write a name: "bee": "B"
    alphabet: Mapping[str, str]  # "bravo": "B"
    as_in: tuple[str, ...]  # "as in", between a letter and a word that begins with it
    capitals: frozenset[str]  # before a letter, and of no meaning here
    zero: frozenset[str]  # names of zero that are a letter's name too: "oh"


@dataclass(frozen=True)
class Waits:
    """How an expected wait is told; `minutes` holds {minutes}."""

    soon: str
    minute: str
    minutes: str
    half_hour: str
    hour: str
    longer: str


@dataclass(frozen=True)
class Talk:
    """What is said in any conversation. Sentences are templates as plans write them."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    yes_no: tuple[str, str]  # the words for prompts
    intents: Mapping[str, tuple[str, ...]]  # the universal ones
    corrections: tuple[str, ...]  # with {value}, {other} (the value that was wrong) and {name} (of the slot)
    lines: Mapping[str, str]  # what a plan need not write
    waits: Waits
    function_words: frozenset[str]  # weigh little when sentences are compared
    negations: frozenset[str]  # turn a sentence into its opposite
    clauses: frozenset[str]  # words that begin a clause, up to which a negation reaches
