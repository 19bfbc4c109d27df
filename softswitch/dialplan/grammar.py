"""Matching: which intent an utterance means, among those that a step listens for.

Strict first: the utterance is one of the expanded phrases, skip words left out where that helps. Then
fuzzy: the weighted overlap of words (Dice's coefficient, 0 to 1) with each phrase, accepted from
`threshold` up when no other intent comes nearer than `margin`. Overlap of words was preferred to edit
distance because "cancel my order" and "check my order" are near in letters and far in meaning.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
        self._bags: list[tuple[str, frozenset[str], float]] = []
        self._index: dict[str, list[int]] = {}
        for intent, texts in phrases.items():
            for text in texts:
                self._add(intent, text)
        self._index_bags()

    def _add(self, intent: str, text: str) -> None:
        phrase = _Phrase(intent, tuple(re.findall(r"\{(\w+)\}", text)))
        key = re.sub(r"\{\w+\}", DIGITS, text)
        self._strict[key] = phrase
        self._strict.setdefault(self._without_skip_words(key), phrase)

    def _index_bags(self) -> None:
        bags = {(phrase.intent, frozenset(key.split())) for key, phrase in self._strict.items() if key}
        for intent, bag in sorted(bags, key=lambda item: (item[0], sorted(item[1]))):
            for word in bag:
                self._index.setdefault(word, []).append(len(self._bags))
            self._bags.append((intent, bag, self._weigh(bag)))

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
        ranked = self.rank(frozenset(self._without_skip_words(masked).split()))
        if not ranked or ranked[0].score < self._threshold:
            return None
        runner_up = ranked[1].score if len(ranked) > 1 else 0.0
        return ranked[0] if ranked[0].score - runner_up >= self._margin else None

    def rank(self, said: frozenset[str]) -> list[Match]:
        """Each intent that shares a word, with its best score, best first."""
        shared: dict[int, float] = {}
        for word in said:
            for number in self._index.get(word, ()):
                shared[number] = shared.get(number, 0.0) + self._weight(word)
        weight, negated = self._weigh(said), self._negated(said)
        best: dict[str, float] = {}
        for number, common in shared.items():
            intent, bag, bag_weight = self._bags[number]
            if self._negated(bag) == negated:
                best[intent] = max(best.get(intent, 0.0), 2 * common / (weight + bag_weight))
        return sorted((Match(*item) for item in best.items()), key=lambda match: -match.score)

    def phrases(self) -> tuple[str, ...]:
        """What the recogniser has to know: phrases, those with slots in pieces, and what says digits."""
        pieces = {piece.strip() for key in self._strict for piece in key.split(DIGITS)} - {""}
        slotted = any(phrase.slots for phrase in self._strict.values())
        return tuple(sorted(pieces | set(self._language.digit_phrases if slotted else ())))

    def sentences(self) -> list[tuple[str, str]]:
        """Every intent with each phrase that strictly means it; DIGITS stands for digits."""
        return [(phrase.intent, key) for key, phrase in self._strict.items() if key]

    def _mask(self, text: str) -> tuple[str, tuple[str, ...]]:
        tokens = text.split()
        spans = digit_spans(tokens, self._language)
        for start, end, _ in reversed(spans):
            tokens[start:end] = [DIGITS]
        return " ".join(tokens), tuple(digits for _, _, digits in spans)

    def _without_skip_words(self, text: str) -> str:
        return " ".join(self._skip.sub(" ", text).split()) if self._skip else text

    def _weight(self, word: str) -> float:
        return FUNCTION_WEIGHT if word in self._language.function_words else 1.0

    def _weigh(self, words: Iterable[str]) -> float:
        return sum(map(self._weight, words))

    def _negated(self, words: frozenset[str]) -> bool:
        return not words.isdisjoint(self._language.negations)
