"""From spoken shards to what the network learns from: features over telephone lines, and an output for each
frame.

A shard's lead and trail of silence hang on its name alone, so that every copy of it has the same alignment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ear import alignment, network
from ear.audio import RATE, Audio
from ear.augmentation import LOUD, quiet_line, telephone
from ear.features import SHIFT, WINDOW, Features, mfcc
from ear.lexicon import Lexicon
from ear.normalisation import history, normalised
from ear.phones import PAUSE, known
from ear.resynthesis import other_speaker
from ear.speech_plan import UNKNOWN
from ear.states import SILENCE, States
from ear.synthesis import Spoken, read_shard

IGNORED = -1
_EVEN = 0.05
WARP = (0.86, 1.16)  # vocal-tract lengths, on top of those in the speech
_OTHER_SPEAKERS = 0.5  # of the utterances that are hard to hear

Labels = NDArray[np.int32]  # frames x 3: output of a phone's first frame, of the others, number of the phone


@dataclass(frozen=True, slots=True)
class Padded:
    """An utterance with silence around; `lead` in samples."""

    spoken: Spoken
    audio: Audio
    lead: int


def padded(path: Path, seed: int) -> Iterator[Padded]:
    for index, spoken in enumerate(read_shard(path)):
        chance = np.random.default_rng([seed, index])
        lead, trail = int(chance.uniform(0, 0.4) * RATE), int(chance.uniform(0.1, 0.5) * RATE)
        yield Padded(spoken, np.pad(spoken.audio.astype(np.float64), (lead, trail)), lead)


def write_features(path: Path, shard: Path, seed: int, copy: int) -> None:
    """All utterances of the shard, each over another line and from another mouth, one after the other."""
    utterances = list(padded(shard, seed))
    found = []
    for index, utterance in enumerate(utterances):
        chance = np.random.default_rng([seed, index, copy + 1])
        babble = _babble(utterances, len(utterance.audio), chance)
        sound = telephone(utterance.audio, chance, babble)
        found.append(mfcc(sound, chance.uniform(*WARP)).astype(np.float16))
    with path.open("wb") as file:
        np.save(file, np.concatenate(found))


def write_hard_features(path: Path, shard: Path, seed: int, copy: int, mean: Path) -> None:
    """The same utterances as in `write_features`, half of them from other speakers, where it is loud;
    normalised.
    """
    usual = np.load(mean)
    utterances = list(padded(shard, seed))
    found = []
    for index, utterance in enumerate(utterances):
        chance = np.random.default_rng([seed, index, copy + 1, 1])
        speech = utterance.audio
        if chance.random() < _OTHER_SPEAKERS:
            speech = other_speaker(speech, chance)
        sound = telephone(speech, chance, _crowd(utterances, len(speech), chance), LOUD)
        heard = mfcc(sound, chance.uniform(*WARP))
        before = history(heard, utterance.lead // SHIFT, chance)
        found.append(normalised(np.concatenate([before, heard]), usual, len(before)).astype(np.float16))
    with path.open("wb") as file:
        np.save(file, np.concatenate(found))


def write_mean(path: Path, features: Sequence[Path]) -> None:
    """The mean of all frames of the files."""
    sums = [
        (np.load(file).sum(axis=0, dtype=np.float64), len(np.load(file, mmap_mode="r"))) for file in features
    ]
    with path.open("wb") as file:
        np.save(file, sum(total for total, _ in sums) / sum(count for _, count in sums))


def write_synthesiser_labels(path: Path, shard: Path, seed: int) -> None:
    """The phones as flite and festival time them, without context; frames of phones unknown here are
    ignored.
    """
    states = States(in_context=False)
    labels = [_timed(utterance, states) for utterance in padded(shard, seed)]
    with path.open("wb") as file:
        np.save(file, _chained(labels))


def write_aligned_labels(
    path: Path, shard: Path, seed: int, trained: Path, lexicon: Lexicon, in_context: tuple[bool, bool]
) -> None:
    """The words' phones put where the network hears them; `in_context`: of the network, of the labels.

    The worst two in a hundred are ignored: there the synthesiser said something else.
    """
    ears = network.load(trained)
    heard, wanted = States(in_context[0]), States(in_context[1])
    labels, scores = [], []
    for index, utterance in enumerate(padded(shard, seed)):
        sound = quiet_line(utterance.audio, np.random.default_rng([seed, index, 0]))
        features = mfcc(sound)
        if utterance.spoken.utterance.words == (UNKNOWN,):
            labels.append(_foreign(utterance, len(features), wanted))
            scores.append(0.0)
            continue
        path_found = alignment.align(
            ears.log_likelihoods(features), utterance.spoken.utterance.words, lexicon, heard
        )
        labels.append(_aligned(path_found, len(features), wanted))
        scores.append(path_found.score)
    for index in np.argsort(scores)[: len(scores) // 50]:
        labels[index][:, :2] = IGNORED
    with path.open("wb") as file:
        np.save(file, _chained(labels))


def targets(labels: Labels, frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """The right output at each frame: a phone's first where another phone was three frames before."""
    entered = labels[frames, 2] != labels[frames - 3, 2]
    right: NDArray[np.int64] = np.where(entered, labels[frames, 0], labels[frames, 1]).astype(np.int64)
    return right


