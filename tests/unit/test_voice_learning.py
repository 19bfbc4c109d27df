"""What the voice learns from lessons, and that its graph says what was learnt. The lessons are made up."""

import numpy as np
import onnxruntime
import pytest
from voice import corpus, halves, prosody, store
from voice.clicks import spike
from voice.graph import Learnt, build
from voice.lessons import Lesson, Reader, _alignment
from voice.prosody import KNOTS, Prosody
from voice.symbols import NUMBER, ids_of

MEAN = float(np.log(100.0))
WORDS = ("jˈɛs.", "nˈoʊ, plˈiːz.", "wˈʌn tˈuː θɹˈiː.", "mˈuːnlaɪt.", "hɐlˈoʊ?")


def lesson(reader: Reader, symbols: str, chance: np.random.Generator) -> Lesson:
    """Vowels are twice as long as other phones and 20 % higher."""
    ids = np.array(ids_of(symbols), np.int64)
    read = reader.read(ids)
    vowel = (read.phones >= 3) & (read.phones < 19)
    lengths = np.where(vowel, 16, 8)
    f0 = np.repeat(np.where(vowel, 120.0, 100.0), lengths).astype(np.float32)
    frames = len(f0)
    cepstra = chance.normal(0, 0.1, (frames, 25)).astype(np.float32)
    cepstra[:, 0] = np.repeat(read.phones, lengths) / 10
    strengths = np.full((frames, 5), 0.8, np.float32)
    return Lesson(read, ids, np.ones(len(lengths), bool), lengths, f0, cepstra, strengths)


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    reader, chance = Reader(), np.random.default_rng(1)
    return [lesson(reader, symbols, chance) for symbols in WORDS * 8]


@pytest.fixture(scope="module")
def learnt(lessons) -> Prosody:
    return prosody.train(lessons, 30, 1, lambda: None)


def test_lengths_and_pitch_are_learnt(lessons, learnt):
    found = prosody.predict(learnt, lessons[0].read)
    assert np.exp(found[1:-1, 0]) == pytest.approx([8, 16, 8], rel=0.15)
    assert np.exp(found[2, 1:].mean()) == pytest.approx(120, rel=0.03)


def test_the_same_seed_learns_the_same(lessons, learnt):
    again = prosody.train(lessons, 30, 1, lambda: None)
    for name, array in vars(learnt).items():
        assert np.array_equal(array, getattr(again, name))


def test_the_graph_says_what_was_learnt(lessons, learnt):
    sounds = halves.learn(lessons)
    model = build(Learnt(learnt, sounds, np.eye(5, 48), MEAN)).SerializeToString()
    session = onnxruntime.InferenceSession(model)
    wanted = lessons[1]
    ids = wanted.ids[None]
    given = {"input": ids, "input_lengths": np.array([ids.shape[1]]), "scales": np.ones(3, np.float32)}
    audio, durations, f0 = session.run(None, given)
    planned = prosody.predict(learnt, wanted.read)
    ends = np.cumsum(durations[0, 0, wanted.read.places])
    assert ends == pytest.approx(np.cumsum(np.exp(planned[:, 0])), abs=1)
    assert audio.shape == (1, 1, 80 * len(f0))
    assert len(f0) == ends[-1]
    vowel = int(np.flatnonzero(wanted.read.phones == NUMBER["ow"])[0])
    middle = int((ends[vowel - 1] + ends[vowel]) / 2)
    assert np.log(f0[middle]) == pytest.approx(planned[vowel, 1 + KNOTS // 2], abs=0.05)


def test_a_half_sounds_as_it_was_heard_beside_its_neighbour(lessons):
    sounds = halves.learn(lessons)
    level = sounds.second[NUMBER["y"], NUMBER["eh"], 0, 1]
    assert level == pytest.approx(NUMBER["y"] / 10, abs=0.1)
    # Never heard beside this one: as it sounds on average.
    assert sounds.second[NUMBER["y"], NUMBER["zh"], 0, 1] == pytest.approx(NUMBER["y"] / 10, abs=0.4)


def test_what_flite_said_otherwise_is_not_learnt(lessons):
    other = [Lesson(**(vars(each) | {"same": np.zeros(len(each.lengths), bool)})) for each in lessons[:1]]
    assert not halves.learn(other).first.any()


def test_lessons_come_back_from_their_file(lessons, tmp_path):
    store.save_lessons(tmp_path / "lessons", lessons[:3])
    back = store.load_lessons([tmp_path / "lessons"])
    assert [each.ids.tolist() for each in back] == [each.ids.tolist() for each in lessons[:3]]
    assert back[1].cepstra == pytest.approx(lessons[1].cepstra, abs=0.01)
    assert np.array_equal(back[2].read.features, lessons[2].read.features)


def test_words_that_run_together_are_told_apart():
    of, the = [NUMBER["ah"], NUMBER["v"]], [NUMBER["dh"], NUMBER["ax"]]
    assert _alignment([NUMBER["ax"], NUMBER["v"], NUMBER["dh"], NUMBER["ax"]], of + the) == [0, 1, 2, 3]
    assert _alignment([NUMBER["v"], NUMBER["dh"], NUMBER["iy"]], of + the) == [1, 2, 3]


def test_sentences_come_from_the_seed():
    once, again, other = (corpus.sentences(50, seed) for seed in (1, 1, 2))
    assert once == again
    assert once != other
    assert len(set(once)) == 50
    assert not any("{" in sentence for sentence in once)


def test_a_click_is_a_spike():
    times = np.arange(16000) / 16000
    tone = np.sin(2 * np.pi * 200 * times) * np.hanning(16000)
    clicked = tone.copy()
    clicked[8000] += 0.05
    assert spike(tone, 16000) < 3
    assert spike(clicked, 16000) > 10
    assert spike(tone[4000:12000], 16000) > 10  # starts and ends abruptly
    assert spike(np.zeros(1000), 16000) == 0
