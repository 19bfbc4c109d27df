"""The caller's figures, from audio whose onsets are known."""

import numpy as np
import pytest

from softswitch.gateway.caller.measure import Sent, measure
from softswitch.gateway.caller.voicing import Voicing

RATE = 8000
TONE = (8000 * np.sin(2 * np.pi * 400 * np.arange(10 * RATE) / RATE)).astype(np.int16)


def heard(*spans: tuple[float, float], length: float = 8.0) -> Voicing:
    samples = np.zeros(round(length * RATE), dtype=np.int16)
    for start, end in spans:
        first, last = round(start * RATE), round(end * RATE)
        samples[first:last] = TONE[: last - first]
    voicing = Voicing(RATE, len(samples))
    voicing.extend(samples)
    return voicing


def said(start: float, end: float) -> Sent:
    return Sent("say", "hello", round(start * RATE), round(end * RATE))


def turn(voicing: Voicing, sent: Sent, until: float = 8.0):
    return measure(voicing, sent, round(until * RATE))


@pytest.mark.parametrize("delay", [0.04, 0.3, 0.305, 2.0])
def test_response_runs_from_last_sample_sent_to_first_heard(delay):
    result = turn(heard((0, 1), (3 + delay, 5 + delay)), said(2, 3))
    assert result.response_ms == pytest.approx(delay * 1000, abs=5)
    assert result.heard_s == pytest.approx(2, abs=0.01)
    assert result.answered
    assert result.barge_in_ms is None


def test_silence_is_no_answer():
    result = turn(heard((0, 1)), said(2, 3))
    assert (result.answered, result.response_ms, result.heard_s) == (False, None, 0.0)


def test_what_is_heard_after_the_turn_belongs_to_the_next():
    assert not turn(heard((0, 1), (5, 6)), said(2, 3), until=4.5).answered


def test_barge_in_is_measured_to_the_prompts_last_voiced_sample():
    result = turn(heard((0, 2.12), (3.25, 4)), said(2, 3))
    assert result.barge_in_ms == pytest.approx(120, abs=5)
    assert result.response_ms == pytest.approx(250, abs=5)


def test_pauses_between_a_prompts_words_are_not_its_end():
    result = turn(heard((0, 2.05), (2.2, 2.4), (3.25, 4)), said(2, 3))
    assert result.barge_in_ms == pytest.approx(400, abs=5)


def test_prompt_that_goes_on_is_no_answer():
    result = turn(heard((0, 8)), said(2, 3))
    assert (result.answered, result.barge_in_ms) == (False, None)


def test_prompt_that_outlasts_the_utterance_is_told_from_the_answer():
    result = turn(heard((0, 3.5), (4, 5)), said(2, 3))
    assert result.barge_in_ms == pytest.approx(1500, abs=5)
    assert result.response_ms == pytest.approx(1000, abs=5)


def test_prompt_that_ended_just_before_the_utterance_was_not_interrupted():
    result = turn(heard((0, 1.9), (3.2, 4)), said(2, 3))
    assert result.barge_in_ms is None
    assert result.response_ms == pytest.approx(200, abs=5)


def test_answer_that_begins_before_the_utterance_ends_has_no_delay():
    assert turn(heard((0, 1), (2.8, 4)), said(2, 3)).response_ms == 0
