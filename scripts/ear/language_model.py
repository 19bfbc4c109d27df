"""An n-gram model with back-off from weighed sentences, as an automaton over words (Gr.fst).

Absolute discounting, interpolated, and besides a fixed count for the shorter history, as in a Pitman-Yor
process with one table for each word (Teh 2006). Every word of the vocabulary can follow any other. N-grams
that tell hardly more than the shorter history does are pruned (Seymore, Rosenfeld 1996).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ear.fst import EPSILON, Arc, Fst

ORDER = 3
BEGIN, END = "<s>", "</s>"
_DISCOUNT = 0.5
_UNSEEN = {1: 10.0, 2: 5.0}  # what counts for the shorter history, by the words of a history
_SPREAD = 0.1  # of the unigram mass goes to all words alike
_LEAST = 0.2  # an n-gram is kept where it makes what was said likelier by as much, in nats

History = tuple[str, ...]
Counts = dict[History, dict[str, float]]


def count(sentences: Iterable[tuple[float, Sequence[str]]]) -> Counts:
    """How often each word follows each history of up to ORDER - 1 words; each sentence has its weight."""
    counts: Counts = defaultdict(lambda: defaultdict(float))
    for weight, sentence in sentences:
        words = [BEGIN, *sentence, END]
        for place in range(1, len(words)):
            for length in range(min(ORDER - 1, place) + 1):
                counts[tuple(words[place - length : place])][words[place]] += weight
    return counts


class NGram:
    def __init__(self, counts: Counts, words: Sequence[str]) -> None:
        self._counts = counts
        self._totals = {history: sum(follow.values()) for history, follow in counts.items()}
        even = _SPREAD / (len(words) + 1)
        seen, total = counts[()], self._totals[()]
        self._unigram = {w: (1 - _SPREAD) * seen.get(w, 0.0) / total + even for w in (*words, END)}
        self._back_off = {history: self._left(history, counts[history]) for history in counts if history}
        self._prune()

    def probability(self, history: History, word: str) -> float:
        """p(word | history), interpolated down to the unigram."""
        if not history:
            return self._unigram[word]
        shorter = self.probability(history[1:], word)
        follow = self._counts.get(history)
        if follow is None:
            return shorter
        return self._own(history, follow.get(word, 0.0)) + self.back_off(history) * shorter

    def back_off(self, history: History) -> float:
        """The mass that a known history leaves to the shorter one."""
        return self._back_off[history]

    def _own(self, history: History, seen: float) -> float:
        return max(seen - _DISCOUNT, 0.0) / (self._totals[history] + _UNSEEN[len(history)])

    def _left(self, history: History, follow: Mapping[str, float]) -> float:
        return 1 - sum(self._own(history, seen) for seen in follow.values())

    def _prune(self) -> None:
        """Longer histories first: an n-gram that leads to one that is kept is kept."""
        kept: Counts = {(): self._counts[()]}
        for history in sorted(filter(None, self._counts), key=len, reverse=True):
            follow = self._counts[history]
            worth = {w: n for w, n in follow.items() if (*history, w) in kept or self._tells(history, w, n)}
            if worth or history == (BEGIN,):
                kept[history] = worth
        self._counts = kept
        self._back_off = {history: self._left(history, kept[history]) for history in kept if history}

    def _tells(self, history: History, word: str, seen: float) -> bool:
        if seen <= _DISCOUNT:
            return False
        without = self._back_off[history] * self.probability(history[1:], word)
        return seen * math.log(self.probability(history, word) / without) > _LEAST

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
