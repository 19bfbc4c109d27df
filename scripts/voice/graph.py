"""The whole voice as an ONNX graph behind Piper's interface: front, lengths and pitch, sound."""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from voice import front, vocoder
from voice.front import Text
from voice.halves import BANDS, POINTS, ROW, Halves
from voice.nodes import Graph
from voice.prosody import KNOTS, MARKS, OUTSIDE, REACH, Prosody
from voice.spectrum import COEFFICIENTS
from voice.symbols import NUMBER, PHONES, VOWELS

SHORTEST = 2.0  # frames, at normal pace
LIVELINESS = 1.06  # what averaging has taken from the movement of pitch, given back
SMOOTHING = np.array([1, 2, 3, 2, 1]) / 9  # over frames, between the points of the halves
RISE = 6 / 12 * np.log(2)  # how far above the voice's mean a rising question ends
SILENT = 14.0  # e-folds by which the middle of a pause is damped
# How much of it at each point of a pause: speech dies away into it, and sets in from it.
_DAMPED = {
    "^": (1, 1, 0.6, 0.2, 0, 0, 0, 0),
    ",": (0, 0.3, 1, 1, 1, 1, 0.3, 0),
    "$": (0, 0.2, 0.5, 1, 1, 1, 1, 1),
}
_SONORANTS = (*VOWELS, "l", "m", "n", "ng", "r", "w", "y")


@dataclass(frozen=True)
class Learnt:
    prosody: Prosody
    halves: Halves
    filters: NDArray[np.float64]
    mean_log_f0: float


@dataclass(frozen=True)
class _Times:
    """`begin` and `length` in frames by phone; by frame its phone and how far in it is, 0 to 1."""

    begin: str
    length: str
    frames: str
    phone: str
    within: str


def build(learnt: Learnt) -> onnx.ModelProto:
    graph = Graph()
    text = front.read(graph)
    planned = _planned(graph, text, learnt.prosody)
    times = _times(graph, graph.part(planned, 0, 1, 1))
    sound = _sound(graph, text, times, learnt.halves)
    pitch = _pitch(graph, text, times, graph.part(planned, 1, axis=1), learnt.mean_log_f0)
    voiced = graph.real(graph.GreaterOrEqual(_columns(graph, sound, 0, 1), 0.5))
    f0 = graph.Mul(graph.Exp(pitch), graph.Squeeze(voiced, graph.ints(1)))
    cepstra = _columns(graph, sound, 1, 1 + COEFFICIENTS)
    strengths = graph.Clip(_columns(graph, sound, 1 + COEFFICIENTS, 1 + COEFFICIENTS + BANDS), 0.0, 1.0)
    graph.name(vocoder.speak(graph, f0, cepstra, strengths, learnt.filters), "output")
    graph.name(_alignment(graph, text, times), "durations")
    graph.name(f0, "f0")
    # Piper knows the first two; pitch by frame is there to be measured.
    outputs = [
        helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "time"]),
        helper.make_tensor_value_info("durations", TensorProto.FLOAT, [1, 1, "phonemes"]),
        helper.make_tensor_value_info("f0", TensorProto.FLOAT, ["frames"]),
    ]
    return graph.model("softswitch voice", front.inputs(), outputs)


def _columns(graph: Graph, tensor: str, start: int, end: int) -> str:
    return graph.part(tensor, start, end, 1)


def _planned(graph: Graph, text: Text, prosody: Prosody) -> str:
    """What prosody.predict gives, [n, 1 + KNOTS]."""
    length = graph.length(text.phones)
    marks = graph.Add(text.stress, graph.Mul(text.word_ends, np.int64(3)))
    seen = graph.Add(
        _seen(graph, text.phones, prosody.phones, OUTSIDE, length),
        _seen(graph, marks, prosody.marks, MARKS - 1, length),
    )
    seen = graph.Add(seen, graph.Add(graph.MatMul(text.features, prosody.places), prosody.first))
    second = graph.Add(graph.MatMul(graph.Relu(seen), prosody.second), prosody.second_bias)
    return str(graph.Add(graph.MatMul(graph.Relu(second), prosody.output), prosody.output_bias))


def _seen(graph: Graph, values: str, weights: NDArray[np.float32], outside: int, length: str) -> str:
    """The sum of the weights of what stands in each window: [n, width]."""
    span, kinds, width = weights.shape
    padded = graph.Pad(values, graph.ints(REACH, REACH), np.int64(outside))
    places = graph.Add(graph.column(graph.count(length)), np.arange(span))
    rows = graph.Add(graph.Gather(padded, places), np.arange(span) * kinds)
    table = graph.constant(weights.reshape(-1, width).astype(np.float16))
    return str(graph.ReduceSum(graph.real(graph.Gather(table, rows)), graph.ints(1), keepdims=0))


def _times(graph: Graph, log_lengths: str) -> _Times:
    """At least a frame for every phone at any pace, so that none is skipped."""
    pace = graph.Clip(graph.Squeeze(graph.part("scales", 1, 2), graph.ints(0)), 0.1, 10.0)
    lengths = graph.Max(graph.Exp(graph.Squeeze(log_lengths, graph.ints(1))), SHORTEST)
    lengths = graph.Max(graph.Mul(lengths, pace), 1.0)
    ends = graph.Floor(graph.Add(graph.CumSum(lengths, np.int64(0)), 0.5))
    begins = graph.shifted(ends, 1)
    lengths = graph.Sub(ends, begins)
    total = graph.whole(graph.Squeeze(graph.part(ends, -1), graph.ints(0)))
    frames = graph.real(graph.count(total))
    passed = graph.whole(graph.GreaterOrEqual(graph.column(frames), ends))
    phone = graph.ReduceSum(passed, graph.ints(1), keepdims=0)
    since = graph.Add(graph.Sub(frames, graph.Gather(begins, phone)), 0.5)
    within = graph.Div(since, graph.Gather(lengths, phone))
    return _Times(begins, lengths, frames, phone, within)


