"""The front of the graph: Piper's ids to phones, their stress, and what is known of their place.

The training runs this same piece of graph, so that it cannot know a sentence otherwise than the voice does.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from voice.nodes import Graph
from voice.symbols import (
    IDS,
    LONG,
    NUMBER,
    PAIRS,
    PAUSES,
    PRIMARY,
    QUESTION_WORDS,
    RHOTIC,
    SECONDARY,
    SEPARATORS,
    SINGLE,
    STRESSED,
    SYLLABIC,
    SYMBOLS,
    VOWELS,
)

DECAYS = (1.0, 4.0, 16.0)  # a distance d is seen as exp(-d / each of these): near ones in detail
_ENDS = ' .?!,;:$"'  # what may stand after a word


@dataclass(frozen=True)
class Text:
    """Names of the graph's vectors, n elements each, one a phone."""

    phones: str  # int64, of symbols.NUMBER
    stress: str  # int64: 0, 1 primary, 2 secondary
    word_ends: str  # int64: 1 where it is the last of its word
    features: str  # float [n, features]
    places: str  # int64: where in the ids it stands
    ids: str  # int64 [N], the sentence as it came in
    rises: str  # float scalar: 1 in a question whose end goes up


@dataclass(frozen=True)
class _Symbols:
    here: str
    before: str
    before_that: str
    after: str


def inputs() -> list[onnx.ValueInfoProto]:
    """Piper's. `scales` is noise, length, noise of the length; this voice knows length alone."""
    return [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch_size", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch_size"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]


def read(graph: Graph) -> Text:
    ids = graph.Slice(graph.Gather("input", np.int64(0)), graph.ints(0), "input_lengths", graph.ints(0))
    sounding = graph.Not(graph.Equal(ids, np.int64(IDS["_"])))
    here = graph.Compress(ids, sounding, axis=0)
    before = graph.shifted(here, 1)
    symbols = _Symbols(here, before, graph.shifted(before, 1), graph.shifted(here, -1))
    phone = _phones(graph, symbols)
    kept = graph.GreaterOrEqual(phone, np.int64(0))

    def of_phones(tensor: str) -> str:
        return str(graph.Compress(tensor, kept, axis=0))

    word = of_phones(graph.CumSum(_is(graph, here, " "), np.int64(0)))
    phones, stress = of_phones(phone), of_phones(_stress(graph, symbols))
    next_word = graph.Concat(graph.part(word, 1), graph.ints(-1), axis=0)
    word_ends = graph.whole(graph.Not(graph.Equal(word, next_word)))
    places = of_phones(graph.Compress(graph.count(graph.length(ids)), sounding, axis=0))
    features = _features(graph, phones, stress, word, word_ends)
    return Text(phones, stress, word_ends, features, places, ids, _rises(graph, here))


def model() -> onnx.ModelProto:
    """The front alone, for the training."""
    graph = Graph()
    text = read(graph)
    outputs = []
    for name, kind, shape in _OUTPUTS:
        graph.name(getattr(text, name), name)
        outputs.append(helper.make_tensor_value_info(name, kind, shape))
    return graph.model("front", inputs(), outputs)


_OUTPUTS: tuple[tuple[str, int, list[str]], ...] = (
    ("phones", TensorProto.INT64, ["n"]),
    ("stress", TensorProto.INT64, ["n"]),
    ("word_ends", TensorProto.INT64, ["n"]),
    ("features", TensorProto.FLOAT, ["n", "features"]),
    ("places", TensorProto.INT64, ["n"]),
    ("rises", TensorProto.FLOAT, []),
)


def _table(values: dict[str, int], default: int = 0) -> NDArray[np.int64]:
    """By id."""
    table = np.full(SYMBOLS, default, np.int64)
    for symbol, value in values.items():
        table[IDS[symbol]] = value
    return table


def _is(graph: Graph, tensor: str, symbols: str) -> str:
    """int64, 1 where the id is one of these symbols."""
    return str(graph.Gather(_table(dict.fromkeys(symbols, 1)), tensor))


def _phones(graph: Graph, symbols: _Symbols) -> str:
    """The phone that each symbol stands for, -1 where it stands for none of its own."""
    singles = _table({symbol: NUMBER[phone] for symbol, phone in SINGLE.items()}, -1)
    stressed = graph.true(_is(graph, symbols.before, PRIMARY + SECONDARY))
    strong = _table({symbol: NUMBER[STRESSED.get(symbol, phone)] for symbol, phone in SINGLE.items()}, -1)
    phone = graph.Where(stressed, graph.Gather(strong, symbols.here), graph.Gather(singles, symbols.here))
    phone = _paired(graph, symbols, phone)
    below = graph.true(_is(graph, symbols.here, SYLLABIC))
    phone = graph.Where(below, graph.Gather(singles, symbols.before), phone)
    syllabic = graph.true(_is(graph, symbols.after, SYLLABIC))
    phone = graph.Where(syllabic, np.int64(NUMBER["ax"]), phone)
    long = graph.Mul(_is(graph, symbols.before, LONG), _is(graph, symbols.before_that, RHOTIC))
    rhotic = graph.Add(_is(graph, symbols.before, RHOTIC), long)
    swallowed = graph.true(graph.Mul(_is(graph, symbols.here, "ɹ"), rhotic))
    return str(graph.Where(swallowed, np.int64(-1), phone))


