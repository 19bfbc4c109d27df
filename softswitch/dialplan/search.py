"""Strict matching of one utterance: all ways through the automaton of a plan's templates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from softswitch.dialplan.automaton import Automaton, State
from softswitch.dialplan.language import Language
from softswitch.dialplan.slots import Slot

MAX_VISITS = 1_000
"""Of states for one utterance. Slots that could begin and end anywhere would try without end."""

Bindings = tuple[tuple[str, str], ...]
Told = tuple[tuple[int, float], ...]
"""Evidence: at which token of the utterance, and how much."""


@dataclass(frozen=True, slots=True)
class Found:
    """A template that an utterance is whole a phrase of, and how."""

    template: int
    told: Told  # by the words of meaning that stand in the template, and by values; a token once
    literal: int  # words that stand in the template
    loose: int  # words that fell into gaps
    bindings: Bindings

    @property
    def rank(self) -> tuple[float, int, int, int, int]:
        """The smallest is the best: most evidence, most literal words, fewest in gaps, fewest slots, declared
        first.
        """
        return (
            -round(sum(weight for _, weight in self.told), 3),
            -self.literal,
            self.loose,
            len(self.bindings),
            self.template,
        )


def strengthen(known: dict[int, float], told: Told) -> None:
    """Note the evidence of each token, where it is more than what is known of it."""
    for at, weight in told:
        known[at] = max(weight, known.get(at, 0.0))


def find(automaton: Automaton, tokens: Sequence[str], allowed: int, now: datetime) -> list[Found]:
    """Every allowed template that the tokens are a phrase of, the best first. Never raises.

    Each has the evidence of all its ways: "the order i made yesterday" gives `... (order|yesterday) ...`
    that of both words.
    """
    ways = _Search(automaton, tokens, allowed, now).run(automaton.start())
    best: dict[int, Found] = {}
    told: dict[int, dict[int, float]] = {}
    for way in sorted(ways, key=lambda way: way.rank):
        best.setdefault(way.template, way)
        strengthen(told.setdefault(way.template, {}), way.told)
    found = [replace(way, told=tuple(told[template].items())) for template, way in best.items()]
    return sorted(found, key=lambda way: way.rank)


def _readings(slot: Slot, tokens: Sequence[str], at: int, now: datetime) -> list[tuple[int, str]]:
    """Longest first; text shortest first, because it takes whatever it gets."""
    if slot.type == "text":
        return [(end, " ".join(tokens[at:end])) for end in range(at + 1, len(tokens) + 1)]
    return slot.read(tokens, at, now) if slot.begins(tokens[at]) else []


class _Way(NamedTuple):
    """What was used so far."""

    told: Told
    literal: int
    loose: int
    bindings: Bindings


class _Search:
    """All ways through the automaton for one utterance, within MAX_VISITS."""

    def __init__(self, automaton: Automaton, tokens: Sequence[str], allowed: int, now: datetime) -> None:
        self._automaton, self._tokens, self._allowed, self._now = automaton, tokens, allowed, now
        self._found: list[Found] = []
        self._negations = list(_negations(tokens, automaton.language))
        self._skips = [automaton.skips(tokens, at) for at in range(len(tokens))]
        self._dead: set[tuple[int, int]] = set()
        self._readings: dict[tuple[Slot, int], list[tuple[int, str]]] = {}
        self._visits = MAX_VISITS

    def run(self, start: State) -> list[Found]:
        if self._tokens:
            self._visit(start, 0, _Way((), 0, 0, ()))
        return self._found

    def _visit(self, state: State, at: int, way: _Way) -> bool:
        """Whether the rest of the utterance ends in a template from here."""
        if not state.intents & self._allowed or self._visits <= 0 or (id(state), at) in self._dead:
            return False
        self._visits -= 1
        if not state.unfolded:
            self._automaton.unfold(state)
        if at == len(self._tokens):
            ends = self._automaton.accepted(state, self._allowed)
            self._found += [Found(template, *way) for template in ends]
            return bool(ends)
        word = self._tokens[at]
        whole = word in state.words and self._visit(state.words[word], at + 1, self._with(word, at, way))
        for name, after in state.slots:
            whole |= self._read(name, after, at, way)
        for end in self._skips[at]:
            whole |= self._visit(state, end, way)
        if state.gap:
            whole |= self._pass(state.gap, at, way)
        if not whole:
            self._dead.add((id(state), at))
        return whole

    def _with(self, word: str, at: int, way: _Way) -> _Way:
        return _Way(self._telling(word, at, way), way.literal + 1, way.loose, way.bindings)

    def _telling(self, symbol: str, at: int, way: _Way) -> Told:
        weight = self._automaton.weights.get(symbol, 0.0)
        return (*way.told, (at, weight)) if weight else way.told

    def _read(self, name: str, after: State, at: int, way: _Way) -> bool:
        """The first reading that lets the rest match is taken."""
        if not (readings := self._values(name, at)) or not after.intents & self._allowed:
            return False
        told = self._telling(f"{{{name}}}", at, way)
        for end, value in readings:
            bindings = (*way.bindings, (name, value))
            if self._visit(after, end, _Way(told, way.literal, way.loose, bindings)):
                return True
        return False

    def _values(self, name: str, at: int) -> list[tuple[int, str]]:
        """Many templates look for the same value at the same word, by one name or another."""
        slot = self._automaton.slots[name]
        if (readings := self._readings.get((slot, at))) is None:
            readings = self._readings[slot, at] = _readings(slot, self._tokens, at, self._now)
        return readings

    def _pass(self, after: State, at: int, way: _Way) -> bool:
        """A gap takes one word after another."""
        whole = False
        if after.intents & self._allowed:
            self._automaton.unfold(after)
            for end in range(at + 1, len(self._tokens) + 1):
                # Most words lead nowhere; a look at them is cheaper than a visit.
                if self._leads(after, end) and not self._opposes(at, end):
                    loose = way.loose + end - at
                    whole |= self._visit(after, end, _Way(way.told, way.literal, loose, way.bindings))
        return whole

    def _leads(self, state: State, at: int) -> bool:
        """Whether a template may end here, or goes on with the next word. Skip words are a gap's as well."""
        return (
            at == len(self._tokens)
            or self._tokens[at] in state.words
            or state.gap is not None
            or any(self._values(name, at) for name, _ in state.slots)
        )

    def _opposes(self, at: int, end: int) -> bool:
        """Whether words in a gap turn what stands before it, or after it, into its opposite."""
        return any(
            at <= place < end and (end < reach if end < len(self._tokens) else at >= begin)
            for begin, place, reach in self._negations
        )


def _negations(tokens: Sequence[str], language: Language) -> Iterator[tuple[int, int, int]]:
    """For each word that negates: where its clause begins, where it stands, and where the next one begins.

    Beyond the last word means that none begins.
    """
    begins = [at for at, token in enumerate(tokens) if token in language.clauses]
    for place, token in enumerate(tokens):
        if token in language.negations:
            before = max((at for at in begins if at <= place), default=-1)
            yield before, place, min((at for at in begins if at > place), default=len(tokens))
