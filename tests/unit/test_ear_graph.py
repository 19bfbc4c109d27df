"""The automata that Vosk reads: their bytes, their order, and the probabilities in them."""

import math
import struct

import pytest
from ear.fst import ACCEPTOR, INPUT_SORTED, OUTPUT_SORTED, Arc, Fst
from ear.graph import UNKNOWN, Loop, Symbols
from ear.language_model import END, NGram, count
from ear.states import States

LEXICON = {
    "yes": (("y", "eh", "s"),),
    "no": (("n", "ow"),),
    "a": (("ax",), ("ey",)),
}
SENTENCES = [(3.0, words.split()) for words in ("yes", "no", "yes yes", "no no yes")]


def read(data: bytes) -> tuple[int, int, list[float], list[list[Arc]]]:
    """Properties, start, final weights and arcs of a const FST, read as OpenFst's ConstFst does."""
    magic, size = struct.unpack_from("<ii", data)
    assert magic == 2125659606
    assert data[8 : 8 + size] == b"const"
    at = 8 + size
    (size,) = struct.unpack_from("<i", data, at)
    assert data[at + 4 : at + 4 + size] == b"standard"
    at += 4 + size
    version, flags, properties, start, states, arcs = struct.unpack_from("<iiQqqq", data, at)
    assert (version, flags) == (2, 0)
    at += 40
    rows = [struct.unpack_from("<fIIII", data, at + 20 * state) for state in range(states)]
    at += 20 * states
    found = [Arc(*struct.unpack_from("<iifi", data, at + 16 * arc)) for arc in range(arcs)]
    assert at + 16 * arcs == len(data)
    leaving = [found[position : position + number] for _, position, number, _, _ in rows]
    for (_, _, _, silent_in, silent_out), own in zip(rows, leaving, strict=True):
        assert silent_in == sum(arc.input == 0 for arc in own)
        assert silent_out == sum(arc.output == 0 for arc in own)
    return properties, start, [row[0] for row in rows], leaving


def little() -> Fst:
    fst = Fst()
    first, second = fst.state(), fst.state()
    fst.arc(first, Arc(3, 0, 0.5, second))
    fst.arc(first, Arc(1, 2, 1.5, first))
    fst.final[second] = 0.25
    return fst


def test_an_automaton_is_written_as_openfst_reads_it():
    _, start, final, arcs = read(little().bytes())
    assert start == 0
    assert final == [math.inf, 0.25]
    assert arcs == [[Arc(3, 0, 0.5, 1), Arc(1, 2, 1.5, 0)], []]


def test_properties_say_only_what_is_true():
    fst = little()
    assert not read(fst.bytes())[0] & (ACCEPTOR | INPUT_SORTED)
    assert read(fst.bytes())[0] & OUTPUT_SORTED
    fst.sort_by_input()
    assert read(fst.bytes())[0] & INPUT_SORTED
    assert not read(fst.bytes())[0] & OUTPUT_SORTED


@pytest.fixture
def loop() -> Loop:
    return Loop(LEXICON, Symbols(LEXICON), States(in_context=True))


def test_the_loop_is_sorted_by_words_and_says_each_pronunciation_once(loop):
    properties, _, _, arcs = read(loop.fst.bytes())
    assert properties & OUTPUT_SORTED
    words = [arc.output for own in arcs for arc in own if arc.output]
    numbers = Symbols(LEXICON).word_number
    assert sorted(words) == sorted(numbers[word] for word in ("a", "a", "no", "yes", UNKNOWN))


def test_every_state_of_the_loop_leads_to_its_end(loop):
    _, start, final, arcs = read(loop.fst.bytes())
    reached, waiting = set(), [start]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [arc.target for arc in arcs[state]]
    assert reached == set(range(len(arcs)))
    ending = {state for state, weight in enumerate(final) if weight < math.inf}
    for _ in arcs:
        ending |= {state for state, own in enumerate(arcs) if any(arc.target in ending for arc in own)}
    assert ending == reached


def test_transitions_are_those_of_the_tuples(loop):
    used = {arc.input for own in loop.fst.arcs for arc in own} - {0}
    assert used <= set(range(1, 2 * len(loop.tuples) + 1))
    assert loop.unused_transition not in used
    assert loop.tuples == sorted(set(loop.tuples))


def test_words_follow_each_other_with_probabilities_that_sum_to_one():
    model = NGram(count(SENTENCES), ["yes", "no", "a"])
    for history in [(), ("yes",), ("no",), ("<s>",), ("<s>", "no"), ("no", "no")]:
        total = sum(model.probability(history, word) for word in ("yes", "no", "a", END))
        assert total == pytest.approx(1.0), history
    assert model.probability(("yes",), "a") > 0
    assert model.probability(("<s>", "no"), "no") > model.probability(("<s>", "yes"), "no")


def test_only_what_was_said_often_enough_to_tell_something_has_a_history_of_its_own():
    numbers = Symbols(LEXICON).word_number
    states = [
        len(NGram(count([(times, ["yes", "no"])]), ["yes", "no", "a"]).automaton(numbers).arcs)
        for times in (0.4, 40.0)
    ]
    assert states[0] == 2  # where a sentence begins, and everywhere else
    assert states[1] > 2


def test_the_automaton_costs_what_the_model_says():
    numbers = Symbols(LEXICON).word_number
    model = NGram(count(SENTENCES), ["yes", "no", "a"])
    fst = model.automaton(numbers)
    state, cost = fst.start, 0.0
    for word in ("no", "no", "yes"):
        arc = next(arc for arc in fst.arcs[state] if arc.output == numbers[word])
        state, cost = arc.target, cost + arc.weight
    history = ("<s>", "no", "no", "yes", END)
    right = sum(-math.log(model.probability(history[max(0, i - 2) : i], history[i])) for i in range(1, 5))
    assert cost + fst.final[state] == pytest.approx(right)


def test_without_a_grammar_the_unknown_word_is_there_only_when_asked():
    symbols = Symbols(LEXICON)
    number = symbols.word_number[UNKNOWN]
    model = NGram(count(SENTENCES), ["yes", "no", "a"])
    for unknown, there in ((None, False), ((number, 0.01), True)):
        fst = model.automaton(symbols.word_number, unknown)
        assert any(arc.input == number for own in fst.arcs for arc in own) == there
        assert read(fst.bytes())[0] & INPUT_SORTED


def test_word_boundaries_name_every_phone_but_epsilon():
    symbols = Symbols(LEXICON)
    lines = symbols.word_boundaries().splitlines()
    assert lines[0] == "1 nonword"
    assert len(lines) == len(symbols.phones) - 1
    assert {line.split()[1] for line in lines} == {"nonword", "begin", "end", "internal", "singleton"}
