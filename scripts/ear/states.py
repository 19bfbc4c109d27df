"""What the network tells apart: silence, foreign sound, and for each phone its first output frame and the
rest.

In context, the first frame also knows the class of the phone before, the rest that of the phone after; the
edge of the word is a class of its own, so that the graph needs no context across words.
"""

from dataclasses import dataclass

from ear.lexicon import Pronunciation
from ear.phones import CLASS_OF, CLASSES, EDGE, PHONES

SILENCE = 0
SUBSAMPLING = 3  # one output for three frames of 10 ms


@dataclass(frozen=True)
class States:
    """Numbers the network's outputs ("pdfs"). Without context every phone has one entry and one stay."""

    in_context: bool

    @property
    def foreign(self) -> int:
        return self.count - 1

    @property
    def count(self) -> int:
        return 2 + 2 * len(PHONES) * self._classes

    def of_word(self, phones: Pronunciation) -> list[tuple[int, int]]:
        """For each phone the outputs of its first frame and of the frames after that."""
        classes = [EDGE, *(CLASS_OF[phone] for phone in phones), EDGE]
        return [
            (self._number(phone, 0, classes[index]), self._number(phone, 1, classes[index + 2]))
            for index, phone in enumerate(phones)
        ]

    def of_phone(self, phone: str) -> tuple[int, int]:
        """Outputs of a phone by itself; only without context do they stand for all its surroundings."""
        return self._number(phone, 0, EDGE), self._number(phone, 1, EDGE)

    @property
    def _classes(self) -> int:
        return CLASSES if self.in_context else 1

    def _number(self, phone: str, part: int, neighbour: int) -> int:
        place = (PHONES.index(phone) * 2 + part) * self._classes
        return 1 + place + (neighbour if self.in_context else 0)
