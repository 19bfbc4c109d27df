"""How near a voice comes to flite on sentences that it has not learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from voice.lessons import Lesson

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Nearness:
    """Of pitch by frame, phone laid on phone where both have voice; of lengths by phone.

    Questions that rise do so by a rule that flite does not know; their pitch is left out.
    """

    sentences: int
    pitch_rmse: float  # semitones
    pitch_error: float  # semitones, mean of the absolute ones
    pitch_correlation: float
    pitch_liveliness: float  # standard deviation of the voice's log F0 by that of flite's
    length_error: float  # ms, mean of the absolute ones
    pace: float  # total length by flite's, without the silence at both ends


def measure(voice: Path, lessons: Sequence[Lesson]) -> Nearness:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(voice), options)
    pitches, lengths = [], []
    for lesson in lessons:
        own_lengths, own_f0 = _spoken(session, lesson)
        if not lesson.read.rises:
            pitches.append(_pitch_pairs(lesson, own_lengths, own_f0))
        lengths.append(np.stack([own_lengths, lesson.lengths])[:, 1:-1])
    return _nearness(len(lessons), np.concatenate(pitches, axis=1), np.concatenate(lengths, axis=1))


def _spoken(session: onnxruntime.InferenceSession, lesson: Lesson) -> tuple[NDArray[np.int64], Array]:
    """The frames of each phone, and F0 by frame."""
    ids = lesson.ids[None]
    scales = np.array([0, 1, 0], np.float32)
    given = {"input": ids, "input_lengths": np.array([ids.shape[1]]), "scales": scales}
    durations, f0 = session.run(["durations", "f0"], given)
    return durations[0, 0, lesson.read.places].astype(np.int64), f0.astype(np.float64)


def _pitch_pairs(lesson: Lesson, own_lengths: NDArray[np.int64], own_f0: Array) -> Array:
    """Log F0 of the voice and of flite, [2, frames with voice in both]."""
    phone = np.repeat(np.arange(len(lesson.lengths)), lesson.lengths)
    begins, own_begins = (np.cumsum(each) - each for each in (lesson.lengths, own_lengths))
    within = (np.arange(len(phone)) - begins[phone] + 0.5) / lesson.lengths[phone]
    own = own_f0[(own_begins[phone] + within * own_lengths[phone]).astype(np.int64)]
    both = (own > 0) & (lesson.f0 > 0)
    pairs: Array = np.log(np.stack([own[both], lesson.f0[both].astype(np.float64)]))
    return pairs


def _nearness(sentences: int, pitch: Array, lengths: NDArray[np.int64]) -> Nearness:
    errors = 12 / np.log(2) * (pitch[0] - pitch[1])
    deviations = pitch - pitch.mean(axis=1, keepdims=True)
    own, taught = np.sqrt((deviations**2).mean(axis=1))
    return Nearness(
        sentences=sentences,
        pitch_rmse=float(np.sqrt((errors**2).mean())),
        pitch_error=float(np.abs(errors).mean()),
        pitch_correlation=float((deviations[0] * deviations[1]).mean() / (own * taught)),
        pitch_liveliness=float(own / taught),
        length_error=float(5 * np.abs(lengths[0] - lengths[1]).mean()),
        pace=float(lengths[0].sum() / lengths[1].sum()),
    )
