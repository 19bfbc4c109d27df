"""Kaldi's binary form of a transition model and an nnet3 network, as kaldi/src/{base,hmm,nnet3} read them.

Tokens are ASCII and a space; numbers carry their size in a byte before them.
"""

import math
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ear.features import COEFFICIENTS
from ear.network import LEFT, RIGHT, Matrix, Network
from ear.normalisation import Mean
from ear.states import SILENCE

_SHARPNESS = 2.0  # 1 would let many unlikely outputs add up to a likely one

Add = Callable[[str, str, bytes], None]  # a component: its name, its input, itself
Tuple = tuple[int, int, int]  # phone, output of its first frame, output of the others


def write_model(path: Path, network: Network, tuples: Sequence[Tuple], unknown_penalty: float) -> None:
    """am/final.mdl. `tuples` are sorted; see `unknown_score` for the penalty."""
    model = b"\0B" + transition_model(tuples) + nnet3(network, unknown_penalty)
    context = _token("<LeftContext>") + _int(LEFT) + _token("<RightContext>") + _int(RIGHT)
    # The network subtracts the priors itself.
    path.write_bytes(model + context + _token("<Priors>") + _vector([]))


def write_mean(path: Path, mean: Mean) -> None:
    """am/global_cmvn.stats: as if so many frames had been this mean, of spread one."""
    frames = 1000.0
    stats = np.array([[*(mean * frames), frames], [*((mean**2 + 1) * frames), 0.0]], np.float64)
    path.write_bytes(b"\0B" + _token("DM") + _int(stats.shape[0]) + _int(stats.shape[1]) + stats.tobytes())


def transition_model(tuples: Sequence[Tuple]) -> bytes:
    """A phone is one state that repeats or goes on; tuple k has transitions 2k - 1 (repeat) and 2k (on)."""
    phones = range(1, max(phone for phone, _, _ in tuples) + 1)
    topology = _ints(phones) + _ints([-1] + [0] * len(phones))
    topology += _int(-1)  # the form that has different outputs for entering and repeating
    topology += _int(1) + _int(2)  # one entry of two states
    topology += _int(0) + _int(1) + _int(2) + _int(0) + _float(0.5) + _int(1) + _float(0.5)
    topology += _int(-1) + _int(-1) + _int(0)  # the final state has no output and no transition
    written = b"".join(_int(phone) + _int(0) + _int(first) + _int(rest) for phone, first, rest in tuples)
    logs = [0.0] + [math.log(0.5)] * (2 * len(tuples))
    return b"".join(
        [
            _token("<TransitionModel>"), _token("<Topology>"), topology, _token("</Topology>"),
            _token("<Tuples>"), _int(len(tuples)), written, _token("</Tuples>"),
            _token("<LogProbs>"), _vector(logs), _token("</LogProbs>"), _token("</TransitionModel>"),
        ]
    )  # fmt: skip


def nnet3(network: Network, unknown_penalty: float) -> bytes:
    """Layers, log softmax, minus log priors; behind the outputs one more, the score of an unknown sound."""
    lines = [f"input-node name=input dim={COEFFICIENTS}"]
    components: list[tuple[str, bytes]] = []

    def add(name: str, taken: str, component: bytes) -> None:
        lines.append(f"component-node name={name} component={name} input={taken}")
        components.append((name, component))

    node = "input"
    for index, layer in enumerate(network.layers, 1):
        add(f"affine{index}", _spliced(node, layer.offsets), _affine(layer.weights, layer.bias))
        node = f"affine{index}"
        if layer.relu:
            add(f"relu{index}", node, _nonlinear("RectifiedLinearComponent", len(layer.bias)))
            node = f"relu{index}"
    outputs = len(network.priors)
    add("posteriors", node, _nonlinear("LogSoftmaxComponent", outputs))
    add("likelihoods", "posteriors", _fixed_bias(-np.log(network.priors)))
    _add_unknown(add, outputs, unknown_penalty)
    lines.append("output-node name=output input=Append(likelihoods, unknown) objective=linear")
    return _network(lines, components)


