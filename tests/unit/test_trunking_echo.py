"""The chirp of `trunk test` is found in what comes back, whatever the line does to it, and nowhere else."""

import numpy as np
import pytest
from g711 import decode_ulaw, encode_ulaw
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.app.trunking import echo

RATE = 8000
CHIRP = echo.chirp(RATE)
CHANCE = np.random.default_rng(3)


def heard(at: int, gain: float = 1.0, length: int = 16000, noise: float = 0.0) -> echo.Samples:
    """Silence or noise with the chirp in it."""
    line = CHANCE.normal(0, noise, length) if noise else np.zeros(length)
    line[at : at + len(CHIRP)] += gain * CHIRP
    return np.clip(line, -32768, 32767).astype(np.int16)


def test_the_chirp_has_its_level_and_length():
    assert len(CHIRP) == 4000
    assert echo.level(CHIRP) == pytest.approx(echo.LEVEL_DBFS, abs=0.7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12000), st.floats(0.01, 1.5), st.booleans())
def test_it_is_found_where_it_is_whatever_its_level_and_sign(at: int, gain: float, upside_down: bool):
    found = echo.find(heard(at, -gain if upside_down else gain), CHIRP)
    assert found and abs(found.at - at) <= 1 and found.likeness > 0.9


def test_its_level_is_told():
    found = echo.find(heard(1000, 0.5), CHIRP)
    assert found and found.level_dbfs == pytest.approx(echo.level(CHIRP) - 6, abs=0.2)


def test_g711_and_noise_leave_it_what_it_is():
    line = heard(3000, noise=500)
    found = echo.find(decode_ulaw(encode_ulaw(line)).astype(np.int16), CHIRP)
    assert found and abs(found.at - 3000) <= 1


def test_a_tenth_of_the_packets_lost_leaves_it_what_it_is():
    line = heard(3000)
    for packet in range(0, len(line), 1600):
        line[packet : packet + 160] = 0
    found = echo.find(line, CHIRP)
    assert found and abs(found.at - 3000) <= 1


@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "another chirp", "too short"])
def test_nothing_else_is_taken_for_it(kind: str):
    time = np.arange(16000) / RATE
    sounds = {
        "silence": np.zeros(16000),
        "noise": CHANCE.normal(0, 3000, 16000),
        "tone": 8000 * np.sin(2 * np.pi * 1000 * time),
        "another chirp": 8000 * np.sin(2 * np.pi * (3000 * time - 600 * time**2)),
        "too short": CHIRP[:3000].astype(float),
    }
    assert echo.find(sounds[kind].astype(np.int16), CHIRP) is None
