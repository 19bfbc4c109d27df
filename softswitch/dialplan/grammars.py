"""The closed grammars of one language: what a recogniser may hear in a step, and how likely each of it is."""

from collections.abc import Iterable, Iterator, Mapping

from softswitch.dialplan import corrections
from softswitch.dialplan.tongues import Tongue

MAX_GRAMMAR = 2000
"""Different phrases of a closed grammar."""
MOST_OF_ONE = (150, 75, 40, 20, 10)
"""Phrases of one intent in a grammar: the most that keep all intents together within MAX_GRAMMAR. The
recogniser learns from them which word follows which, and hears what is put together from them. Measured with
the embedded ear on a voice that it had never heard: intents wrong 2.7 to 10 % with a grammar, 44 without.
"""
MOST_TIMES = 50

Phrases = tuple[str, ...]


class Grammars:
    """What many steps listen for is only put together once.

    A phrase stands there several times where its intent has few: an intent that can be said in a hundred ways
    is not meant a hundred times as often as one with a single word, and a recogniser that thinks so hears
    "go tell" for "hotel". What the language has callers say everywhere, such as "repeat that", is meant now
    and then: it stands there once.
    """

    def __init__(self, tongue: Tongue) -> None:
        self._sentences = tongue.sentences
        self._universal = frozenset(tongue.language.talk.intents)
        self._skip_words = tongue.parts.plan.skip_words.in_language(tongue.name)
        self._corrections = corrections.of(tongue.language).phrases
        self._phrases: dict[tuple[str, int], Phrases | None] = {}
        self._known: dict[tuple[frozenset[str], Phrases, bool], Phrases | None] = {}

    def of(self, names: frozenset[str], backchannel: Phrases, *, correcting: bool) -> Phrases | None:
        """What is expected where these are listened for, sorted; None for anything."""
        key = (names, backchannel, correcting)
        if key not in self._known:
            extra = (*backchannel, *self._skip_words, *(self._corrections if correcting else ()))
            self._known[key] = self._together(names, extra)
        return self._known[key]

    def _together(self, names: frozenset[str], extra: Iterable[str]) -> Phrases | None:
        for most in MOST_OF_ONE:
            found = {name: self._of_one(name, most) for name in names}
            if None in found.values():
                return None
            intents = {name: phrases for name, phrases in found.items() if phrases}
            if len({*extra, *(phrase for phrases in intents.values() for phrase in phrases)}) <= MAX_GRAMMAR:
                return tuple(sorted(self._weighted(intents, extra)))
        return None

    def _of_one(self, name: str, most: int) -> Phrases | None:
        """So many phrases of one intent, those with slots in pieces, and what says the slots' values."""
        if (name, most) not in self._phrases:
            self._phrases[name, most] = self._sentences.phrases.expected(name, most)
        return self._phrases[name, most]

    def _weighted(self, intents: Mapping[str, Phrases], extra: Iterable[str]) -> Iterator[str]:
        """Each phrase so often that the step's own intents are about equally likely; all others once."""
        largest = max(map(len, intents.values()), default=1)
        times = dict.fromkeys(extra, 1)
        for name, phrases in intents.items():
            often = 1 if name in self._universal else max(1, min(MOST_TIMES, round(largest / len(phrases))))
            times |= {phrase: max(often, times.get(phrase, 1)) for phrase in phrases}
        return (phrase for phrase, often in times.items() for _ in range(often))
