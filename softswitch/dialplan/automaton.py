"""Strict matching: all templates of a plan in one automaton over words, with slots as edges.

Every word and slot of a template is a position; what may follow it is known without empty moves (Glushkov,
"The abstract theory of automata", 1961). Sets of positions become states when they are first reached, and
are kept up to a limit, so that nothing is ever written out in full.
"""

from collections.abc import Mapping, Sequence

from softswitch.dialplan.language import Language
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.templates import GAP, Choice

MAX_STATES = 20_000
"""Beyond, the states are forgotten and made anew."""
EAGER = 64
"""States of more positions are unfolded when the plan is loaded, so that no caller waits for them."""


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

    def skips(self, tokens: Sequence[str], at: int) -> list[int]:
        """The tokens after the skip words that stand at `at`."""
        return [
            at + len(words)
            for words in self._skip.get(tokens[at], ())
            if tuple(tokens[at : at + len(words)]) == words
        ]
