"""What a plan is in each of its languages: slots, sentences, lines, and what the recogniser has to expect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial

from softswitch.dialplan import expansion, templates
from softswitch.dialplan.files.data import ListFile
from softswitch.dialplan.files.texts import Texts
from softswitch.dialplan.language import LANGUAGES, Language
from softswitch.dialplan.parts import Parts
from softswitch.dialplan.sentences import Sentences
from softswitch.dialplan.slot_types.base import Readings
from softswitch.dialplan.slots import Declaration, Slot, slot

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Tongue:
    """A plan in one language."""

    parts: Parts
    name: str
    own: Mapping[str, Texts]
    """The sentences of single steps, by the name under which Sentences knows them."""

    @cached_property
    def language(self) -> Language:
        return LANGUAGES[self.name]

    @cached_property
    def slots(self) -> Mapping[str, Slot]:
        """Of every variable but for columns of tables, whose values are said as they are."""
        declared = self.parts.plan.variables
        made = {
            type_: slot(Declaration(type_, country=self.parts.plan.country), self.language)
            for type_ in ("phone", "text", "date", "time", "yes_no")
        }
        known = {name: made[type_] for name, type_ in self.parts.facts.items()}
        # One slot for all variables that are declared alike: what it reads for one, it reads for all.
        alike = cache(partial(slot, language=self.language))
        return {**known, **{name: alike(self._declaration(name)) for name in declared}}

    def _declaration(self, name: str) -> Declaration:
        plan, variable = self.parts.plan, self.parts.plan.variables[name]
        values = self._values(self.parts.lists[variable.of]) if variable.of else {}
        return Declaration(
            variable.type,
            variable.length,
            variable.minimum,
            variable.maximum,
            values,
            plan.country,
            plan.currency,
        )

    def _values(self, file: ListFile) -> dict[str, tuple[str, ...]]:
        return {
            value: tuple(
                phrase
                for form in forms.in_language(self.name)
                for phrase in expansion.expand(form, self._parsed_rules)
            )
            for value, forms in file.values.items()
        }

    @cached_property
    def _rules(self) -> dict[str, str]:
        return {name: _either(texts.in_language(self.name)) for name, texts in self.parts.plan.rules.items()}

    @cached_property
    def _parsed_rules(self) -> templates.Rules:
        return templates.parse_rules(self._rules)

    @cached_property
    def intents(self) -> dict[str, Sequence[str]]:
        """The plan's, and then the universal ones of the language that it does not write itself."""
        talk = self.language.talk
        universal = {**talk.intents, YES: talk.yes, NO: talk.no}
        given = {name: file.sentences.in_language(self.name) for name, file in self.parts.intents.items()}
        return {**given, **{name: texts for name, texts in universal.items() if name not in given}}

    @cached_property
    def sentences(self) -> Sentences:
        """Besides the intents, `{variable}` stands for a bare value, and a step for its own sentences."""
        plan = self.parts.plan
        forgiving = {slot: Forgiving(slot) for slot in self.slots.values()}
        bare = {f"{{{name}}}": (f"{{{name}}}",) for name in self.parts.collected}
        own = {name: texts.in_language(self.name) for name, texts in self.own.items()}
        return Sentences(
            {**self.intents, **bare, **own},
            self._rules,
            {name: forgiving[slot] for name, slot in self.slots.items()},
            self.language,
            plan.skip_words.in_language(self.name),
            plan.matching.threshold,
            plan.matching.margin,
            {name: file.said.in_language(self.name) for name, file in self.parts.examples.items()},
            tuple(name for file in self.parts.examples.values() for name in file.answered_by),
            plan.matching.confirm_margin,
        )


class Forgiving:
    """A slot that also reads values that it cannot have, where there are no others: "my order is one two" is
    about an order, whose number is then asked for. What does not fit is left out later.
    """

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self.type, self.keys, self.phrases = slot.type, slot.keys, slot.phrases
        self.begins, self.read_any, self.fits = slot.begins, slot.read_any, slot.fits
        self.keyed, self.spoken = slot.keyed, slot.spoken

    def read(self, tokens: Sequence[str], at: int, now: datetime) -> Readings:
        return self._slot.read(tokens, at, now) or self.read_any(tokens, at, now)


def _either(texts: Sequence[str]) -> str:
    """Several templates as one."""
    return texts[0] if len(texts) == 1 else f"({'|'.join(texts)})"
