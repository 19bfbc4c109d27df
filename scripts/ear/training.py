"""Trains the network with PyTorch: frame cross-entropy, AdamW, one learning-rate cycle, on random windows.

Each step draws from its own seed, and every few hundred steps are kept, so that a cut-off training goes on
to the very same network. The thread count belongs to the result: sums are split by it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from ear import corpus
from ear.corpus import Labels
from ear.features import COEFFICIENTS, Features
from ear.network import LEFT, OFFSETS, RIGHT, Layer, Network
from ear.settings import Network as Sizes
from ear.states import SUBSAMPLING
from ear.work import Bar

KEPT_EVERY = 500
_SMOOTHING = 0.03
_OFFSET_NOISE = 0.2  # of a coefficient's spread, the same for a whole window: lines differ so


class Tdnn(nn.Module):
    """Normalised features in (batch x frames x COEFFICIENTS), logits out (batch x outputs in time x
    outputs).
    """

    def __init__(self, sizes: Sizes, outputs: int, mean: torch.Tensor, spread: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        widths = [COEFFICIENTS, sizes.first, *[sizes.width] * (len(OFFSETS) - 1)]
        self.convolutions = nn.ModuleList(self._convolutions(widths))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in widths[1:])
        self.out = nn.Conv1d(sizes.width, outputs, 1)
        self.dropout = sizes.dropout

    @staticmethod
    def _convolutions(widths: list[int]) -> list[nn.Conv1d]:
        made = []
        for index, offsets in enumerate(OFFSETS):
            gap = offsets[1] - offsets[0]
            step = SUBSAMPLING if index == 1 else 1
            dilation = gap // SUBSAMPLING if index > 1 else gap
            made.append(
                nn.Conv1d(widths[index], widths[index + 1], len(offsets), stride=step, dilation=dilation)
            )
        return made

    def forward(self, sound: torch.Tensor) -> torch.Tensor:
        hidden = ((sound - self.mean) / self.spread).transpose(1, 2)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = norm(functional.relu(convolution(hidden)))
            hidden = functional.dropout(hidden, self.dropout, self.training)
        return self.out(hidden).transpose(1, 2)


@dataclass(frozen=True)
class Stream:
    """All speech, one utterance after the other, and what is right; windows may span two utterances."""

    features: Features
    labels: Labels
    priors: NDArray[np.float64]

    def window(self, sizes: Sizes, chance: np.random.Generator) -> tuple[Features, NDArray[np.int64]]:
        """A batch of random windows and their right outputs."""
        length = LEFT + SUBSAMPLING * (sizes.frames - 1) + 1 + RIGHT
        starts = chance.integers(SUBSAMPLING, len(self.features) - length, sizes.batch)
        sound = self.features[starts[:, None] + np.arange(length)].astype(np.float32)
        wanted = starts[:, None] + LEFT + SUBSAMPLING * np.arange(sizes.frames)
        return sound, corpus.targets(self.labels, wanted)


def train(path: Path, label: str, stream: Stream, steps: int, sizes: Sizes, seed: int, threads: int) -> None:
    """Writes the trained network; a checkpoint beside it goes when it is done."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    checkpoint = path.with_name(f"{path.name}.checkpoint")
    sample = stream.features[:: max(1, len(stream.features) // 200_000)].astype(np.float32)
    mean, spread = torch.from_numpy(sample.mean(axis=0)), torch.from_numpy(sample.std(axis=0) + 1e-3)
    model = Tdnn(sizes, len(stream.priors), mean, spread)
    optimiser = torch.optim.AdamW(model.parameters(), lr=sizes.rate, weight_decay=1e-3)
    cycle = OneCycleLR(optimiser, sizes.rate, total_steps=steps, pct_start=0.1)
    first = _resumed(checkpoint, model, optimiser, cycle)
    model.train()
    with Bar(label, steps - first) as bar:
        for step in range(first, steps):
            loss = _step(model, optimiser, stream, sizes, [seed, step])
            cycle.step()
            bar.step(f"loss {loss:.2f}")
            if (step + 1) % KEPT_EVERY == 0:
                _keep(checkpoint, model, optimiser, cycle, step + 1)
    model.eval()
    folded(model, stream.priors).save(path)
    checkpoint.unlink(missing_ok=True)


def folded(model: Tdnn, priors: NDArray[np.float64]) -> Network:
    """The network with all normalisation inside its matrices: each layer takes up what stands before it."""
    scale = 1 / model.spread.numpy().astype(np.float64)
    shift = -model.mean.numpy().astype(np.float64) * scale
    layers = []
    for index, convolution in enumerate([*model.convolutions, model.out]):
        kernel = convolution.weight.detach().numpy().astype(np.float64)  # outputs x inputs x offsets
        bias = convolution.bias.detach().numpy() + np.einsum("oik,i->o", kernel, shift)
        weights = np.concatenate(list((kernel * scale[None, :, None]).transpose(2, 0, 1)), axis=1)
        last = index == len(OFFSETS)
        offsets = (0,) if last else OFFSETS[index]
        layers.append(Layer(offsets, weights.astype(np.float32), bias.astype(np.float32), not last))
        if not last:
            scale, shift = _of_norm(model.norms[index])
    return Network(tuple(layers), priors)


def _of_norm(norm: nn.BatchNorm1d) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    assert norm.running_var is not None and norm.running_mean is not None
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().numpy().astype(np.float64)
    return scale, norm.bias.detach().numpy() - norm.running_mean.numpy() * scale


def _step(
    model: Tdnn, optimiser: torch.optim.Optimizer, stream: Stream, sizes: Sizes, seed: list[int]
) -> float:
    chance = np.random.default_rng(seed)
    torch.manual_seed(int(chance.integers(2**31)))
    sound, right = stream.window(sizes, chance)
    moved = chance.standard_normal((sizes.batch, 1, COEFFICIENTS)).astype(np.float32) * _OFFSET_NOISE
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(torch.from_numpy(sound + moved * model.spread.numpy())).float()
    priors = torch.from_numpy(stream.priors.astype(np.float32))
    loss = _loss(logits.reshape(-1, logits.shape[-1]), torch.from_numpy(right).reshape(-1), priors)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    return float(loss.item())


def _loss(logits: torch.Tensor, right: torch.Tensor, priors: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with a little of the priors mixed into the right answers.

    Mixed with an even share instead, rare outputs would end up far above their priors whatever is heard.
    """
    logs = functional.log_softmax(logits, dim=-1)
    hard = functional.nll_loss(logs, right, ignore_index=corpus.IGNORED)
    soft = -(logs[right != corpus.IGNORED] @ priors).mean()
    return (1 - _SMOOTHING) * hard + _SMOOTHING * soft


def _keep(path: Path, model: Tdnn, optimiser: torch.optim.Optimizer, cycle: OneCycleLR, step: int) -> None:
    partial = path.with_suffix(".partial")
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    torch.save(state | {"cycle": cycle.state_dict()}, partial)
    partial.replace(path)


def _resumed(path: Path, model: Tdnn, optimiser: torch.optim.Optimizer, cycle: OneCycleLR) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    cycle.load_state_dict(state["cycle"])
    return int(state["step"])