def _paired(graph: Graph, symbols: _Symbols, phone: str) -> str:
    """Two symbols that are one phone become it at the first of them."""
    codes = np.array([IDS[first] * SYMBOLS + IDS[second] for first, second in PAIRS], np.int64)
    numbers = np.array([NUMBER[name] for name in PAIRS.values()], np.int64)
    code = graph.Add(graph.Mul(symbols.here, np.int64(SYMBOLS)), symbols.after)
    which = graph.whole(graph.Equal(graph.column(code), codes))
    starts = graph.ReduceMax(which, axes=[1], keepdims=0)
    number = graph.ReduceSum(graph.Mul(which, numbers), graph.ints(1), keepdims=0)
    phone = graph.Where(graph.true(starts), number, phone)
    return str(graph.Where(graph.true(graph.shifted(starts, 1)), np.int64(-1), phone))


def _stress(graph: Graph, symbols: _Symbols) -> str:
    secondary = graph.Mul(_is(graph, symbols.before, SECONDARY), np.int64(2))
    return str(graph.Add(_is(graph, symbols.before, PRIMARY), secondary))


def _rises(graph: Graph, symbols: str) -> str:
    """A question, and no phrase of it has a question word as its first or second word."""
    asked = graph.ReduceMax(_is(graph, symbols, "?"), keepdims=0)
    plain = graph.Not(graph.true(_is(graph, symbols, PRIMARY + SECONDARY + LONG)))
    letters = graph.Compress(symbols, plain, axis=0)
    spaces = graph.CumSum(_is(graph, letters, " "), np.int64(0))
    separated = graph.Mul(_is(graph, letters, SEPARATORS), graph.Add(spaces, np.int64(1)))
    phrase = graph.Gather(separated, _last(graph, separated))
    early = graph.LessOrEqual(graph.Sub(spaces, phrase), np.int64(1))
    begins = graph.true(_is(graph, graph.shifted(letters, 1), "^ "))
    found = graph.And(graph.And(begins, early), _question_word(graph, letters))
    asked_for = graph.ReduceMax(graph.whole(found), keepdims=0)
    return graph.real(graph.Mul(asked, graph.Sub(np.int64(1), asked_for)))


def _question_word(graph: Graph, letters: str) -> str:
    """Where one of them begins."""
    longest = max(map(len, QUESTION_WORDS))
    patterns = np.full((len(QUESTION_WORDS), longest), -1, np.int64)
    for row, word in zip(patterns, QUESTION_WORDS, strict=True):
        row[: len(word)] = [IDS[" " if letter == "|" else letter] for letter in word]
    ended = graph.Where(graph.true(_is(graph, letters, _ENDS)), np.int64(IDS[" "]), letters)
    moved = [graph.column(graph.shifted(ended, -by) if by else ended) for by in range(longest)]
    spelled = graph.column(graph.Concat(*moved, axis=1))
    same = graph.Or(graph.Equal(spelled, patterns), patterns < 0)
    whole = graph.ReduceMin(graph.whole(same), axes=[2], keepdims=0)
    return graph.true(graph.ReduceMax(whole, axes=[1], keepdims=0))


def _last(graph: Graph, flags: str) -> str:
    """For each element the place of the last one up to it, itself included, that is not 0; else 0."""
    places = graph.count(graph.length(flags))
    earlier = graph.whole(graph.GreaterOrEqual(graph.column(places), places))
    flagged = graph.Mul(graph.whole(graph.true(flags)), places)
    return str(graph.ReduceMax(graph.Mul(earlier, flagged), axes=[1], keepdims=0))


def _next(graph: Graph, flags: str) -> str:
    """For each element the place of the first one from it on that is not 0; else 0."""
    places = graph.count(graph.length(flags))
    later = graph.LessOrEqual(graph.column(places), places)
    open_ = graph.And(later, graph.true(flags))
    found = graph.ReduceMin(graph.Where(open_, places, np.int64(1 << 40)), axes=[1], keepdims=0)
    return str(graph.Where(graph.Less(found, np.int64(1 << 40)), found, np.int64(0)))


def _features(graph: Graph, phones: str, stress: str, word: str, word_ends: str) -> str:
    """How far each phone is from both ends of its word, phrase and sentence; in phones, syllables, stressed
    syllables and words. [n, features]
    """
    first_vowel = np.int64(len(PAUSES))
    vowel = graph.And(
        graph.GreaterOrEqual(phones, first_vowel), graph.Less(phones, first_vowel + np.int64(len(VOWELS)))
    )
    stressed = graph.Equal(stress, np.int64(1))
    places = graph.count(graph.length(phones))
    amounts = [places, word]
    amounts += [graph.CumSum(graph.whole(flags), np.int64(0)) for flags in (vowel, stressed)]
    pause = graph.whole(graph.Less(phones, first_vowel))
    whole = graph.whole(graph.Equal(graph.Mul(places, np.int64(0)), np.int64(0)))
    starts = graph.shifted(word_ends, 1)
    last = graph.Mul(whole, graph.Sub(graph.length(phones), np.int64(1)))
    first = graph.Mul(whole, np.int64(0))
    spans = [
        (_last(graph, starts), _next(graph, word_ends)),
        (_last(graph, pause), _next(graph, pause)),
        (first, last),
    ]
    return _distances(graph, amounts, spans)


def _distances(graph: Graph, amounts: list[str], spans: list[tuple[str, str]]) -> str:
    columns = []
    for amount in amounts:
        for start, end in spans:
            since = graph.Sub(amount, graph.Gather(amount, start))
            until = graph.Sub(graph.Gather(amount, end), amount)
            for distance in (since, until):
                real = graph.column(graph.real(distance))
                columns += [graph.Exp(graph.Mul(real, -1.0 / decay)) for decay in DECAYS]
            share = graph.Div(graph.real(since), graph.Max(graph.real(graph.Add(since, until)), 1.0))
            columns.append(graph.column(share))
    return str(graph.Concat(*columns, axis=1))
