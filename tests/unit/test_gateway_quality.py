"""The E-model's estimate: anchors from ITU-T G.107 and G.113."""

import pytest

from softswitch.gateway.quality import mos


def test_a_clean_call_by_g711_has_the_recommendations_default() -> None:
    assert mos("PCMU", 0.0) == pytest.approx(4.41, abs=0.01)  # G.107 annex B: R = 93.2


def test_wideband_codecs_have_a_scale_of_their_own() -> None:
    # G.107.1: R = 129 - 13 (G.113 table IV.1, G.722 at 64 kbit/s) = 116, which is 89.9 on G.107's scale
    assert mos("G722", 0.0) == pytest.approx(4.34, abs=0.01)
    assert mos("opus", 0.0) > mos("G722", 0.0)
    # Ie,eff = 13 + 82 * 1 / (1 + 4.3) = 28.5, R = 100.5, 77.9 on G.107's scale
    assert mos("G722", 0.01) == pytest.approx(3.95, abs=0.02)
    # Ie,eff = 1 + 94 * 5 / (5 + 10) = 32.3, R = 96.7, 74.9 on G.107's scale
    assert mos("opus", 0.05) == pytest.approx(3.83, abs=0.02)


def test_loss_costs_as_g113_says_with_concealment() -> None:
    # G.107 7.5: Ie,eff = 95 * 5 / (5 + 25.1) = 15.8, R = 77.4
    assert mos("PCMA", 0.05) == pytest.approx(3.93, abs=0.02)
    assert mos("PCMA", 0.2) == pytest.approx(2.62, abs=0.05)
    assert mos("PCMU", 0.01) > mos("PCMU", 0.02) > mos("PCMU", 0.05)


def test_bursts_cost_more_than_the_same_loss_spread() -> None:
    assert mos("PCMU", 0.05, burst_ratio=2.0) < mos("PCMU", 0.05)


def test_delay_costs_nothing_up_to_100_ms_and_much_at_400() -> None:
    assert mos("PCMU", 0.0, delay_ms=100) == mos("PCMU", 0.0)
    # G.107 equation 7-26: Idd(400 ms) = 25 * ((1 + 2^6)^(1/6) - 3 * (1 + (2/3)^6)^(1/6) + 2) = 24.1
    assert mos("PCMU", 0.0, delay_ms=400) == pytest.approx(3.56, abs=0.01)


def test_it_stays_within_the_scale_whatever_is_measured() -> None:
    assert mos("opus", 1.0, 50.0, 5000.0) == 1.0
    assert mos("PCMU", -0.5, 0.0, -1.0) == mos("PCMU", 0.0)
    assert mos("", 7.0) >= 1.0