def priors(labels: Sequence[Labels], outputs: int) -> NDArray[np.float64]:
    """How often each output is right, a twentieth of it shared evenly.

    Outputs that are hardly ever right would else look likely whenever the network gives them next to nothing.
    """
    counts = np.full(outputs, 1e-9)
    for part in labels:
        right = targets(part, np.arange(3, len(part)))
        counts += np.bincount(right[right >= 0], minlength=outputs)
    shares: NDArray[np.float64] = counts / counts.sum()
    return (1 - _EVEN) * shares + _EVEN / outputs


def _babble(utterances: Sequence[Padded], length: int, chance: np.random.Generator) -> Audio:
    """Two other voices, the second backwards and half as loud."""
    first, second = (utterances[index].audio for index in chance.integers(len(utterances), size=2))
    return np.resize(first, length) + 0.5 * np.resize(second[::-1], length)


def _crowd(utterances: Sequence[Padded], length: int, chance: np.random.Generator) -> Audio:
    """Two to five other voices, from anywhere in what they say."""
    crowd = np.zeros(length)
    for index in chance.integers(len(utterances), size=chance.integers(2, 6)):
        voice = np.resize(utterances[index].audio, length)
        crowd += np.roll(voice, chance.integers(length)) * chance.uniform(0.4, 1)
    return crowd


def _timed(utterance: Padded, states: States) -> Labels:
    count = 1 + (len(utterance.audio) - WINDOW) // SHIFT
    middles = (np.arange(count) * SHIFT + WINDOW // 2 - utterance.lead) / RATE
    ends = [end for _, end in utterance.spoken.segments]
    segment = np.minimum(np.searchsorted(ends, middles, side="right"), len(ends) - 1)
    outputs = np.array([_outputs(phone, states) for phone, _ in utterance.spoken.segments], np.int32)
    return np.column_stack([outputs[segment], segment]).astype(np.int32)


def _outputs(phone: str, states: States) -> tuple[int, int]:
    name = known(phone)
    if name is None:
        return IGNORED, IGNORED
    return (SILENCE, SILENCE) if name == PAUSE else states.of_phone(name)


def _aligned(found: alignment.Path, count: int, wanted: States) -> Labels:
    outputs = np.array([found.outputs(node, wanted) for node in range(found.nodes)], np.int32)
    nodes = np.repeat(found.frames, 3)[:count]
    return np.column_stack([outputs[nodes], nodes]).astype(np.int32)


def _foreign(utterance: Padded, count: int, states: States) -> Labels:
    """Foreign where it is louder than a hundredth of its own peak, silence elsewhere."""
    starts = np.arange(count) * SHIFT
    windows = np.lib.stride_tricks.sliding_window_view(utterance.audio, WINDOW)[starts]
    loud = np.abs(windows).max(axis=1) > np.abs(utterance.audio).max() / 100
    output = np.where(loud, states.foreign, SILENCE)
    return np.column_stack([output, output, loud]).astype(np.int32)


def _chained(labels: Sequence[Labels]) -> Labels:
    """One utterance after the other, phones numbered on."""
    first = 0
    for part in labels:
        part[:, 2] += first
        first = int(part[:, 2].max()) + 1
    return np.concatenate(labels)


def read(features: Mapping[Path, Path], labels: Mapping[Path, Path]) -> tuple[Features, Labels]:
    """All feature files as one stream, with the labels of the shard that each is of."""
    sounds = np.concatenate([np.load(path) for path in features])
    return sounds, _chained([np.load(labels[shard]) for shard in features.values()])
