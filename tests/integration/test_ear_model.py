"""What the ear's writers make, in the real Vosk: a tiny network with random weights, and its graphs."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import vosk
from ear.export import Balance, Parts
from ear.features import mfcc
from ear.graph import UNKNOWN
from ear.measure import Ear, edits, measure
from ear.network import Network, drawn, load
from ear.settings import Network as Sizes
from ear.states import States

LEXICON = {
    "yes": (("y", "eh", "s"),),
    "no": (("n", "ow"),),
    "maybe": (("m", "ey", "b", "iy"), ("m", "ey", "b", "ax")),
}
SENTENCES = [(5.0, words.split()) for words in ("yes", "no", "yes yes", "maybe no")]
NOISE = np.random.default_rng(1).standard_normal(16000) * 1500


@pytest.fixture(scope="module")
def network() -> Network:
    return drawn(Sizes(first=8, width=16), States(in_context=True).count, seed=1)


def model(folder: Path, network: Network, balance: Balance) -> Path:
    vosk.SetLogLevel(-1)
    Parts(network, LEXICON, SENTENCES).write(folder, balance)
    return folder


def scores(folder: Path, sound: np.ndarray) -> list[float]:
    """Of the ten best paths."""
    ear = vosk.KaldiRecognizer(vosk.Model(str(folder)), 8000)
    ear.SetMaxAlternatives(10)
    ear.AcceptWaveform(sound.astype("<i2").tobytes())
    return [path["confidence"] for path in json.loads(ear.FinalResult())["alternatives"]]


def test_vosk_takes_running_means_away_where_the_network_has_a_usual_mean(tmp_path, network):
    """Twice as loud is 2 ln 2 more in each of the logarithms whose sum, over root 40, is coefficient 0."""
    usual = mfcc(NOISE).mean(axis=0).astype(np.float64)
    louder = usual + np.eye(1, 40)[0] * np.sqrt(40) * 2 * np.log(2)
    sound = np.round(NOISE)
    plain = model(tmp_path / "plain", network, Balance())
    first = model(tmp_path / "first", replace(network, mean=usual), Balance())
    second = model(tmp_path / "second", replace(network, mean=louder), Balance())
    assert scores(second, 2 * sound) == pytest.approx(scores(first, sound), abs=0.05)
    assert abs(scores(plain, 2 * sound)[0] - scores(plain, sound)[0]) > 0.5
    assert abs(scores(first, 2 * sound)[0] - scores(first, sound)[0]) > 0.1


@pytest.fixture(scope="module")
def folder(tmp_path_factory, network) -> Path:
    return model(tmp_path_factory.mktemp("model"), network, Balance())


def test_vosk_hears_with_it_words_times_and_alternatives(folder):
    ear = vosk.KaldiRecognizer(vosk.Model(str(folder)), 8000)
    ear.SetWords(True)
    ear.SetMaxAlternatives(3)
    ear.AcceptWaveform(NOISE.astype("<i2").tobytes())
    heard = json.loads(ear.FinalResult())["alternatives"]
    assert 1 <= len(heard) <= 3
    for alternative in heard:
        for word in alternative.get("result", []):
            assert word["word"] in LEXICON
            assert 0 <= word["start"] <= word["end"] <= 2.01


def test_vosk_knows_the_words_and_no_others(folder):
    loaded = vosk.Model(str(folder))
    assert all(loaded.vosk_model_find_word(word) > 0 for word in (*LEXICON, UNKNOWN))
    assert loaded.vosk_model_find_word("perhaps") == -1


def test_a_grammar_leaves_only_its_words(folder):
    assert set(Ear(folder, ["no"]).hear(NOISE)) <= {"no"}
    assert set(Ear(folder, ["maybe no"]).hear(NOISE)) <= {"maybe", "no"}


@pytest.mark.parametrize(("penalty", "words"), [(-30.0, {UNKNOWN}), (30.0, {"yes", "no", "maybe"})])
def test_the_penalty_decides_between_unknown_and_the_nearest_word(tmp_path, network, penalty, words):
    folder = model(tmp_path, network, Balance(scale=1.0, unknown_penalty=penalty))
    heard = set(Ear(folder, ["yes", "no", "maybe", UNKNOWN]).hear(NOISE))
    assert heard
    assert heard <= words


def test_unknown_is_heard_without_a_grammar_only_where_it_is_in_the_model(tmp_path, network):
    without = model(tmp_path / "0", network, Balance(1.0, 1.0, -30.0, 0.0))
    within = model(tmp_path / "1", network, Balance(1.0, 1.0, -30.0, 0.5))
    assert UNKNOWN not in Ear(without).hear(NOISE)
    assert set(Ear(within).hear(NOISE)) == {UNKNOWN}


def test_the_same_parts_give_the_same_bytes(tmp_path, network, folder):
    again = model(tmp_path, network, Balance())
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert len(files) == 9
    for name in files:
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.parametrize("mean", [None, np.arange(40.0)])
def test_a_saved_network_is_the_same_network(tmp_path, network, mean):
    replace(network, mean=mean).save(tmp_path / "network")
    assert np.array_equal(load(tmp_path / "network").mean, mean)
    sound = NOISE[:4000].reshape(100, 40).astype(np.float32)
    assert np.array_equal(load(tmp_path / "network").log_likelihoods(sound), network.log_likelihoods(sound))


class Mumbling(Ear):
    """Hears the same in everything."""

    def __init__(self) -> None:
        pass

    def hear(self, sound: np.ndarray) -> list[str]:
        return ["yes", "no"]


def test_mistakes_are_counted_in_words_and_sentences():
    assert edits(["a", "b", "c"], ["a", "x", "c", "d"]) == 2
    assert edits([], ["a"]) == 1
    figures = measure(Mumbling(), [(["yes"], np.zeros(8000)), (["yes", "no"], np.zeros(8000))])
    assert (figures.errors, figures.words, figures.wrong, figures.sentences) == (1, 3, 1, 2)
    assert figures.word_error_rate == pytest.approx(33.3, abs=0.1)
    assert figures.sentence_error_rate == 50
    assert figures.audio == 2.0
