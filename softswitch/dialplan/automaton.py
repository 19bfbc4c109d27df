"""Strict matching: all templates of a plan in one automaton over words, with slots as edges.

Every word and slot of a template is a position; what may follow it is known without empty moves (Glushkov,
"The abstract theory of automata", 1961). Sets of positions become states when they are first reached, and
are kept up to a limit, so that nothing is ever written out in full.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from softswitch.dialplan.language import Language
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.templates import GAP, Choice

MAX_STATES = 20_000
"""Beyond, the states are forgotten and made anew."""
MAX_VISITS = 1_000
"""Of states for one utterance. Slots that could begin and end anywhere would try without end."""
EAGER = 64
"""States of more positions are unfolded when the plan is loaded, so that no caller waits for them."""

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


class State:
    """A set of positions. `words`, `slots` and `gap` lead on; they are empty until `unfolded`."""

    __slots__ = ("accepts", "gap", "intents", "positions", "slots", "unfolded", "words")

    def __init__(self, positions: frozenset[int], intents: int) -> None:
        self.positions, self.intents, self.unfolded = positions, intents, False
        self.words: dict[str, State] = {}
        self.slots: tuple[tuple[str, State], ...] = ()
        self.gap: State | None = None
        self.accepts: tuple[int, ...] = ()


class Automaton:
    """`intents` of states and `allowed` are sets of intent numbers as bits: one AND says whether to go on."""

    def __init__(
        self,
        slots: Mapping[str, Slot],
        language: Language,
        weights: Mapping[str, float],
        skip_words: Sequence[Sequence[str]] = (),
    ) -> None:
        """No gap takes a negation of `language` that reaches a word of the template, because it turns the
        sentence into its opposite. `weights`: what words of meaning and `{slots}` tell of the intent.
        `skip_words`: sequences of words that a caller may say anywhere between those of a template.
        """
        self.slots, self.language, self.weights = slots, language, weights
        self._skip: dict[str, list[tuple[str, ...]]] = {}
        for words in skip_words:
            self._skip.setdefault(words[0], []).append(tuple(words))
        self._symbols: list[str] = []
        self._follow: list[tuple[int, ...]] = []
        self._bits: list[int] = []  # of the intent, by position
        self._ends: list[int] = []  # of the intent, by template
        self._first: list[int] = []
        self._states: dict[frozenset[int], State] = {}
        self._start: State | None = None

    def add(self, choice: Choice, intent: int) -> None:
        """One more template, numbered from 0 in order, of the intent with that number."""
        bit = 1 << intent
        end = -1 - len(self._ends)  # negative: nothing is expected any more, template such is whole
        self._ends.append(bit)
        self._first += self._compile(choice, (end,), bit)

    def _compile(self, choice: Choice, after: tuple[int, ...], bit: int) -> tuple[int, ...]:
        """The positions at which the tree may begin, when `after` may follow it."""
        first: list[int] = []
        for branch in choice.branches:
            following = after
            for part in reversed(branch):
                if isinstance(part, Choice):
                    following = self._compile(part, following, bit)
                else:
                    self._symbols.append(part)
                    self._follow.append(following)
                    self._bits.append(bit)
                    here = len(self._symbols) - 1
                    following = (here, *following) if part == GAP else (here,)
            first += following
        return tuple(dict.fromkeys(first)) if len(first) > 1 else tuple(first)

    def start(self) -> State:
        """The state before the first word, unfolded as far as states are large."""
        if self._start is None or len(self._states) > MAX_STATES:
            self._states.clear()
            self._start = self._state(self._first)
            waiting = [self._start]
            while waiting:
                self.unfold(state := waiting.pop())
                leads = [after for _, after in self.leads(state)]
                waiting += [after for after in leads if len(after.positions) > EAGER and not after.unfolded]
        return self._start

    def unfold(self, state: State) -> State:
        """Fill in what leads on from the state."""
        if state.unfolded:
            return state
        targets: dict[str, list[int]] = {}
        accepts = []
        for position in state.positions:
            if position < 0:
                accepts.append(-1 - position)
            else:
                targets.setdefault(self._symbols[position], []).extend(self._follow[position])
        leads = {symbol: self._state(positions) for symbol, positions in targets.items()}
        state.gap = leads.pop(GAP, None)
        state.words = {symbol: after for symbol, after in leads.items() if symbol[0] != "{"}
        state.slots = tuple((symbol[1:-1], after) for symbol, after in leads.items() if symbol[0] == "{")
        state.accepts, state.unfolded = tuple(sorted(accepts)), True
        return state

    def leads(self, state: State) -> list[tuple[str, State]]:
        """What leads on from an unfolded state: words, slots as `{name}`, GAP."""
        slots = [(f"{{{name}}}", after) for name, after in state.slots]
        return [*state.words.items(), *slots, *([(GAP, state.gap)] if state.gap else [])]

    def _state(self, positions: Sequence[int]) -> State:
        key = frozenset(positions)
        if (state := self._states.get(key)) is None:
            intents = 0
            for position in key:
                intents |= self._bits[position] if position >= 0 else self._ends[-1 - position]
            state = self._states[key] = State(key, intents)
        return state

    def accepted(self, state: State, allowed: int) -> list[int]:
        """The templates of allowed intents that end here."""
        return [template for template in state.accepts if self._ends[template] & allowed]

    def find(self, tokens: Sequence[str], allowed: int, now: datetime) -> list[Found]:
        """Every allowed template that the tokens are a phrase of, the best first. Never raises.

        Each has the evidence of all its ways: "the order i made yesterday" gives `... (order|yesterday) ...`
        that of both words.
        """
        ways = _Search(self, tokens, allowed, now).run(self.start())
        best: dict[int, Found] = {}
        told: dict[int, dict[int, float]] = {}
        for way in sorted(ways, key=lambda way: way.rank):
            best.setdefault(way.template, way)
            strengthen(told.setdefault(way.template, {}), way.told)
        found = [replace(way, told=tuple(told[template].items())) for template, way in best.items()]
        return sorted(found, key=lambda way: way.rank)

    def skips(self, tokens: Sequence[str], at: int) -> list[int]:
        """The tokens after the skip words that stand at `at`."""
        return [
            at + len(words)
            for words in self._skip.get(tokens[at], ())
            if tuple(tokens[at : at + len(words)]) == words
        ]


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
