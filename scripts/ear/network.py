"""The acoustic network as plain matrices: what is written for Kaldi, and what aligns speech in training.

A time-delay network: each layer sees its input at some frame offsets. From the second layer on only every
third frame is computed. PyTorch trains it (training.py); nothing here needs PyTorch.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ear.features import COEFFICIENTS, Features
from ear.normalisation import Mean
from ear.settings import Network as Sizes
from ear.states import SUBSAMPLING

OFFSETS = ((-2, -1, 0, 1, 2), (-1, 0, 1), (-3, 0, 3), (-3, 0, 3), (-6, -3, 0), (-6, -3, 0))
LEFT = -sum(min(offsets) for offsets in OFFSETS)
RIGHT = sum(max(offsets) for offsets in OFFSETS)

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """`weights` is outputs x (offsets * inputs), the earliest offset first."""

    offsets: tuple[int, ...]
    weights: Matrix
    bias: Matrix
    relu: bool


@dataclass(frozen=True)
class Network:
    """`priors` is how often each output is right in training; the last layer gives logits.

    Of what it hears the means have been taken away (ear.normalisation) where it has a usual `mean`.
    """

    layers: tuple[Layer, ...]
    priors: NDArray[np.float64]
    mean: Mean | None = None

    def save(self, path: Path) -> None:
        arrays: dict[str, NDArray[Any]] = {"priors": self.priors}
        if self.mean is not None:
            arrays["mean"] = self.mean
        for index, layer in enumerate(self.layers):
            arrays |= {f"weights{index}": layer.weights, f"bias{index}": layer.bias}
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def log_likelihoods(self, features: Features) -> NDArray[np.float64]:
        """log p(output | sound) - log p(output), a row for every third frame; the ends are repeated."""
        rows = -(-len(features) // SUBSAMPLING)
        after = RIGHT + SUBSAMPLING * rows - len(features)
        sound = np.pad(features, ((LEFT, max(0, after)), (0, 0)), mode="edge")
        step = 1
        for index, layer in enumerate(self.layers):
            sound, step = _applied(layer, sound, step, SUBSAMPLING if index else 1)
        logits = sound[:rows].astype(np.float64)
        peak = logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits - peak).sum(axis=1, keepdims=True))
        likelihoods: NDArray[np.float64] = logits - peak - total - np.log(self.priors)
        return likelihoods


def load(path: Path) -> Network:
    with np.load(path) as saved:
        count = sum(name.startswith("bias") for name in saved)
        layers = []
        for index in range(count):
            last = index == count - 1
            offsets = (0,) if last else OFFSETS[index]
            layers.append(Layer(offsets, saved[f"weights{index}"], saved[f"bias{index}"], not last))
        return Network(tuple(layers), saved["priors"], saved.get("mean"))


def drawn(sizes: Sizes, outputs: int, seed: int) -> Network:
    """Untrained, weights drawn so that every layer keeps the size of its input."""
    chance = np.random.default_rng(seed)
    widths = [COEFFICIENTS, sizes.first, *[sizes.width] * (len(OFFSETS) - 1), outputs]
    layers = []
    for index, offsets in enumerate((*OFFSETS, (0,))):
        inputs = widths[index] * len(offsets)
        weights = (
            chance.standard_normal((widths[index + 1], inputs))
            * np.sqrt(2 / inputs)
            * (0.05 if not index else 1)
        )
        bias = np.zeros(widths[index + 1], np.float32)
        layers.append(Layer(offsets, weights.astype(np.float32), bias, index < len(OFFSETS)))
    return Network(tuple(layers), np.full(outputs, 1 / outputs))


def _applied(layer: Layer, sound: Matrix, step: int, step_out: int) -> tuple[Matrix, int]:
    """One layer over inputs that are `step` frames apart, and the step of its outputs."""
    first = layer.offsets[0]
    span = layer.offsets[-1] - first
    step_out = max(step, step_out)
    count = ((len(sound) - 1) * step - span) // step_out + 1
    start = np.arange(count) * step_out // step
    seen = np.concatenate([sound[start + (offset - first) // step] for offset in layer.offsets], axis=1)
    out = seen @ layer.weights.T + layer.bias
    return (np.maximum(out, 0) if layer.relu else out), step_out
