"""Running means as Kaldi's OnlineCmvn takes them away (online-feature.cc: ComputeStatsForFrame,
SmoothOnlineCmvnStats).
"""

import numpy as np
import pytest
from ear.features import COEFFICIENTS
from ear.normalisation import SPAN, history, normalised

CHANCE = np.random.default_rng(1)
SOUND = (CHANCE.standard_normal((900, COEFFICIENTS)) * 10 + 50).astype(np.float32)
USUAL = np.full(COEFFICIENTS, 30.0)


def kaldi(sound: np.ndarray, at: int) -> np.ndarray:
    """The frame `at` as Kaldi gives it, window 600, 200 frames of the global mean."""
    window = sound[max(0, at - 599) : at + 1].astype(np.float64)
    weight = min(200, 600 - len(window)) if len(window) < 600 else 0
    return sound[at] - (window.sum(axis=0) + weight * USUAL) / (len(window) + weight)


@pytest.mark.parametrize("at", [0, 1, 199, 399, 400, 401, 500, 598, 599, 600, 601, 899])
def test_frames_lose_the_mean_that_kaldi_takes_away(at):
    assert normalised(SOUND, USUAL)[at] == pytest.approx(kaldi(SOUND, at), abs=1e-3)


def test_what_was_heard_before_counts_for_the_mean_and_is_left_out():
    whole = normalised(SOUND, USUAL)
    assert np.array_equal(normalised(SOUND, USUAL, before=300), whole[300:])


def test_a_call_begins_anew_or_after_some_of_its_own_sound():
    lengths = {len(history(SOUND[:200], quiet, np.random.default_rng(seed)))
               for seed in range(40) for quiet in (0, 30)}  # fmt: skip
    assert 0 in lengths
    assert len(lengths) > 10
    assert max(lengths) <= SPAN


def test_what_was_heard_before_may_be_the_line_alone():
    found = [history(SOUND[:200], 30, np.random.default_rng(seed)) for seed in range(40)]
    quiet = [np.isin(frames[:, 0], SOUND[:30, 0]).all() for frames in found if len(frames) > 30]
    assert any(quiet)
    assert not all(quiet)
