"""The hold music that ships: the work of scripts/make_music, and easy on the ear."""

import wave

import hold_music
import numpy as np
import pytest


@pytest.fixture(scope="module")
def shipped() -> np.ndarray:
    with wave.open(str(hold_music.SHIPPED)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_it_is_what_the_script_composes(shipped: np.ndarray) -> None:
    composed = hold_music.compose()
    assert len(composed) == len(shipped)
    assert np.abs(composed.astype(int) - shipped).max() <= 1  # the last bit is the machine's


def test_it_has_a_fair_length_and_size(shipped: np.ndarray) -> None:
    assert 30 <= len(shipped) / 8000 <= 60
    assert hold_music.SHIPPED.stat().st_size < 1_000_000
    assert len(shipped) % 160 == 0, "whole frames: the circle has no gap"


def test_its_level_is_moderate_and_even(shipped: np.ndarray) -> None:
    samples = shipped.astype(float) / 32768
    assert 20 * np.log10(np.sqrt((samples**2).mean())) == pytest.approx(-24, abs=0.1)
    assert np.abs(samples).max() < 10 ** (-6 / 20)
    for second in samples.reshape(-1, 8000):
        assert -32 < 20 * np.log10(np.sqrt((second**2).mean())) < -18


def test_it_goes_round_without_a_click(shipped: np.ndarray) -> None:
    """At the seam the signal bends no more than it does elsewhere."""
    bends = np.abs(np.diff(np.concatenate((shipped, shipped[:200])).astype(float), 3))
    assert bends[-220:].max() < bends[:-220].max()


def test_it_is_within_what_a_telephone_lets_through_and_not_sharp(shipped: np.ndarray) -> None:
    power = np.abs(np.fft.rfft(shipped.astype(float))) ** 2
    hertz = np.fft.rfftfreq(len(shipped), 1 / 8000)
    assert power[(hertz < 240) | (hertz > 3400)].sum() < 1e-6 * power.sum()
    assert power[hertz > 2000].sum() < 0.02 * power.sum()
