"""From the network's outputs to words: phone and word tables, and the loop over all pronunciations
(HCLr.fst).

Vosk composes that loop with a word automaton, Gr.fst or a step's grammar, while it listens; so a word's
label stands on its first arc, and arcs are sorted by it.
"""

import math

from ear.fst import EPSILON, Arc, Fst
from ear.kaldi_io import Tuple
from ear.lexicon import Lexicon, Pronunciation
from ear.phones import PHONES
from ear.states import SILENCE, States

UNKNOWN = "[unk]"
SILENCE_PHONE = 1
PAUSE_PROBABILITY = 0.5  # of a pause after a word
VARIANT_COST = 0.3  # of every pronunciation but the usual one
UNKNOWN_FRAMES = 4  # an unknown word takes at least as many outputs, 120 ms
_POSITIONS = ("B", "E", "I", "S")  # begin, end, internal, a word by itself
_KINDS = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
_NOISE = "SPN"  # the phone of unknown words


class Symbols:
    """Numbers of words and phones. 0 is epsilon in both; phone 1 is silence, which Vosk's endpointer is
    told.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.words = ("<eps>", *sorted(lexicon), UNKNOWN, "#0", "<s>", "</s>")
        self.word_number = {word: number for number, word in enumerate(self.words)}
        names = [f"{phone}_{place}" for phone in (*PHONES, _NOISE) for place in _POSITIONS]
        self.phones = ("<eps>", "SIL", *names)
        self.phone_number = {phone: number for number, phone in enumerate(self.phones)}

    def words_table(self) -> str:
        return "".join(f"{word} {number}\n" for number, word in enumerate(self.words))

    def phones_table(self) -> str:
        return "".join(f"{phone} {number}\n" for number, phone in enumerate(self.phones))

    def word_boundaries(self) -> str:
        kinds = ["nonword", *(_KINDS[name[-1]] for name in self.phones[2:])]
        return "".join(f"{number} {kind}\n" for number, kind in enumerate(kinds, 1))


class Loop:
    """Builds the lexicon loop and with it the transitions that it needs."""

    def __init__(self, lexicon: Lexicon, symbols: Symbols, states: States) -> None:
        self._symbols = symbols
        self._states = states
        self.tuples = self._all_tuples(lexicon)
        self._transition = {item: 2 * place for place, item in enumerate(self.tuples, 1)}
        self.fst = Fst()
        self._between = self._add_pauses()
        self._ends: dict[Tuple, int] = {}
        for word in sorted(lexicon):
            for index, phones in enumerate(lexicon[word]):
                cost = VARIANT_COST if index else 0.0
                self._add_word(self._tuples_of(phones), symbols.word_number[word], cost)
        self._add_unknown()
        self.fst.sort_by_output()

    @property
    def unused_transition(self) -> int:
        """A number for graph/disambig_tid.int, which must name one that no path has."""
        return 2 * len(self.tuples) + 1

    def _all_tuples(self, lexicon: Lexicon) -> list[Tuple]:
        words = {item for ways in lexicon.values() for way in ways for item in self._tuples_of(way)}
        return sorted({(SILENCE_PHONE, SILENCE, SILENCE), *words, *self._unknown_tuples()})

    def _tuples_of(self, phones: Pronunciation) -> list[Tuple]:
        last = len(phones) - 1
        places = ["S"] if not last else ["B", *"I" * (last - 1), "E"]
        numbers = [
            self._symbols.phone_number[f"{phone}_{place}"]
            for phone, place in zip(phones, places, strict=True)
        ]
        return [(number, *pair) for number, pair in zip(numbers, self._states.of_word(phones), strict=True)]

    def _unknown_tuples(self) -> list[Tuple]:
        """The output behind all the network's own is the unknown sound's score."""
        output = self._states.count
        numbers = self._symbols.phone_number
        places = ["B", *"I" * (UNKNOWN_FRAMES - 2), "E"]
        return [(numbers[f"{_NOISE}_{place}"], output, output) for place in places]

    def _add_pauses(self) -> int:
        """States 0 (the start), 1 (where words start), 2 (where they end), 3 (a pause)."""
        start, loop, after, pause = (self.fst.state() for _ in range(4))
        transition = self._transition[(SILENCE_PHONE, SILENCE, SILENCE)]
        with_pause, without = -math.log(PAUSE_PROBABILITY), -math.log(1 - PAUSE_PROBABILITY)
        for state in (start, after):
            self.fst.arc(state, Arc(EPSILON, EPSILON, without, loop))
            self.fst.arc(state, Arc(transition, EPSILON, with_pause, pause))
        self.fst.arc(pause, Arc(transition - 1, EPSILON, 0.0, pause))
        self.fst.arc(pause, Arc(EPSILON, EPSILON, 0.0, loop))
        self.fst.final[loop] = 0.0
        return loop

    def _add_word(self, tuples: list[Tuple], word: int, cost: float) -> None:
        here = self._between
        for item in tuples[:-1]:
            there = self.fst.state()
            self.fst.arc(here, Arc(self._transition[item], word, cost, there))
            self.fst.arc(there, Arc(self._transition[item] - 1, EPSILON, 0.0, there))
            here, word, cost = there, EPSILON, 0.0
        self.fst.arc(here, Arc(self._transition[tuples[-1]], word, cost, self._end(tuples[-1])))

    def _end(self, item: Tuple) -> int:
        """The state in which a word's last phone repeats; words share it."""
        if item not in self._ends:
            state = self.fst.state()
            self._ends[item] = state
            self.fst.arc(state, Arc(self._transition[item] - 1, EPSILON, 0.0, state))
            self.fst.arc(state, Arc(EPSILON, EPSILON, 0.0, 2))
        return self._ends[item]

    def _add_unknown(self) -> None:
        self._add_word(self._unknown_tuples(), self._symbols.word_number[UNKNOWN], 0.0)
