"""Values that are said in fixed phrases: yes and no, the values of a list; and any words at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from softswitch.dialplan.expansion import examples, expand
from softswitch.dialplan.language import Language
from softswitch.dialplan.slot_types.base import Base, Readings, ordered
from softswitch.dialplan.slot_types.patterns import Phrases
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.templates import parse

MOST_SHOWN = 40  # forms of a template in a recogniser's grammar; the ear mixes their words
MOST_AGREEING = 4  # "yes yes that's right of course"
MOST_WORDS = 60


@lru_cache(maxsize=64)
def _answers(language: Language) -> tuple[Phrases[str], tuple[str, ...]]:
    said = {"yes": language.talk.yes, "no": language.talk.no}
    forms = {form: answer for answer, texts in said.items() for text in texts for form in expand(text)}
    shown = [
        example for texts in said.values() for text in texts for example in examples(parse(text), MOST_SHOWN)
    ]
    return Phrases(forms), tuple(dict.fromkeys(shown))


class YesNoSlot(Base):
    type = "yes_no"
    keys = (1, 1)

    def __init__(self, language: Language) -> None:
        self._answers, self.phrases = _answers(language)
        self.first = self._answers.first
        self._words = dict(zip(("yes", "no"), language.talk.yes_no, strict=True))

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        found = ahead = self._answers.read(tokens, at)
        if not found:
            return []
        for _ in range(MOST_AGREEING - 1):
            ahead = [
                (end, answer)
                for here, said in dict.fromkeys(ahead)
                for end, answer in self._answers.read(tokens, here)
                if answer == said
            ]
            found = found + ahead
        return ordered(found)

    def fits(self, value: str) -> bool:
        return value in self._words

    def keyed(self, digits: str, now: datetime) -> str | None:
        return {"1": "yes", "2": "no"}.get(digits)

    def spoken(self, value: str, now: datetime | None = None) -> str:
        return self._words.get(value, value)


class ListSlot(Base):
    type = "list"

    def __init__(self, values: Mapping[str, tuple[str, ...]]) -> None:
        named = {value: forms or (value.replace("_", " "),) for value, forms in values.items()}
        self._forms = {value: forms[0] for value, forms in named.items()}
        self._phrases = Phrases((form, value) for value, forms in named.items() for form in forms)
        self.first = self._phrases.first
        self.phrases = tuple(dict.fromkeys(normalise(form) for forms in named.values() for form in forms))
        self.keys = (1, 1) if values else (0, 0)

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        return self._phrases.read(tokens, at)

    def fits(self, value: str) -> bool:
        return value in self._forms

    def keyed(self, digits: str, now: datetime) -> str | None:
        position = int(digits) if len(digits) == 1 and digits in "123456789" else 0
        return list(self._forms)[position - 1] if 1 <= position <= len(self._forms) else None

    def spoken(self, value: str, now: datetime | None = None) -> str:
        return self._forms.get(value, value)


class TextSlot(Base):
    type = "text"

    def begins(self, token: str) -> bool:
        return True

    def read_any(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        ends = range(min(len(tokens), at + MOST_WORDS), at, -1)
        return [(end, " ".join(tokens[at:end])) for end in ends]

    def fits(self, value: str) -> bool:
        return bool(value.strip())

    def keyed(self, digits: str, now: datetime) -> str | None:
        return None
