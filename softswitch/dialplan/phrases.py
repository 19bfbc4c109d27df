"""What may be said for an intent, written out: for recognisers to expect, and for people to read."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from softswitch.dialplan import expansion, templates
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.templates import GAP, Choice

BETWEEN = re.compile(rf"\{{\w+\}}|{GAP}")
"""What stands between the fixed words of a phrase."""


class Phrases:
    """Of all intents of a plan in one language."""

    def __init__(self, choices: Mapping[str, Sequence[Choice]], slots: Mapping[str, Slot]) -> None:
        """`choices`: the templates' trees by intent."""
        self._choices, self._slots = choices, slots

    def expected(self, intent: str, most: int) -> tuple[str, ...] | None:
        """So many phrases of an intent, those with slots in pieces, and what says the slots' values. None
        where a recogniser has to hear anything.
        """
        found = self.examples(intent, most)
        names = {name for phrase in found for name in templates.slots_of(phrase)}
        if any(self._slots[name].type == "text" for name in names):
            return None
        pieces = {piece.strip() for phrase in found for piece in BETWEEN.split(phrase)} - {""}
        return tuple(sorted(pieces.union(*(self._slots[name].phrases for name in names))))

    def examples(self, intent: str, limit: int) -> list[str]:
        """At most so many phrases, from all templates alike, slots as `{name}`."""
        choices = self._choices.get(intent, ())
        # Some templates have few phrases, so that of the others more than their share is wanted.
        most = min(limit, 10 + 2 * limit // max(1, len(choices)))
        own = [expansion.examples(choice, most) for choice in choices]
        rows = (texts[row] for row in range(limit) for texts in own if row < len(texts))
        return list(islice(dict.fromkeys(rows), limit))
