"""Fuzzy matching: how much of an utterance's words a template shares, whatever stands between them.

The likeness of an utterance and a phrase is Tversky's index over weighted words ("Features of similarity",
1977): what both share against what each has alone, 0 to 1; with equal parts it would be Dice's coefficient.
A template is never written out: at each of its choices the alternative is taken that helps most. Overlap was
preferred to edit distance because "cancel my order" and "check my order" are near in letters, far in meaning.
"""

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softswitch.dialplan.said import Hit, Said
from softswitch.dialplan.templates import GAP, Choice, words_in
from softswitch.dialplan.weights import FUNCTION_WEIGHT, SLOT_WEIGHT, Weights

DISORDER = 0.15
"""So much is taken off when the shared words come in quite another order."""
EXTRA = 0.3
MISSING = 0.6
"""What a word costs that only the utterance has, and one that only the phrase has: callers say more than is
asked for, and what they leave out matters.
"""
PAYS = 0.4
"""How alike a said word must be for a phrase with that word to be nearer than one without."""
WORTH_LOOKING = 24
"""Templates that are compared word by word, at most: those that share most by a first count."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What an utterance shares with the phrase of a template that is nearest to it."""

    template: int
    score: float
    words: tuple[str, ...]  # of the phrase
    shared: Mapping[str, Hit]


class Overlap:
    """The templates of a plan, indexed by their words of meaning. Immutable after construction."""

    def __init__(self, templates: Sequence[tuple[int, Choice]], weights: Weights) -> None:
        """`templates`: the number of the intent, and the tree, in the order of the templates' numbers."""
        self._known, self._weights = weights, weights.of
        self._choices = [choice for _, choice in templates]
        self._intents = [intent for intent, _ in templates]
        words = [dict.fromkeys(words_in(choice)) for choice in self._choices]
        self._names = [tuple(word[1:-1] for word in each if word[0] == "{") for each in words]
        self._index = self._postings(words)
        self._least = np.array([self._lightest(choice) for choice in self._choices])
        self._slot_weight = np.array([SLOT_WEIGHT * len(names) for names in self._names])

    def _postings(self, words: Sequence[Collection[str]]) -> Mapping[str, NDArray[np.intp]]:
        """Templates by the words that may lead to them; a slot leads where there is no word of meaning."""
        function = self._known.language.function_words
        index: dict[str, list[int]] = {}
        for template, each in enumerate(words):
            content = [word for word in each if word[0] != "{" and word != GAP and word not in function]
            for word in content or [word for word in each if word[0] == "{"]:
                index.setdefault(word, []).append(template)
        self._leading = [word[1:-1] for word in index if word[0] == "{"]
        return {word: np.array(found, dtype=np.intp) for word, found in index.items()}

    def _lightest(self, choice: Choice) -> float:
        """The weight of the lightest phrase."""
        weights = self._weights
        return min(
            sum(self._lightest(part) if isinstance(part, Choice) else weights[part] for part in branch)
            for branch in choice.branches
        )

    def rank(self, said: Said, allowed: NDArray[np.bool_], floor: float, margin: float) -> list[Likeness]:
        """Templates that reach `floor`, best first, of each intent at least the best one. Those further than
        `margin` below the best may be left out, and those that share no word of meaning.
        """
        found: list[Likeness] = []
        best: dict[int, float] = {}  # by intent
        for template, bound in self._worth_looking(said, allowed, floor):
            intent = self._intents[template]
            if bound <= max(max(best.values(), default=0.0) - margin, best.get(intent, 0.0)):
                continue
            said.read(self._names[template])
            likeness = self._compare(said, template)
            if likeness and likeness.score >= floor:
                found.append(likeness)
                best[intent] = max(best.get(intent, 0.0), likeness.score)
        return sorted(found, key=lambda likeness: (-likeness.score, likeness.template))

    def _worth_looking(
        self, said: Said, allowed: NDArray[np.bool_], floor: float
    ) -> Iterator[tuple[int, float]]:
        """Templates with what they can score at most, best first."""
        said.read(self._leading)
        shared = np.zeros(len(self._choices))
        for word, hit in said.hits.items():
            if (templates := self._index.get(word)) is not None:
                shared[templates] += self._weights[word] * hit.likeness
        (templates,) = np.nonzero((shared > 0) & allowed)
        function = sum(weight for weight in said.weights if weight == FUNCTION_WEIGHT)
        most = np.minimum(shared[templates] + function + 2 * self._slot_weight[templates], said.total)
        missing = np.maximum(self._least[templates] - most, 0.0)
        bounds = most / (most + EXTRA * (said.total - most) + MISSING * missing + 1e-9)
        order = np.argsort(-bounds, kind="stable")[:WORTH_LOOKING]
        for place in order:
            if bounds[place] >= floor:
                yield int(templates[place]), float(bounds[place])

    def _compare(self, said: Said, template: int) -> Likeness | None:
        """None where one is negated and the other not, or only words of little meaning are shared."""
        words = dict.fromkeys(self._nearest(self._choices[template], said)[1])
        words.pop(GAP, None)
        shared = {word: said.hits[word] for word in words if word in said.hits}
        # The "no" in a slot's value is the value's own.
        values = {at for word, hit in shared.items() if word[0] == "{" for at in hit.at}
        if (said.negations <= values) != self._known.language.negations.isdisjoint(words):
            return None
        function = self._known.language.function_words
        content = [hit.at[0] for word, hit in shared.items() if word not in function]
        if not content:
            return None
        score = self._score(said, words, shared) * (1 - DISORDER * _disorder(content))
        return Likeness(template, score, tuple(words), shared)

    def _score(self, said: Said, words: Collection[str], shared: Mapping[str, Hit]) -> float:
        """Tversky's index."""
        matched: dict[int, float] = {}
        for hit in shared.values():
            for at in hit.at:
                matched[at] = max(matched.get(at, 0.0), hit.likeness)
        heard = sum(said.weights[at] * likeness for at, likeness in matched.items())
        common = sum(self._weights[word] * hit.likeness for word, hit in shared.items())
        both = (heard + common) / 2
        missing = sum(self._weights[word] for word in words) - common
        return both / (both + EXTRA * (said.total - heard) + MISSING * missing)

    def _nearest(self, choice: Choice, said: Said) -> tuple[float, list[str]]:
        """The words of the phrase that the utterance is nearest to, and what they gain."""
        if (known := said.nearest.get(id(choice))) is None:
            known = said.nearest[id(choice)] = self._look_for_nearest(choice, said)
        return known

    def _look_for_nearest(self, choice: Choice, said: Said) -> tuple[float, list[str]]:
        hits = said.hits
        weights, top = self._weights, -math.inf
        chosen: list[str] = []
        for branch in choice.branches:
            gain = 0.0
            words: list[str] = []
            for part in branch:
                if isinstance(part, str):
                    words.append(part)
                    gain += weights[part] * (hits[part].likeness - PAYS if part in hits else -PAYS)
                else:
                    more, inner = self._nearest(part, said)
                    gain += more
                    words += inner
            if gain > top:
                top, chosen = gain, words
        return top, chosen


def _disorder(places: Sequence[int]) -> float:
    """0 when the places rise; towards 1 the fewer of them stand in a rising row (longest increasing
    subsequence).
    """
    tails: list[int] = []
    for place in places:
        slot = bisect_left(tails, place)
        tails[slot : slot + 1] = [place]
    return 1 - len(tails) / len(places)
