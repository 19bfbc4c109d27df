"""Forced alignment: where in the sound each phone of known words is, by Viterbi over all their
pronunciations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ear.lexicon import Lexicon, Pronunciation
from ear.states import SILENCE, States

_NEVER = -1e30


@dataclass
class _Graph:
    """A node is a phone in its word, or a pause; arcs lead from `before`. START stands before everything."""

    START = -1
    phones: list[tuple[Pronunciation, int] | None] = field(default_factory=list)  # None is a pause
    before: list[list[int]] = field(default_factory=list)

    def add(self, phone: tuple[Pronunciation, int] | None, before: Sequence[int]) -> int:
        self.phones.append(phone)
        self.before.append(list(before))
        return len(self.phones) - 1


@dataclass(frozen=True)
class Path:
    """`frames` has the node of each output frame; `score` is the mean log likelihood."""

    frames: NDArray[np.int64]
    score: float
    phones: tuple[tuple[Pronunciation, int] | None, ...]

    @property
    def nodes(self) -> int:
        return len(self.phones)

    def outputs(self, node: int, states: States) -> tuple[int, int]:
        """The network's outputs in a node's first frame and in its others."""
        return _outputs(self.phones[node], states)


def align(likelihoods: NDArray[np.float64], words: Sequence[str], lexicon: Lexicon, states: States) -> Path:
    """The best path of the words, pauses allowed between them, through rows of output log likelihoods.

    Sound that is too short for the words ends within them, with a very low score.
    """
    graph, ends = _graph(words, lexicon)
    outputs = np.array([_outputs(phone, states) for phone in graph.phones])
    frames, score = _viterbi(likelihoods[:, outputs[:, 0]], likelihoods[:, outputs[:, 1]], graph.before, ends)
    return Path(frames, score / len(likelihoods), tuple(graph.phones))


def _graph(words: Sequence[str], lexicon: Lexicon) -> tuple[_Graph, list[int]]:
    graph = _Graph()
    pause = graph.add(None, [_Graph.START])
    ends = [_Graph.START, pause]
    for word in words:
        spoken = []
        for phones in lexicon[word]:
            here = ends
            for index in range(len(phones)):
                here = [graph.add((phones, index), here)]
            spoken += here
        ends = [*spoken, graph.add(None, spoken)]
    return graph, ends


def _outputs(phone: tuple[Pronunciation, int] | None, states: States) -> tuple[int, int]:
    return (SILENCE, SILENCE) if phone is None else states.of_word(phone[0])[phone[1]]


def _viterbi(
    entries: NDArray[np.float64],
    stays: NDArray[np.float64],
    before: Sequence[Sequence[int]],
    ends: Sequence[int],
) -> tuple[NDArray[np.int64], float]:
    count, nodes = entries.shape
    width = max(map(len, before))
    # Two more places behind the nodes: one never reached, for padding, and the start.
    arcs = np.full((nodes, width), nodes)
    for node, sources in enumerate(before):
        arcs[node, : len(sources)] = [nodes + 1 if source == _Graph.START else source for source in sources]
    scores = np.full(nodes + 2, _NEVER)
    scores[nodes + 1] = 0.0
    every = np.arange(nodes)
    trace = np.zeros((count, nodes), np.int64)
    for frame in range(count):
        best = arcs[every, scores[arcs].argmax(axis=1)]
        entered = scores[best] + entries[frame]
        stayed = scores[:nodes] + stays[frame]
        trace[frame] = np.where(stayed >= entered, every, best)
        scores[:nodes] = np.maximum(stayed, entered)
        scores[nodes + 1] = _NEVER
    return _traced(trace, scores, ends)


def _traced(
    trace: NDArray[np.int64], scores: NDArray[np.float64], ends: Sequence[int]
) -> tuple[NDArray[np.int64], float]:
    node = max((end for end in ends if end != _Graph.START), key=lambda end: float(scores[end]), default=0)
    if scores[node] <= _NEVER / 2:
        node = int(scores[: trace.shape[1]].argmax())
    total = float(scores[node])
    frames = np.zeros(len(trace), np.int64)
    for frame in range(len(trace) - 1, -1, -1):
        frames[frame] = node
        node = int(min(trace[frame, node], trace.shape[1] - 1))
    return frames, total
