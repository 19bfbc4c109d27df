"""Matching: which intent an utterance means, among those that a step listens for.

Strict first: the utterance is one of the expanded phrases, skip words left out where that helps. Then
fuzzy: the weighted overlap of words (Dice's coefficient, 0 to 1) with each phrase, accepted from
`threshold` up when no other intent comes nearer than `margin`. Overlap of words was preferred to edit
distance because "cancel my order" and "check my order" are near in letters and far in meaning.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from softswitch.dialplan.language import Language
from softswitch.dialplan.spoken import digit_spans, normalise

FUNCTION_WEIGHT = 0.2
DIGITS = "{}"
"""Stands for any digit string in a phrase and, after replacing, in an utterance."""


@dataclass(frozen=True, slots=True)
class Match:
    """`slots` holds the raw digits by slot name; lengths are the caller's to check."""

    intent: str
    score: float
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Phrase:
    intent: str
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bag:
    """The words of a phrase, their order forgotten: those of meaning, and those of little."""

    intent: str
    content: frozenset[str]
    function: frozenset[str]
    negated: bool


class Matcher:
    """The phrases of a set of intents, indexed. Immutable after construction."""

    def __init__(
        self,
        phrases: Mapping[str, Iterable[str]],
        language: Language,
        skip_words: Sequence[str] = (),
        threshold: float = 0.75,
        margin: float = 0.1,
    ) -> None:
        """`phrases`: expanded phrases by intent, slots as `{name}`."""
        self._language, self._threshold, self._margin = language, threshold, margin
        words = sorted((re.escape(word) for word in skip_words), key=len, reverse=True)
        self._skip = re.compile(rf"\b(?:{'|'.join(words)})\b") if words else None
        self._strict: dict[str, _Phrase] = {}
        # Phrases with the same words of meaning stand together: most differ in function words only.
        self._groups: list[list[_Bag]] = [[]]
        self._index: dict[str, list[int]] = {}
        for intent, texts in phrases.items():
            for text in texts:
                self._add(intent, text)
        self._index_bags()

    def _add(self, intent: str, text: str) -> None:
        phrase = _Phrase(intent, tuple(re.findall(r"\{(\w+)\}", text)))
        key = re.sub(r"\{\w+\}", DIGITS, text)
        self._strict[key] = phrase
        if bare := self._without_skip_words(key):
            self._strict.setdefault(bare, phrase)

    def _index_bags(self) -> None:
        """Groups by words of meaning; the first group is that of the phrases that have none."""
        numbers = {frozenset[str](): 0}
        for intent, words in {
            (phrase.intent, frozenset(key.split())) for key, phrase in self._strict.items()
        }:
            bag = self._bag(intent, words)
            if bag.content not in numbers:
                numbers[bag.content] = len(self._groups)
                self._groups.append([])
                for word in bag.content:
                    self._index.setdefault(word, []).append(numbers[bag.content])
            self._groups[numbers[bag.content]].append(bag)

    def strict(self, text: str) -> Match | None:
        """The intent of which `text` is a whole phrase."""
        plain = normalise(text)
        masked, digits = self._mask(plain)
        for said, found in ((plain, ()), (masked, digits)):
            for key in (said, self._without_skip_words(said)):
                phrase = self._strict.get(key) if key else None
                if phrase and len(phrase.slots) == len(found):
                    return Match(phrase.intent, 1.0, dict(zip(phrase.slots, found, strict=True)))
        return None

    def fuzzy(self, text: str) -> Match | None:
        """The intent that `text` overlaps most, when it does so clearly."""
        masked, _ = self._mask(normalise(text))
        said = self._bag("", frozenset(self._without_skip_words(masked).split()))
        ranked = self._rank(said) if said.content else []
        if not ranked or ranked[0].score < self._threshold:
            return None
        runner_up = ranked[1].score if len(ranked) > 1 else 0.0
        return ranked[0] if ranked[0].score - runner_up >= self._margin else None

    def _rank(self, said: _Bag) -> list[Match]:
        """The intents that come into question, each with its best score, best first."""
        best: dict[str, float] = {}
        shared = Counter(chain.from_iterable(self._index.get(word, ()) for word in said.content))
        for number, common in [(0, 0), *shared.items()]:
            bags = self._groups[number]
            # What function words can add at most decides whether the group is worth a closer look.
            if (
                bags
                and _dice(common, len(said.function), said, bags[0].content) < self._threshold - self._margin
            ):
                continue
            for bag in bags:
                if bag.negated == said.negated:
                    score = _dice(common, len(bag.function & said.function), said, bag.content, bag.function)
                    best[bag.intent] = max(best.get(bag.intent, 0.0), score)
        return sorted((Match(*item) for item in best.items()), key=lambda match: (-match.score, match.intent))

    def _bag(self, intent: str, words: frozenset[str]) -> _Bag:
        function = self._language.function_words
        negated = not words.isdisjoint(self._language.negations)
        return _Bag(intent, words - function, words & function, negated)

    def phrases(self) -> tuple[str, ...]:
        """What the recogniser has to know: phrases, those with slots in pieces, and what says digits."""
        pieces = {piece.strip() for key in self._strict for piece in key.split(DIGITS)} - {""}
        slotted = any(phrase.slots for phrase in self._strict.values())
        return tuple(sorted(pieces | set(self._language.digit_phrases if slotted else ())))

    def sentences(self) -> list[tuple[str, str]]:
        """Every intent with each phrase that strictly means it; DIGITS stands for digits."""
        return [(phrase.intent, key) for key, phrase in self._strict.items()]

    def _mask(self, text: str) -> tuple[str, tuple[str, ...]]:
        tokens = text.split()
        spans = digit_spans(tokens, self._language)
        for start, end, _ in reversed(spans):
            tokens[start:end] = [DIGITS]
        return " ".join(tokens), tuple(digits for _, _, digits in spans)

    def _without_skip_words(self, text: str) -> str:
        return " ".join(self._skip.sub(" ", text).split()) if self._skip else text


def _dice(
    content: int, function: int, said: _Bag, words: frozenset[str], others: frozenset[str] = frozenset()
) -> float:
    """Dice's coefficient from how many words of each kind are common; a function word weighs little."""
    whole = len(said.content) + len(words) + FUNCTION_WEIGHT * (len(said.function) + len(others))
    return 2 * (content + FUNCTION_WEIGHT * function) / whole if whole else 0.0
