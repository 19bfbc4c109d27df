"""Phrases that mean two intents: what a check tells an author before a caller finds it."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from softswitch.dialplan import expansion, search, templates
from softswitch.dialplan.automaton import Automaton, State
from softswitch.dialplan.templates import Choice

MAX_STATES_COMPARED = 20_000
MAX_STOLEN = 1_000
ANY_DAY = datetime(2026, 1, 5, 12)
"""Whether two sentences are the same does not hang on the day."""


class Stealing:
    """Of all templates of a plan in one language."""

    def __init__(
        self,
        automaton: Automaton,
        numbered: Sequence[tuple[int, str, Choice]],
        intents: Sequence[str],
    ) -> None:
        """`numbered`: the number of the intent, the text and the tree of each template."""
        self._automaton, self._templates, self._intents = automaton, numbered, intents

    def found(self) -> list[tuple[str, str, str]]:
        """Phrases that mean two intents: the phrase (slots as `{name}`), the intent that gets it, and the
        other.

        For each pair of intents the shortest, and also where words of one are a value of the other's slot.
        Exact for words and for slots of one name as long as MAX_STATES_COMPARED is not reached; slots of
        different names that read the same words are not compared.
        """
        found: dict[tuple[int, int], str] = {}
        for phrase, ends in self._shared():
            self._note(found, phrase, sorted(ends))
        everything = (1 << len(self._intents)) - 1
        if any(templates.names_in(choice) for _, _, choice in self._templates):
            for _, _, choice in self._templates:
                for phrase in expansion.examples(choice, 2):
                    self._compare_example(found, phrase, everything)
        return [
            (phrase, self._intents[first], self._intents[other])
            for (first, other), phrase in islice(found.items(), MAX_STOLEN)
        ]

    def _note(self, found: dict[tuple[int, int], str], phrase: str, ends: Sequence[int]) -> None:
        """`ends`: templates of which the phrase is one, the one that gets it first."""
        intents = list(dict.fromkeys(self._templates[template][0] for template in ends))
        for other in intents[1:]:
            found.setdefault((intents[0], other), phrase)

    def _compare_example(self, found: dict[tuple[int, int], str], phrase: str, allowed: int) -> None:
        """Whether another intent's slot reads words of this one's phrase."""
        if "{" not in phrase:
            words = phrase.split()
            ways = search.find(self._automaton, words, allowed, ANY_DAY)
            # With words in gaps or skipped another intent comes near, but does not get the phrase.
            whole = [way for way in ways if not way.loose and (way.bindings or way.literal == len(words))]
            self._note(found, phrase, [way.template for way in whole])

    def _shared(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Phrases in which templates of several intents end; a slot is like a word here."""
        start = self._automaton.start()
        seen = {id(start)}
        waiting: deque[tuple[State, str]] = deque([(start, "")])
        while waiting and len(seen) < MAX_STATES_COMPARED:
            state, phrase = waiting.popleft()
            self._automaton.unfold(state)
            if len(state.accepts) > 1:
                yield phrase, state.accepts
            for symbol, after in self._automaton.leads(state):
                # A single intent cannot steal from itself.
                if after.intents & (after.intents - 1) and id(after) not in seen:
                    seen.add(id(after))
                    waiting.append((after, f"{phrase} {symbol}".strip()))