def _add_unknown(add: Add, outputs: int, penalty: float) -> None:
    """The score of a sound that may be any: the best likelihood but silence's, softened, less a penalty.

    It is weighed with the probability that this is no silence, or [unk] would win every pause.
    """
    best = _add_sum(add, "likely", "likelihoods", outputs, _SHARPNESS)
    spoken = _add_sum(add, "spoken", "posteriors", outputs, 1.0)
    weights = np.concatenate([best[1] / _SHARPNESS, spoken[1]], axis=1)
    add("unknown", f"Append({best[0]}, {spoken[0]})", _affine(weights, [-penalty]))


def _add_sum(add: Add, name: str, source: str, outputs: int, sharpness: float) -> tuple[str, Matrix]:
    """What to append, and the weights by which it gives log(sum of exp(sharpness * x)) over all but silence.

    For any k that is sharpness * x[k] - log_softmax(sharpness * x)[k]: no component for the sum is needed.
    """
    unsilenced = np.zeros(outputs)
    unsilenced[SILENCE] = -1000.0
    add(f"{name}_scaled", source, _fixed_scale(np.full(outputs, sharpness)))
    add(f"{name}_sounds", f"{name}_scaled", _fixed_bias(unsilenced))
    add(f"{name}_shares", f"{name}_sounds", _nonlinear("LogSoftmaxComponent", outputs))
    weights = np.zeros((1, 2 * outputs), np.float32)
    weights[0, 1], weights[0, outputs + 1] = 1.0, -1.0
    return f"{name}_sounds, {name}_shares", weights


def _network(lines: Sequence[str], components: Sequence[tuple[str, bytes]]) -> bytes:
    head = _token("<Nnet3>") + b"\n" + ("\n".join(lines) + "\n\n").encode()
    body = b"".join(_token("<ComponentName>") + _token(name) + component for name, component in components)
    return head + _token("<NumComponents>") + _int(len(components)) + body + _token("</Nnet3>")


def _spliced(node: str, offsets: Sequence[int]) -> str:
    parts = [node if offset == 0 else f"Offset({node}, {offset})" for offset in offsets]
    return parts[0] if len(parts) == 1 else f"Append({', '.join(parts)})"


def _affine(weights: ArrayLike, bias: ArrayLike) -> bytes:
    inside = _token("<LinearParams>") + _matrix(weights) + _token("<BiasParams>") + _vector(bias)
    return _token("<FixedAffineComponent>") + inside + _token("</FixedAffineComponent>")


def _fixed_bias(bias: ArrayLike) -> bytes:
    return _token("<FixedBiasComponent>") + _token("<Bias>") + _vector(bias) + _token("</FixedBiasComponent>")


def _fixed_scale(scales: ArrayLike) -> bytes:
    return (
        _token("<FixedScaleComponent>")
        + _token("<Scales>")
        + _vector(scales)
        + _token("</FixedScaleComponent>")
    )


def _nonlinear(kind: str, size: int) -> bytes:
    """Without the statistics that only training needs."""
    averages = _token("<ValueAvg>") + _vector([]) + _token("<DerivAvg>") + _vector([])
    counted = _token("<Count>") + _double(0)
    squares = _token("<OderivRms>") + _vector([]) + _token("<OderivCount>") + _double(0)
    repairs = _token("<NumDimsSelfRepaired>") + _double(0) + _token("<NumDimsProcessed>") + _double(0)
    scale = _token("<SelfRepairScale>") + _float(0)
    inside = averages + counted + squares + repairs + scale
    return _token(f"<{kind}>") + _token("<Dim>") + _int(size) + inside + _token(f"</{kind}>")


def _token(text: str) -> bytes:
    return text.encode() + b" "


def _int(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _double(value: float) -> bytes:
    return b"\x08" + struct.pack("<d", value)


def _ints(values: Sequence[int]) -> bytes:
    return b"\x04" + struct.pack("<i", len(values)) + np.asarray(values, "<i4").tobytes()


def _vector(values: ArrayLike) -> bytes:
    array = np.asarray(values, "<f4")
    return _token("FV") + _int(len(array)) + array.tobytes()


def _matrix(values: ArrayLike) -> bytes:
    array = np.ascontiguousarray(values, "<f4")
    return _token("FM") + _int(array.shape[0]) + _int(array.shape[1]) + array.tobytes()
