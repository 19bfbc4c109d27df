"""Forced alignment on likelihoods whose right path is known, and the labels that training makes of it."""

import numpy as np
from ear.alignment import align
from ear.corpus import priors, targets
from ear.network import LEFT, RIGHT, drawn
from ear.settings import Network
from ear.states import SILENCE, States

STATES = States(in_context=True)
LEXICON = {"no": (("n", "ow"), ("n", "ax")), "a": (("ax",), ("ey",))}


def heard(outputs: list[int]) -> np.ndarray:
    likelihoods = np.full((len(outputs), STATES.count), -8.0)
    likelihoods[np.arange(len(outputs)), outputs] = 0.0
    return likelihoods


def test_phones_are_found_where_they_sound_in_the_pronunciation_that_is_said():
    (n_first, n_rest), (ow_first, ow_rest) = STATES.of_word(("n", "ow"))
    ((ey_first, ey_rest),) = STATES.of_word(("ey",))
    sound = [
        SILENCE,
        SILENCE,
        n_first,
        n_rest,
        ow_first,
        ow_rest,
        ow_rest,
        SILENCE,
        ey_first,
        ey_rest,
        SILENCE,
    ]
    found = align(heard(sound), ["no", "a"], LEXICON, STATES)
    assert [found.phones[node] for node in found.frames] == [
        None, None, (("n", "ow"), 0), (("n", "ow"), 0), (("n", "ow"), 1), (("n", "ow"), 1), (("n", "ow"), 1),
        None, (("ey",), 0), (("ey",), 0), None,
    ]  # fmt: skip
    assert found.score == 0.0


def test_words_may_follow_without_a_pause():
    n, ow = STATES.of_word(("n", "ow"))
    found = align(heard([n[0], ow[0], n[0], ow[0]]), ["no", "no"], LEXICON, STATES)
    assert found.score == 0.0
    assert len(set(found.frames)) == 4


def test_sound_too_short_for_its_words_scores_worse_than_any_other():
    n, _ = STATES.of_word(("n", "ow"))
    short = align(heard([n[0]]), ["no", "no"], LEXICON, STATES)
    assert len(short.frames) == 1
    assert np.isfinite(short.score)


def test_a_phone_s_first_output_is_right_for_three_frames():
    labels = np.array([[10, 11, 0]] * 4 + [[20, 21, 1]] * 5, np.int32)
    assert list(targets(labels, np.arange(3, 9))) == [11, 20, 20, 20, 21, 21]


def test_ignored_frames_count_for_no_output():
    labels = np.array([[-1, -1, 0]] * 20 + [[1, 1, 1]] * 30, np.int32)
    found = priors([labels], 3)
    assert abs(found.sum() - 1) < 1e-9
    assert found[1] > found[0] == found[2] > 0


def test_the_network_gives_an_output_for_every_third_frame_from_its_surroundings_alone():
    network = drawn(Network(first=8, width=16), 12, seed=1)
    sound = np.random.default_rng(1).standard_normal((100, 40)).astype(np.float32) * 20
    base = network.log_likelihoods(sound)
    assert base.shape == (34, 12)
    changed = sound.copy()
    changed[60] += 50
    moved = np.flatnonzero(np.abs(network.log_likelihoods(changed) - base).max(axis=1) > 1e-6) * 3
    assert moved.min() >= 60 - RIGHT
    assert moved.max() <= 60 + LEFT
    assert len(moved) >= 8
