"""One utterance, for fuzzy matching: where it has words and values of the templates, and what each weighs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from softswitch.dialplan.weights import Weights

Span = tuple[int, int, str]
"""First word, the one after the last, and the value."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A template's word or slot found in the utterance: at which words, and how alike (0 to 1)."""

    at: tuple[int, ...]
    likeness: float


class Said:
    """One utterance, its words looked up once for all templates."""

    def __init__(self, tokens: Sequence[str], skipped: Collection[int], known: Weights, now: datetime):
        """`skipped`: the words that count only where a template has them. `known`: those of the templates."""
        self.tokens, self.now, self._known = tokens, now, known
        negations = known.language.negations
        self.negations = frozenset(at for at, token in enumerate(tokens) if token in negations)
        self.hits: dict[str, Hit] = {}
        self.nearest: dict[int, tuple[float, list[str]]] = {}
        """Of trees: templates share those of rules, which are large."""
        self.weights = [0.0] * len(tokens)
        self._unread = set(known.slots)
        self._weigh(skipped)
        self._join()
        self.total = sum(self.weights)

    def _weigh(self, skipped: Collection[int]) -> None:
        """Each word once, and of neighbouring numbers the first."""
        number = False
        for at, token in enumerate(self.tokens):
            said_before, after_number = token in self.tokens[:at], number
            number = self._known.is_number(token)
            if not said_before:
                self._look_up(at, token)
            if at not in skipped and not said_before and not (number and after_number):
                self.weights[at] = self._known.of_said(token)

    def _look_up(self, at: int, token: str) -> None:
        for word, likeness in self._known.vocabulary.near(token):
            if word not in self.hits or self.hits[word].likeness < likeness:
                self.hits[word] = Hit((at,), likeness)

    def _join(self) -> None:
        """ "a dress" for "address", "book shop" for "bookshop"."""
        for at, (first, second) in enumerate(zip(self.tokens, self.tokens[1:], strict=False)):
            for word, likeness in self._known.vocabulary.joined(first, second):
                self.hits.setdefault(word, Hit((at, at + 1), likeness))

    def read(self, names: Sequence[str]) -> None:
        """Look for values of these slots, each once."""
        for name in self._unread.intersection(names):
            self._unread.remove(name)
            if span := next(self.spans(name), None):
                self.hits[f"{{{name}}}"] = Hit(tuple(range(span[0], span[1])), 1.0)

    def spans(self, name: str) -> Iterator[Span]:
        """Where the slot can be read, first to last, the longest reading of each place."""
        slot, function = self._known.slots[name], self._known.language.function_words
        for at, token in enumerate(self.tokens) if slot.type != "text" else ():
            for end, value in slot.read(self.tokens, at, self.now)[:1] if slot.begins(token) else ():
                # "to" and "a" may be numbers; alone, among other words, they seldom are.
                if not function.issuperset(self.tokens[at:end]):
                    yield at, end, value

    def values(self, words: Sequence[str], shared: Mapping[str, Hit]) -> dict[str, str]:
        """The values of the slots among a template's words, each at words of its own: after the word that
        stands before the slot in the template where that can be, otherwise wherever the first is.
        """
        values: dict[str, str] = {}
        taken: set[int] = set()
        before = -1
        for word in words:
            name = word[1:-1]
            if word[0] == "{" and name not in values:
                spans = [span for span in self.spans(name) if taken.isdisjoint(range(span[0], span[1]))]
                if spans:
                    at, end, values[name] = min(spans, key=lambda span: (span[0] != before, span[0]))
                    taken.update(range(at, end))
            hit = shared.get(word)
            before = hit.at[-1] + 1 if hit else -1
        return values
