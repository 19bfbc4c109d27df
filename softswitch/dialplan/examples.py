"""What callers have said, and what it meant: a second witness beside the sentences of plans with examples.

Least squares with a penalty on large weights, over words and pairs of neighbours, in which values stand for
their kind (Rifkin, Yeo and Poggio, "Regularized least-squares classification", 2003). It has one solution,
which takes about a second for four thousand examples; docs/background/matching.md tells what it gains.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from softswitch.dialplan.language import Language
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.spoken import normalise

NONE = "none"
"""Stands for the intent in examples that mean nothing the plan knows."""
PENALTY = 0.1
PAIRS = 0.5
"""What a pair of neighbours tells beside a word that is as rare."""
AGREED = 0.4
AGREED_ON_NONE = 0.2
"""What it adds to a score that the sentences found this intent, or one that answers to what means nothing."""
LIKELY = 0.4
APART = 0.2
"""The least score of what is taken, and by how much it is ahead of all others."""
KNOWN = 0.25
"""The least score without what is added: all of these are chosen in matching.md."""
LATELY = 16
"""Utterances whose scores are remembered: they are wanted after strict reading, and again after fuzzy."""
ANY_DAY = datetime(2026, 1, 5, 12)
"""What kind a value is does not hang on the day."""
KINDS = ("list", "number", "digits", "date", "time", "money", "phone")
"""Types of slots whose values stand for their kind; of two that read as many words the first."""


class Verdict(NamedTuple):
    """`intent`: what was meant, "" for none, or where it stays open. `likely`: then what is nearest, and by
    how much that is `ahead` of all others.
    """

    intent: str
    likely: str = ""
    ahead: float = 0.0


class Examples:
    """Scores of intents, about 0 for what is unlike their examples and 1 for what is one of them."""

    def __init__(
        self,
        said: Mapping[str, Sequence[str]],
        slots: Sequence[Slot],
        language: Language,
        answering: Collection[str] = (),
    ) -> None:
        """`said`: texts by intent, or NONE; at least one text. `slots`: of the plan's sentences. `answering`:
        intents that answer to what the examples of NONE say.
        """
        self._answering = frozenset(answering)
        self._language = language
        self._scores = lru_cache(maxsize=LATELY)(self._score)
        self._slots = sorted(
            dict.fromkeys(slot for slot in slots if slot.type in KINDS),
            key=lambda slot: KINDS.index(slot.type),
        )
        self.intents = tuple(dict.fromkeys((*said, NONE)))
        pairs = [(intent, text) for intent, texts in said.items() for text in texts]
        found = [self._features(normalise(text).split(), ANY_DAY) for _, text in pairs]
        count = Counter(feature for each in found for feature in each)
        self._weights = {
            feature: math.log(1 + len(pairs) / times) ** 2 * (PAIRS if " " in feature else 1)
            for feature, times in count.items()
            if times > 1 or " " not in feature
        }
        self._rare = math.log(1 + len(pairs)) ** 2
        self._places = {feature: place for place, feature in enumerate(self._weights)}
        self._learn(found, [self.intents.index(intent) for intent, _ in pairs])

    def _learn(self, found: Sequence[Sequence[str]], meant: Sequence[int]) -> None:
        """What each feature tells of each intent: the solution is a sum over the examples that have it."""
        lengths = np.array([self._length(each) for each in found], dtype=np.float32)
        having: dict[str, list[int]] = {feature: [] for feature in self._weights}
        for number, each in enumerate(found):
            for feature in each:
                if feature in having:
                    having[feature].append(number)
        # Single precision is plenty beside the penalty, and takes half the time.
        alike = np.zeros((len(found), len(found)), dtype=np.float32)
        for feature, numbers in having.items():
            alike[np.ix_(numbers, numbers)] += self._weights[feature]
        alike /= lengths
        alike /= lengths[:, None]
        alike[np.diag_indices(len(found))] += PENALTY
        wanted = np.eye(len(self.intents), dtype=np.float32)[list(meant)]
        self._share = wanted.mean(axis=0)
        solution = np.linalg.solve(alike, wanted - self._share)
        solution /= lengths[:, None]
        self._told = np.array(
            [weight * solution[having[feature]].sum(axis=0) for feature, weight in self._weights.items()]
        )

    def _length(self, features: Sequence[str]) -> float:
        """A word that no example has is a rare one, which tells nothing and makes all others tell less."""
        unknown = sum(feature not in self._weights and " " not in feature for feature in features)
        known = sum(self._weights.get(feature, 0.0) for feature in features)
        return math.sqrt(known + self._rare * unknown) or 1.0

    def scores(self, tokens: Sequence[str], now: datetime) -> dict[str, float]:
        """By intent."""
        return dict(self._scores(tuple(tokens), now))

    def _score(self, tokens: tuple[str, ...], now: datetime) -> dict[str, float]:
        features = self._features(tokens, now)
        places = [self._places[feature] for feature in features if feature in self._places]
        told = self._told[places].sum(axis=0) / self._length(features) + self._share
        return dict(zip(self.intents, told.tolist(), strict=True))

    def decide(self, tokens: Sequence[str], found: str, now: datetime) -> Verdict:
        """What the tokens mean. `found` is what the sentences take them for ("" for nothing); of an intent
        that has no examples, and answers to none, they alone know.
        """
        scores = self.scores(tokens, now)
        alone = scores.copy()
        if found in self._answering:
            scores[NONE] += AGREED_ON_NONE
        elif found in scores:
            scores[found] += AGREED
        elif found:
            return Verdict(found)
        best, second = sorted(scores, key=lambda intent: -scores[intent])[:2]
        ahead = scores[best] - scores[second]
        clear = scores[best] >= LIKELY and ahead >= APART
        if best == NONE:
            return Verdict(found if clear and found in self._answering else "")
        if clear and alone[best] >= KNOWN:
            return Verdict(best)
        return Verdict("", best, ahead) if scores[best] >= LIKELY else Verdict("")

    def _features(self, tokens: Sequence[str], now: datetime) -> list[str]:
        words = self._reduced(tokens, now)
        pairs = zip(("^", *words), (*words, "$"), strict=True)
        return list(dict.fromkeys((*words, *(f"{first} {second}" for first, second in pairs))))

    def _reduced(self, tokens: Sequence[str], now: datetime) -> list[str]:
        """The words, with "{number}" for "forty two" and "{list}" for a list's value."""
        words: list[str] = []
        at = 0
        while at < len(tokens):
            end, word = self._longest(tokens, at, now)
            words.append(word)
            at = end
        return words

    def _longest(self, tokens: Sequence[str], at: int, now: datetime) -> tuple[int, str]:
        best = (at, tokens[at])
        for slot in self._slots:
            readings = slot.read(tokens, at, now) if slot.begins(tokens[at]) else ()
            if readings and readings[0][0] > best[0]:
                best = (readings[0][0], f"{{{slot.type}}}")
        # "To" and "a" may be numbers; alone they seldom are.
        if best[0] == at or self._language.function_words.issuperset(tokens[at : best[0]]):
            return at + 1, tokens[at]
        return best
