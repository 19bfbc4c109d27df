"""Lengths and pitch: a small network that looks at the phones around each phone and at its place.

Two layers of rectified units on one-hot windows, trained by Adam with numpy; its outputs are the log length
in frames and the log F0 at four points of the phone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.lessons import Lesson, Read
from voice.symbols import PHONES

KNOTS = 4
REACH = 10  # phones to either side that are seen
WIDTH = (192, 96)
OUTSIDE = len(PHONES)  # stands for what is before and after the sentence
MARKS = 7  # three kinds of stress, each at a word's end or not; outside
UNVOICED_WEIGHT = 0.02  # of F0 where there is none, only interpolated
LENGTH_WEIGHT = 1.0
_BATCH = 512
_RATE = 2e-3
_DROPOUT = 0.1
_DECAY = 1e-2

Array: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Prosody:
    """Weights: `phones` [2 REACH + 1, phones + 1, width], `marks` likewise, `places` [features, width]; then
    the second layer and the output, whose first column is the log length and the others are log F0.
    """

    phones: Array
    marks: Array
    places: Array
    first: Array
    second: Array
    second_bias: Array
    output: Array
    output_bias: Array


def marks(stress: NDArray[np.int64], word_ends: NDArray[np.int64]) -> NDArray[np.int64]:
    return stress + 3 * word_ends


def windows(values: NDArray[np.int64], outside: int) -> NDArray[np.int64]:
    """Each element with REACH others to either side, [n, 2 REACH + 1]."""
    padded = np.pad(values, REACH, constant_values=outside)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1)


def knots(lesson: Lesson) -> tuple[Array, Array]:
    """Log F0 at the knots of every phone, and its weight there: the share of frames with voice."""
    voiced = lesson.f0 > 0
    frames = np.arange(len(lesson.f0))
    if not voiced.any():
        raise ValueError("a lesson without any voice")
    pitch = np.interp(frames, frames[voiced], np.log(lesson.f0[voiced]))
    ends = np.cumsum(lesson.lengths)
    edges = (ends - lesson.lengths)[:, None] + lesson.lengths[:, None] * np.arange(KNOTS + 1) / KNOTS
    total = np.concatenate([[0.0], np.cumsum(pitch)])
    heard = np.concatenate([[0.0], np.cumsum(voiced)])
    at = np.arange(len(total))
    spans = np.diff(edges, axis=1)
    values = np.diff(np.interp(edges, at, total), axis=1) / spans
    shares = np.diff(np.interp(edges, at, heard), axis=1) / spans
    return values.astype(np.float32), np.maximum(shares, UNVOICED_WEIGHT).astype(np.float32)


@dataclass
class _Examples:
    phones: NDArray[np.int64]
    marks: NDArray[np.int64]
    places: Array
    targets: Array
    weights: Array


def train(lessons: Sequence[Lesson], epochs: int, seed: int, step: Callable[[], None]) -> Prosody:
    """`step` is called after each epoch. Deterministic on one kind of machine."""
    examples = _examples(lessons)
    mean, deviation = examples.targets.mean(axis=0), examples.targets.std(axis=0)
    examples.targets = (examples.targets - mean) / deviation
    network = _Network(examples, np.random.default_rng(seed))
    batches = max(1, len(examples.targets) // _BATCH)
    for _ in range(epochs):
        order = network.chance.permutation(len(examples.targets))
        for rows in np.array_split(order, batches):
            network.learn(examples, rows, epochs * batches)
        step()
    return _paced(network.finished(mean, deviation), lessons)


def _paced(prosody: Prosody, lessons: Sequence[Lesson]) -> Prosody:
    """With lengths that sum up to those of the lessons: the mean of logarithms is below that of lengths."""
    told = sum(float(np.exp(predict(prosody, lesson.read)[1:-1, 0]).sum()) for lesson in lessons)
    wanted = sum(int(lesson.lengths[1:-1].sum()) for lesson in lessons)
    shift = np.zeros_like(prosody.output_bias)
    shift[0] = np.log(wanted / told)
    return replace(prosody, output_bias=prosody.output_bias + shift)


def _examples(lessons: Sequence[Lesson]) -> _Examples:
    targets, weights = [], []
    for lesson in lessons:
        pitch, share = knots(lesson)
        targets.append(np.column_stack([np.log(lesson.lengths), pitch]))
        weights.append(np.column_stack([np.full(len(pitch), LENGTH_WEIGHT), share]))
    reads = [lesson.read for lesson in lessons]
    return _Examples(
        np.concatenate([windows(read.phones, OUTSIDE) for read in reads]),
        np.concatenate([windows(marks(read.stress, read.word_ends), MARKS - 1) for read in reads]),
        np.concatenate([read.features for read in reads]),
        np.concatenate(targets).astype(np.float32),
        np.concatenate(weights).astype(np.float32),
    )


class _Network:
    """The weights while they are learnt."""

    def __init__(self, examples: _Examples, chance: np.random.Generator) -> None:
        self.chance = chance
        seen = (2 * REACH + 1) * (OUTSIDE + 1 + MARKS) + examples.places.shape[1]
        sizes = [(seen, WIDTH[0]), WIDTH, (WIDTH[1], examples.targets.shape[1])]
        # The window's one-hot part has one unit in each row and position: its rows count, not its columns.
        fans = [4 * REACH + 2 + examples.places.shape[1], *WIDTH]
        self._values = [
            (chance.standard_normal(size) * np.sqrt(1.0 / fan)).astype(np.float32)
            for size, fan in zip(sizes, fans, strict=True)
        ]
        self._values += [np.zeros(size[1], np.float32) for size in sizes]
        self._means = [np.zeros_like(value) for value in self._values]
        self._squares = [np.zeros_like(value) for value in self._values]
        self._steps = 0

    def learn(self, examples: _Examples, rows: NDArray[np.int64], total: int) -> None:
        """One step of Adam with decoupled decay; the rate falls along a cosine to nothing at `total`."""
        gradients = self._gradients(examples, rows)
        self._steps += 1
        rate = _RATE * 0.5 * (1 + np.cos(np.pi * self._steps / total))
        for value, mean, square, gradient in zip(
            self._values, self._means, self._squares, gradients, strict=True
        ):
            mean += 0.1 * (gradient - mean)
            square += 0.01 * (gradient * gradient - square)
            step = mean / (1 - 0.9**self._steps)
            scale = np.sqrt(square / (1 - 0.99**self._steps)) + 1e-8
            value -= np.float32(rate) * (step / scale + np.float32(_DECAY) * value)

    def _gradients(self, examples: _Examples, rows: NDArray[np.int64]) -> list[Array]:
        seen = self._seen(examples, rows)
        w1, w2, w3, b1, b2, b3 = self._values
        keep1, keep2 = (self._kept((len(rows), width)) for width in WIDTH)
        h1 = np.maximum(seen @ w1 + b1, 0) * keep1
        h2 = np.maximum(h1 @ w2 + b2, 0) * keep2
        error = (h2 @ w3 + b3 - examples.targets[rows]) * examples.weights[rows] / np.float32(len(rows))
        d2 = (error @ w3.T) * (h2 > 0) * keep2
        d1 = (d2 @ w2.T) * (h1 > 0) * keep1
        return [seen.T @ d1, h1.T @ d2, h2.T @ error, d1.sum(axis=0), d2.sum(axis=0), error.sum(axis=0)]

    def _kept(self, shape: tuple[int, int]) -> Array:
        kept = self.chance.random(shape, np.float32) >= _DROPOUT
        return kept.astype(np.float32) / np.float32(1 - _DROPOUT)

    def _seen(self, examples: _Examples, rows: NDArray[np.int64]) -> Array:
        phones = np.eye(OUTSIDE + 1, dtype=np.float32)[examples.phones[rows]].reshape(len(rows), -1)
        stresses = np.eye(MARKS, dtype=np.float32)[examples.marks[rows]].reshape(len(rows), -1)
        return np.concatenate([phones, stresses, examples.places[rows]], axis=1)

    def finished(self, mean: Array, deviation: Array) -> Prosody:
        """With the normalisation of the targets folded into the output."""
        w1, w2, w3, b1, b2, b3 = self._values
        span = 2 * REACH + 1
        phones, stresses = span * (OUTSIDE + 1), span * MARKS
        return Prosody(
            w1[:phones].reshape(span, OUTSIDE + 1, -1),
            w1[phones : phones + stresses].reshape(span, MARKS, -1),
            w1[phones + stresses :],
            b1, w2, b2, w3 * deviation, b3 * deviation + mean,
        )  # fmt: skip


def predict(prosody: Prosody, read: Read) -> Array:
    """What the network says of every phone of a sentence, as the graph does: [n, 1 + KNOTS]."""
    place = np.arange(2 * REACH + 1)
    seen = prosody.phones[place, windows(read.phones, OUTSIDE)].sum(axis=1)
    seen += prosody.marks[place, windows(marks(read.stress, read.word_ends), MARKS - 1)].sum(axis=1)
    h1 = np.maximum(seen + read.features @ prosody.places + prosody.first, 0)
    h2 = np.maximum(h1 @ prosody.second + prosody.second_bias, 0)
    found: Array = h2 @ prosody.output + prosody.output_bias
    return found
