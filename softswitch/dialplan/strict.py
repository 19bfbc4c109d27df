"""Strict reading: the intents of which an utterance is whole a phrase, and which of them is meant."""

from collections.abc import Sequence
from datetime import datetime

from softswitch.dialplan import search
from softswitch.dialplan.automaton import Automaton
from softswitch.dialplan.search import Found, strengthen

TIE = 0.15
"""Of the evidence: intents that come so near to the best are as likely."""
CLOSER = 3
"""Of as likely intents one is taken whose sentences leave this many times fewer words in gaps."""
LATELY = 16
"""Utterances whose reading is remembered: every hypothesis of the ear is read strictly and then, where that
gives nothing, fuzzily, and before that to see whether the caller is done.
"""


class Meant:
    """One intent, by its number: the ways in which an utterance is a phrase of it, the best first, and what
    they tell together.
    """

    __slots__ = ("evidence", "intent", "loose", "ways")

    def __init__(self, intent: int, ways: Sequence[Found]) -> None:
        told: dict[int, float] = {}
        for way in ways:
            strengthen(told, way.told)
        self.intent, self.ways = intent, ways
        self.evidence = round(sum(told.values()), 3)
        self.loose = min(way.loose for way in ways)


class Strict:
    """Remembers what it read lately."""

    def __init__(self, automaton: Automaton, intents: Sequence[int]) -> None:
        """`intents`: the number of the intent of each template."""
        self._automaton, self._intents = automaton, intents
        self._lately: dict[tuple[str, int, datetime], list[Meant]] = {}

    def meant(self, tokens: Sequence[str], allowed: int, now: datetime) -> list[Meant]:
        """The intents of which the tokens are a phrase: first the one for which there is most evidence in all
        of its ways together. `allowed` as in Automaton.
        """
        key = (" ".join(tokens), allowed, now)
        if (known := self._lately.get(key)) is None:
            if len(self._lately) >= LATELY:
                self._lately.clear()
            known = self._lately[key] = self._by_intent(search.find(self._automaton, tokens, allowed, now))
        return known

    def _by_intent(self, found: Sequence[Found]) -> list[Meant]:
        ways: dict[int, list[Found]] = {}
        for way in found:
            ways.setdefault(self._intents[way.template], []).append(way)
        meant = [Meant(intent, each) for intent, each in ways.items()]
        return sorted(meant, key=lambda each: (-each.evidence, each.ways[0].rank))


def best(ranked: Sequence[Meant]) -> Found | None:
    """How the utterance is to be read; None where words fell into gaps and another intent is as likely."""
    if not ranked:
        return None
    first = ranked[0]
    if first.ways[0].loose:
        near = sorted(as_likely(ranked), key=lambda meant: meant.loose)
        first = near[0]
        if len(near) > 1 and near[1].loose < CLOSER * max(1, first.loose):
            return None
    return _fullest(first.ways)


def as_likely(ranked: Sequence[Meant]) -> list[Meant]:
    """The intent with most evidence, and those that have nearly as much."""
    return [meant for meant in ranked if meant.evidence >= ranked[0].evidence * (1 - TIE)]


def _fullest(ways: Sequence[Found]) -> Found:
    """The best way; where words fell into gaps, the one that reads most values."""
    return max(ways, key=lambda way: len(way.bindings)) if ways[0].loose else ways[0]