def _by_frame(graph: Graph, points: str, times: _Times, count: int) -> str:
    """`points` [n count, values] lie evenly in the phones, `count` in each; between them lines are drawn."""
    at = graph.Sub(graph.Mul(times.within, float(count)), 0.5)
    below = graph.Floor(at)
    share = graph.column(graph.Sub(at, below))
    start = graph.Add(graph.Mul(times.phone, np.int64(count)), graph.whole(below))
    last = graph.Sub(graph.length(points), np.int64(1))
    low = graph.Gather(points, graph.Min(graph.Max(start, np.int64(0)), last))
    high = graph.Gather(points, graph.Min(graph.Add(start, np.int64(1)), last))
    return str(graph.Add(low, graph.Mul(graph.Sub(high, low), share)))


def _sound(graph: Graph, text: Text, times: _Times, halves: Halves) -> str:
    """[frames, ROW]"""
    count = len(PHONES)
    before = graph.Concat(graph.part(text.phones, 0, 1), graph.part(text.phones, 0, -1), axis=0)
    after = graph.Concat(graph.part(text.phones, 1), graph.part(text.phones, -1), axis=0)
    chosen = []
    for table, neighbour in zip(_damped(halves), (before, after), strict=True):
        row = graph.Add(graph.Mul(text.phones, np.int64(count)), neighbour)
        rows = graph.constant(table.reshape(count * count, POINTS, ROW).astype(np.float16))
        chosen.append(graph.real(graph.Gather(rows, row)))
    points = graph.Reshape(graph.Concat(*chosen, axis=1), graph.ints(-1, ROW))
    rough = graph.column(graph.Transpose(_by_frame(graph, points, times, 2 * POINTS), perm=[1, 0]), 0)
    rough = graph.Pad(rough, graph.ints(0, 0, 2, 0, 0, 2), mode="edge")
    smooth = graph.Conv(rough, np.tile(SMOOTHING, (ROW, 1, 1)), group=ROW)
    return str(graph.Transpose(graph.Squeeze(smooth, graph.ints(0)), perm=[1, 0]))


def _damped(halves: Halves) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """With pauses that are silent in their middle; the first cepstrum is the level."""
    first, second = halves.first.copy(), halves.second.copy()
    for pause, amounts in _DAMPED.items():
        first[NUMBER[pause], :, :, 1] -= SILENT * np.array(amounts[:POINTS])
        second[NUMBER[pause], :, :, 1] -= SILENT * np.array(amounts[POINTS:])
    return first, second


def _pitch(graph: Graph, text: Text, times: _Times, knots: str, mean: float) -> str:
    """Log F0 by frame, also where there is no voice."""
    lively = graph.Add(graph.Mul(knots, LIVELINESS), mean * (1 - LIVELINESS))
    flat = graph.Reshape(lively, graph.ints(-1))
    share = graph.Mul(_question_rise(graph, text, graph.length(flat)), text.rises)
    risen = graph.Add(flat, graph.Mul(graph.Sub(mean + RISE, flat), share))
    return str(graph.Squeeze(_by_frame(graph, graph.column(risen), times, KNOTS), graph.ints(1)))


def _question_rise(graph: Graph, text: Text, length: str) -> str:
    """By knot: 0 up to the last stressed syllable, 1 at the end of the last sound that can carry a tune."""
    places = graph.count(graph.length(text.phones))
    carries = np.array([phone in _SONORANTS for phone in PHONES]).astype(np.int64)
    vowels = np.array([phone in VOWELS for phone in PHONES]).astype(np.int64)
    stressed = graph.whole(graph.Equal(text.stress, np.int64(1)))
    # Where nothing is stressed, as in "is it?", the rise begins at the first vowel.
    vowel = graph.Gather(vowels, text.phones)
    first_vowel = graph.ArgMax(vowel, axis=0, keepdims=0)
    start = graph.Max(graph.ReduceMax(graph.Mul(stressed, places), keepdims=0), first_vowel)
    last = graph.ReduceMax(graph.Mul(graph.Gather(carries, text.phones), places), keepdims=0)
    begin = graph.real(graph.Mul(start, np.int64(KNOTS)))
    end = graph.real(graph.Mul(graph.Add(last, np.int64(1)), np.int64(KNOTS)))
    span = graph.Max(graph.Sub(graph.Sub(end, begin), 1.0), 1.0)
    along = graph.Div(graph.Sub(graph.real(graph.count(length)), begin), span)
    return str(graph.Clip(along, 0.0, 1.0))


def _alignment(graph: Graph, text: Text, times: _Times) -> str:
    """Frames by input id, as Piper wants them: 0 for those that are no phone."""
    nothing = graph.Mul(graph.real(text.ids), 0.0)
    spread = graph.ScatterElements(nothing, text.places, times.length, axis=0)
    return str(graph.Reshape(spread, graph.ints(1, 1, -1)))
