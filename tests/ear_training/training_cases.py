"""Training with PyTorch: what it learns, that it goes on after a kill, and what Kaldi gets of it.

Run by tests/integration/test_ear_training.py in the ear's own virtual environment, which has PyTorch.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ear import corpus, training
from ear.features import COEFFICIENTS
from ear.network import LEFT, RIGHT, load
from ear.settings import Network as Sizes

SIZES = Sizes(first=16, width=24, batch=8, frames=20, dropout=0.1)
OUTPUTS = 6
STEPS = 60


@pytest.fixture(scope="module")
def stream() -> training.Stream:
    """Three sounds that differ in their features, 30 frames each, in random order."""
    chance = np.random.default_rng(1)
    sounds = chance.integers(0, 3, 300)
    centres = chance.standard_normal((3, COEFFICIENTS)) * 10
    features = np.repeat(centres[sounds], 30, axis=0) + chance.standard_normal((9000, COEFFICIENTS))
    number = np.repeat(np.arange(300), 30)
    labels = np.column_stack([2 * sounds[number], 2 * sounds[number] + 1, number]).astype(np.int32)
    return training.Stream(features.astype(np.float16), labels, corpus.priors([labels], OUTPUTS))


def train(path: Path, stream: training.Stream, steps: int = STEPS) -> None:
    training.train(path, "test", stream, steps, SIZES, seed=1, threads=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, stream) -> Path:
    path = tmp_path_factory.mktemp("trained") / "network"
    train(path, stream)
    return path


def test_training_learns_what_is_right(trained, stream):
    sound = stream.features[:3000].astype(np.float32)
    heard = load(trained).log_likelihoods(sound) + np.log(stream.priors)
    right = corpus.targets(stream.labels, np.arange(3, 3000, 3))
    assert (heard.argmax(axis=1)[1:] == right).mean() > 0.8


def test_training_leaves_only_the_network(trained):
    assert [path.name for path in trained.parent.iterdir()] == ["network"]


def test_the_same_seed_gives_the_same_bytes(trained, stream, tmp_path):
    train(tmp_path / "network", stream)
    assert (tmp_path / "network").read_bytes() == trained.read_bytes()


def test_a_training_that_was_cut_off_goes_on_to_the_same_network(trained, stream, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "KEPT_EVERY", 20)
    step = training._step

    def cut(*arguments):
        if arguments[-1][1] == 50:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(training, "_step", cut)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "network", stream)
    assert (tmp_path / "network.checkpoint").exists()
    again = []
    monkeypatch.setattr(
        training, "_step", lambda *arguments: again.append(arguments[-1][1]) or step(*arguments)
    )
    train(tmp_path / "network", stream)
    assert again == list(range(40, STEPS))
    assert (tmp_path / "network").read_bytes() == trained.read_bytes()


@pytest.mark.parametrize("usual", [None, np.full(COEFFICIENTS, 3.0)])
def test_a_training_that_starts_from_a_network_says_at_first_what_that_says(trained, stream, usual):
    network = load(trained)
    moved = 0.0 if usual is None else usual.astype(np.float32)
    sound = torch.from_numpy(stream.features[:3000].astype(np.float32) - moved)[None]
    model = training.Tdnn(SIZES, OUTPUTS, sound.mean(dim=(0, 1)), torch.full((COEFFICIENTS,), 2.0))
    training.unfold(model, network, sound, usual)
    model.eval()
    inner = sound[:, LEFT : len(sound[0]) - RIGHT]
    with torch.no_grad():
        logits = torch.log_softmax(model(sound), dim=-1)[0].numpy() - np.log(network.priors)
    said = network.log_likelihoods(inner[0].numpy() + moved)
    same = slice(-(-LEFT // 3), len(said) - -(-RIGHT // 3) - 1)
    assert said[same] == pytest.approx(logits[: len(said)][same], abs=1e-3)


@pytest.mark.parametrize("heard", [COEFFICIENTS, 24])
def test_folded_matrices_say_what_pytorch_says(stream, heard):
    torch.manual_seed(1)
    spread = torch.full((COEFFICIENTS,), 3.0)
    model = training.Tdnn(replace(SIZES, heard=heard), OUTPUTS, torch.ones(COEFFICIENTS), spread)
    sound = torch.from_numpy(stream.features[:400].astype(np.float32))[None]
    model.train()
    for _ in range(5):
        model(sound)
    model.eval()
    with torch.no_grad():
        right = torch.log_softmax(model(sound), dim=-1)[0].numpy() - np.log(stream.priors)
    inner = sound[0, LEFT : len(sound[0]) - RIGHT].numpy()
    folded = training.folded(model, stream.priors).log_likelihoods(inner)
    # Where the network sees the repeated ends in place of the sound itself it must differ.
    same = slice(-(-LEFT // 3), len(folded) - -(-RIGHT // 3) - 1)
    assert folded[same] == pytest.approx(right[: len(folded)][same], abs=1e-3)
