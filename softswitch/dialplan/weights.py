"""How much the words of a plan's templates tell: little those of little meaning, less than others those that
many intents have (inverse document frequency).
"""

import math
from collections.abc import Collection, Mapping, Sequence

from softswitch.dialplan.language import Language
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.templates import GAP
from softswitch.dialplan.vocabulary import Vocabulary

FUNCTION_WEIGHT = 0.2
COMMON = 0.5
"""So much less than a rare word weighs one that every intent has."""
UNKNOWN_WEIGHT = 1.0
"""Of a said word that no template has."""
SLOT_WEIGHT = 1.0


class Weights:
    """Of words and `{slots}`. Only what the vocabulary remembers changes after construction."""

    def __init__(
        self, words: Sequence[tuple[int, Collection[str]]], slots: Mapping[str, Slot], language: Language
    ) -> None:
        """`words`: of each template the number of the intent, and its words."""
        self.slots, self.language = slots, language
        self._digit_words = frozenset(language.digit_words)
        text = {f"{{{name}}}" for name, slot in slots.items() if slot.type == "text"}
        self.of: dict[str, float] = {f"{{{name}}}": SLOT_WEIGHT for name in slots}
        self.of |= dict.fromkeys((*text, GAP), 0.0)
        self.evidence: dict[str, float] = {}
        """How much a word as written, or a slot's value, tells of its intent: 0 to 1."""
        self._weigh(words)
        self.vocabulary = Vocabulary(self.of, language.function_words)

    def _weigh(self, words: Sequence[tuple[int, Collection[str]]]) -> None:
        having: dict[object, set[int]] = {}
        for intent, each in words:
            for word in each:
                having.setdefault(self._kind(word), set()).add(intent)
        whole = math.log(1 + len({intent for intent, _ in words}))
        for word in dict.fromkeys(word for _, each in words for word in each):
            rare = 1 - COMMON * math.log(len(having[self._kind(word)])) / whole
            function = word in self.language.function_words
            known = self.of.setdefault(word, FUNCTION_WEIGHT if function else rare)
            self.evidence[word] = 0.0 if function else min(known, rare)

    def _kind(self, word: str) -> object:
        """Slots of different names that read the same words tell the same."""
        slot = self.slots[word[1:-1]] if word[0] == "{" else None
        return (slot.type, slot.phrases) if slot else word

    def of_said(self, token: str) -> float:
        """As in the templates, or as the word there that it is like."""
        if token in self.language.function_words:
            return FUNCTION_WEIGHT
        near = self.vocabulary.near(token)
        return self.of[near[0][0]] if near else UNKNOWN_WEIGHT

    def is_number(self, token: str) -> bool:
        return token.isdecimal() or token in self._digit_words
