"""Where the caller hears voice, and how loud it mixes noise."""

import numpy as np
import pytest

from softswitch.gateway.caller.voicing import (
    Voicing,
    levels,
    mixed,
    noise_bed,
    speech_level,
    voiced_span,
    white_noise,
)

RATE = 8000


def tone(seconds: float, dbfs: float = -20.0) -> np.ndarray:
    amplitude = 32768 * 10 ** (dbfs / 20) * np.sqrt(2)
    return (amplitude * np.sin(2 * np.pi * 400 * np.arange(round(seconds * RATE)) / RATE)).astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), dtype=np.int16)


def heard(*parts: np.ndarray, noise_dbfs: float | None = None) -> Voicing:
    samples = np.concatenate(parts)
    voicing = Voicing(RATE, len(samples), noise_dbfs)
    for start in range(0, len(samples), 160):
        voicing.extend(samples[start : start + 160])
    return voicing


def rms_dbfs(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) / 32768))


def test_level_of_a_window_is_its_rms():
    assert levels(tone(0.1, -30), 40) == pytest.approx(-30, abs=0.1)


def test_first_and_last_voiced_samples_are_found_to_5_ms():
    voicing = heard(silence(0.5), tone(0.25), silence(0.25))
    assert (voicing.first(0), voicing.last_end(0)) == (4000, 6000)


def test_search_is_limited_to_the_span_asked_for():
    voicing = heard(silence(0.5), tone(0.25), silence(0.5), tone(0.25))
    assert voicing.first(6000) == 10000
    assert voicing.first(6000, 9000) is None
    assert voicing.last_end(0, 9000) == 6000


def test_nothing_is_voiced_in_silence():
    voicing = heard(silence(1))
    assert voicing.first(0) is None
    assert voicing.last_end(0) is None


def test_quiet_hum_below_the_threshold_is_no_voice():
    assert heard(tone(1, -47)).first(0) is None
    assert heard(tone(1, -43)).first(0) == 0


def test_silence_shorter_than_asked_for_is_passed_over():
    voicing = heard(tone(0.2), silence(0.2), tone(0.2), silence(0.4))
    assert voicing.silent_from(0, round(0.3 * RATE)) == round(0.6 * RATE)


def test_silence_that_has_not_lasted_long_enough_yet_is_none():
    assert heard(tone(0.2), silence(0.2)).silent_from(0, round(0.3 * RATE)) is None


def test_capacity_is_a_limit():
    voicing = Voicing(RATE, 800)
    voicing.extend(tone(1))
    assert voicing.position == 800


def test_threshold_follows_noise_that_comes_back():
    noise = noise_bed(white_noise(RATE), RATE, -35.0)
    speech = mixed(noise[:4000], tone(0.5))
    assert heard(noise, speech, noise).first(0) == 0
    adaptive = heard(noise, speech, noise, noise_dbfs=-35.0)
    assert (adaptive.first(0), adaptive.last_end(0)) == (8000, 12000)


def test_far_end_that_speaks_without_a_pause_is_not_taken_for_noise():
    rng = np.random.default_rng(7)
    words = [tone(0.1, float(level)) for level in rng.uniform(-26, -16, 40)]
    voicing = heard(*words, noise_dbfs=-35.0)
    assert voicing.silent_from(0, round(0.1 * RATE)) is None


def test_silent_line_is_heard_as_keenly_with_noise_sent_as_without():
    assert heard(silence(1), tone(0.2, -43), noise_dbfs=-20.0).first(0) == 8000


@pytest.mark.parametrize("snr", [0.0, 15.0, 30.0])
def test_noise_is_mixed_at_the_snr_asked_for(snr):
    speech = np.concatenate((tone(1, -18), silence(3)))
    level = speech_level(speech, RATE)
    bed = noise_bed(white_noise(RATE // 2), len(speech), level - snr)
    assert len(bed) == len(speech)
    assert rms_dbfs(tone(1, -18)) - rms_dbfs(bed) == pytest.approx(snr, abs=0.3)


def test_speech_level_leaves_pauses_out():
    assert speech_level(np.concatenate((tone(1, -18), silence(9))), RATE) == pytest.approx(-18, abs=0.1)


def test_silence_has_no_speech_level_and_no_span():
    assert speech_level(silence(1), RATE) is None
    assert voiced_span(silence(1), RATE) is None


def test_mixing_limits_instead_of_wrapping_round():
    loud = np.array([30000, -30000], dtype=np.int16)
    assert mixed(loud, loud).tolist() == [32767, -32768]
