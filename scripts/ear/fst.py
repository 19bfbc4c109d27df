"""Weighted automata and their binary form: OpenFst's "const" type over the tropical semiring, as Vosk reads
it.
"""

import math
import struct
from itertools import pairwise
from typing import NamedTuple

EPSILON = 0
_MAGIC = 2125659606
_VERSION = 2
_EXPANDED = 0x1
ACCEPTOR = 0x10000
INPUT_SORTED = 0x10000000
OUTPUT_SORTED = 0x40000000


class Arc(NamedTuple):
    """`weight` is a cost, -log of a probability."""

    input: int
    output: int
    weight: float
    target: int


class Fst:
    """States are numbers from 0; state 0 is the start unless `start` is set."""

    def __init__(self) -> None:
        self.arcs: list[list[Arc]] = []
        self.final: list[float] = []
        self.start = 0

    def state(self) -> int:
        self.arcs.append([])
        self.final.append(math.inf)
        return len(self.arcs) - 1

    def arc(self, source: int, arc: Arc) -> None:
        self.arcs[source].append(arc)

    def sort_by_input(self) -> None:
        for arcs in self.arcs:
            arcs.sort(key=lambda arc: (arc.input, arc))

    def sort_by_output(self) -> None:
        for arcs in self.arcs:
            arcs.sort(key=lambda arc: (arc.output, arc))

    def bytes(self) -> bytes:
        """Const FST, unaligned. The properties say what is true of its arcs, so that nothing trusts a wrong
        order.
        """
        count = sum(map(len, self.arcs))
        header = struct.pack("<i", _MAGIC) + _string("const") + _string("standard")
        numbers = struct.pack("<iiQqqq", _VERSION, 0, self._properties(), self.start, len(self.arcs), count)
        states, position = [], 0
        for final, arcs in zip(self.final, self.arcs, strict=True):
            silent_in = sum(arc.input == EPSILON for arc in arcs)
            silent_out = sum(arc.output == EPSILON for arc in arcs)
            states.append(struct.pack("<fIIII", final, position, len(arcs), silent_in, silent_out))
            position += len(arcs)
        written = [struct.pack("<iifi", *arc) for arcs in self.arcs for arc in arcs]
        return b"".join([header, numbers, *states, *written])

    def _properties(self) -> int:
        properties = _EXPANDED
        if all(arc.input == arc.output for arcs in self.arcs for arc in arcs):
            properties |= ACCEPTOR
        if all(_ascending([arc.input for arc in arcs]) for arcs in self.arcs):
            properties |= INPUT_SORTED
        if all(_ascending([arc.output for arc in arcs]) for arcs in self.arcs):
            properties |= OUTPUT_SORTED
        return properties


def _ascending(labels: list[int]) -> bool:
    return all(before <= after for before, after in pairwise(labels))


def _string(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()
