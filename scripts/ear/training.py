"""Trains the network with PyTorch: frame cross-entropy, AdamW, one learning-rate cycle, on random windows.

Each step draws from its own seed, and every few hundred steps are kept, so that a cut-off training goes on
to the very same network. The thread count belongs to the result: sums are split by it. A training may start
from a network that another one made.
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
from ear.normalisation import Mean
from ear.settings import Network as Sizes
from ear.states import SUBSAMPLING
from ear.work import Bar

KEPT_EVERY = 500
_SMOOTHING = 0.03
_SOUND_TO_UNFOLD = 30_000  # frames


class Tdnn(nn.Module):
    """Normalised features in (batch x frames x COEFFICIENTS), logits out (batch x outputs in time x
    outputs).
    """

    def __init__(self, sizes: Sizes, outputs: int, mean: torch.Tensor, spread: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.register_buffer("heard", (torch.arange(COEFFICIENTS) < sizes.heard).float())
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
        hidden = ((sound - self.mean) / self.spread * self.heard).transpose(1, 2)
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
    mean: Mean | None = None  # the usual one, where the features are normalised

    def window(self, sizes: Sizes, chance: np.random.Generator) -> tuple[Features, NDArray[np.int64]]:
        """A batch of random windows and their right outputs."""
        length = LEFT + SUBSAMPLING * (sizes.frames - 1) + 1 + RIGHT
        starts = chance.integers(SUBSAMPLING, len(self.features) - length, sizes.batch)
        sound = self.features[starts[:, None] + np.arange(length)].astype(np.float32)
        wanted = starts[:, None] + LEFT + SUBSAMPLING * np.arange(sizes.frames)
        return sound, corpus.targets(self.labels, wanted)


def train(
    path: Path,
    label: str,
    stream: Stream,
    steps: int,
    sizes: Sizes,
    seed: int,
    threads: int,
    start: Network | None = None,
) -> None:
    """Writes the trained network; a checkpoint beside it goes when it is done."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    checkpoint = path.with_name(f"{path.name}.checkpoint")
    sample = stream.features[:: max(1, len(stream.features) // 200_000)].astype(np.float32)
    mean, spread = torch.from_numpy(sample.mean(axis=0)), torch.from_numpy(sample.std(axis=0) + 1e-3)
    model = Tdnn(sizes, len(stream.priors), mean, spread)
    if start is not None:
        unfold(model, start, torch.from_numpy(sample[:_SOUND_TO_UNFOLD])[None], stream.mean)
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
    folded(model, stream.priors, stream.mean).save(path)
    checkpoint.unlink(missing_ok=True)


def folded(model: Tdnn, priors: NDArray[np.float64], usual: Mean | None = None) -> Network:
    """The network with all normalisation inside its matrices: each layer takes up what stands before it."""
    scale = (model.heard / model.spread).numpy().astype(np.float64)
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
    return Network(tuple(layers), priors, usual)


def unfold(model: Tdnn, network: Network, sound: torch.Tensor, usual: Mean | None = None) -> None:
    """Makes the model say what the network says, its layers normalised over `sound`, 1 x frames x
    COEFFICIENTS.

    Where the model hears normalised sound and the network did not, `usual` is the mean that is missing.
    """
    shift, scale = model.mean.clone(), model.spread
    hidden = ((sound - shift) / scale * model.heard).transpose(1, 2)
    if usual is not None and network.mean is None:
        shift += torch.from_numpy(usual.astype(np.float32))
    convolutions = [*model.convolutions, model.out]
    with torch.no_grad():
        for layer, convolution, norm in zip(network.layers, convolutions, [*model.norms, None], strict=True):
            _take(convolution, layer, shift, scale)
            if norm is not None:
                hidden = functional.relu(convolution(hidden))
                shift, scale = hidden.mean(dim=(0, 2)), torch.sqrt(hidden.var(dim=(0, 2)) + norm.eps)
                norm.running_mean.copy_(shift)
                norm.running_var.copy_(scale**2 - norm.eps)
                hidden = (hidden - shift[:, None]) / scale[:, None]


def _take(convolution: nn.Conv1d, layer: Layer, shift: torch.Tensor, scale: torch.Tensor) -> None:
    """The layer's matrix, for inputs that have been shifted and scaled."""
    shape = (len(layer.bias), len(layer.offsets), -1)
    kernel = torch.from_numpy(layer.weights).reshape(shape).transpose(1, 2)
    convolution.weight.copy_(kernel * scale[:, None])
    convolution.bias.copy_(torch.from_numpy(layer.bias) + torch.einsum("oik,i->o", kernel, shift))


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
    moved = chance.standard_normal((sizes.batch, 1, COEFFICIENTS)).astype(np.float32) * sizes.moved
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
