"""Typed slots: what a slot may hold, and the Protocol by which every type reads, checks and speaks values.

The canonical text of a value: number "5" or "2.5"; digits "0077"; money "42.50"; date "2026-11-23"; time
"09:30" (24 hours); phone E.164 "+442079460000"; letters "AB12"; yes_no "yes" or "no"; list: the value's name;
text: the words as said (normalised).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from softswitch.dialplan.language import Language
from softswitch.dialplan.slot_types.base import Readings
from softswitch.dialplan.slot_types.choice import ListSlot, TextSlot, YesNoSlot
from softswitch.dialplan.slot_types.date import DateSlot
from softswitch.dialplan.slot_types.digits import DigitsSlot, PhoneSlot
from softswitch.dialplan.slot_types.letters import LettersSlot
from softswitch.dialplan.slot_types.money import MoneySlot
from softswitch.dialplan.slot_types.number import NumberSlot
from softswitch.dialplan.slot_types.time import TimeSlot


@dataclass(frozen=True)
class Declaration:
    """A slot as a plan declares it. Limits are canonical texts, and the limits themselves are allowed."""

    type: str  # number, digits, money, date, time, phone, letters, yes_no, list or text
    length: tuple[int, int] | None = None  # digits, letters: least and most
    minimum: str = ""  # number, money, date, time
    maximum: str = ""
    values: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False
    )  # list: spoken forms of each
    country: str = ""  # phone: how national numbers are read, e.g. "GB"
    currency: str = ""  # money: ISO 4217, how it is said


class Slot(Protocol):
    """One type of value. Every method takes any text; none raises."""

    @property
    def type(self) -> str: ...

    @property
    def keys(self) -> tuple[int, int]:
        """Least and most DTMF keys of a value; (0, 0) where keys cannot say it."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """What a recogniser's closed grammar needs to hear such a value; none for text."""

    def begins(self, token: str) -> bool:
        """False where no value can begin with this word: said quickly, because most words begin none."""

    def read(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        """All readings that begin at token `at` and fit the declaration. Tokens are those of `normalise`."""

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        """As `read`, and values that do not fit: four digits where six were asked for."""

    def fits(self, value: str) -> bool: ...

    def keyed(self, digits: str, now: datetime) -> str | None:
        """What DTMF keys mean, or None where they mean no value that fits."""

    def spoken(self, value: str, now: datetime | None = None) -> str:
        """The value as it is written into a prompt, for the speech normaliser and the voice.

        With `now` a date far from it is said with its year.
        """


def slot(declaration: Declaration, language: Language) -> Slot:
    """Raises ValueError, in one sentence, when the type is none or a limit is no value of it."""
    made = MAKERS.get(declaration.type)
    if made is None:
        raise ValueError(f"expected one of: {', '.join(TYPES)}; found '{declaration.type}'")
    return made(declaration, language)


MAKERS: Mapping[str, Callable[[Declaration, Language], Slot]] = {
    "number": lambda it, language: NumberSlot(language, it.minimum, it.maximum),
    "digits": lambda it, language: DigitsSlot(language, it.length),
    "money": lambda it, language: MoneySlot(language, it.currency, it.minimum, it.maximum),
    "date": lambda it, language: DateSlot(language, it.minimum, it.maximum),
    "time": lambda it, language: TimeSlot(language, it.minimum, it.maximum),
    "phone": lambda it, language: PhoneSlot(language, it.country),
    "letters": lambda it, language: LettersSlot(language, it.length),
    "yes_no": lambda _, language: YesNoSlot(language),
    "list": lambda it, _: ListSlot(it.values),
    "text": lambda *_: TextSlot(),
}
TYPES = tuple(MAKERS)
