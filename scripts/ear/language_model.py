"""An n-gram model with back-off from sampled sentences, as an automaton over words (Gr.fst).

Absolute discounting, interpolated (Ney, Essen, Kneser 1994). Every word of the vocabulary can follow any
other.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ear.fst import EPSILON, Arc, Fst

ORDER = 3
BEGIN, END = "<s>", "</s>"
_DISCOUNT = 0.6
_SPREAD = 0.15  # of the unigram mass goes to all words alike
_LEAST = {2: 1, 3: 2}  # rarer n-grams are left to the back-off

History = tuple[str, ...]
Counts = dict[History, Counter[str]]


def count(sentences: Iterable[Sequence[str]]) -> Counts:
    """How often each word follows each history of up to ORDER - 1 words; rare ones are dropped."""
    counts: Counts = defaultdict(Counter)
    for sentence in sentences:
        words = [BEGIN, *sentence, END]
        for place in range(1, len(words)):
            for length in range(min(ORDER - 1, place) + 1):
                counts[tuple(words[place - length : place])][words[place]] += 1
    for history in [history for history in counts if history]:
        least = _LEAST[len(history) + 1]
        kept = Counter({word: n for word, n in counts[history].items() if n >= least})
        if kept:
            counts[history] = kept
        else:
            del counts[history]
    return counts


class NGram:
    def __init__(self, counts: Counts, words: Sequence[str]) -> None:
        self._counts = counts
        self._words = words
        total = counts[()].total()
        even = _SPREAD / (len(words) + 1)
        self._unigram = {w: (1 - _SPREAD) * counts[()][w] / total + even for w in (*words, END)}

    def probability(self, history: History, word: str) -> float:
        """p(word | history), interpolated down to the unigram."""
        if not history:
            return self._unigram[word]
        shorter = self.probability(history[1:], word)
        follow = self._counts.get(history)
        if not follow:
            return shorter
        return max(follow[word] - _DISCOUNT, 0.0) / follow.total() + self.back_off(history) * shorter

    def back_off(self, history: History) -> float:
        """The mass that the discount leaves to the shorter history."""
        follow = self._counts[history]
        return sum(min(n, _DISCOUNT) for n in follow.values()) / follow.total()

    def automaton(
        self, numbers: Mapping[str, int], unknown: tuple[int, float] | None = None, weight: float = 1.0
    ) -> Fst:
        """An acceptor, arcs sorted by word number; `unknown`: the number and probability of a word that is
        none; `weight` is that of the model's costs among all others.
        """
        histories = sorted(history for history in self._counts if history)
        fst = Fst()
        states = {history: fst.state() for history in [(), *histories]}
        fst.start = states[(BEGIN,)]
        for history, state in states.items():
            follow = self._unigram if not history else self._counts[history]
            for word in follow:
                cost = -weight * math.log(self.probability(history, word))
                if word == END:
                    fst.final[state] = cost
                else:
                    fst.arc(
                        state,
                        Arc(numbers[word], numbers[word], cost, states[_longest((*history, word), states)]),
                    )
            if history:
                back = states[_longest(history[1:], states)]
                fst.arc(state, Arc(EPSILON, EPSILON, -weight * math.log(self.back_off(history)), back))
        if unknown:
            fst.arc(states[()], Arc(unknown[0], unknown[0], -weight * math.log(unknown[1]), states[()]))
        fst.sort_by_input()
        return fst


def _longest(history: History, states: Mapping[History, int]) -> History:
    """The longest end of the history that has a state."""
    history = history[-(ORDER - 1) :]
    while history not in states:
        history = history[1:]
    return history
