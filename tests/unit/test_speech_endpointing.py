"""What is no speech, and the shape of a mark. Speech itself is in tests/integration, from the real voice."""

import numpy as np
import pytest
from speech_parts import RATE, Signal, frames, starts, white

from softswitch.speech.endpointing import SpeechEndpointer

SECONDS = 20
TIME = np.arange(SECONDS * RATE) / RATE


@pytest.mark.parametrize("dbfs", [-90, -60, -50, -40, -30, -20])
def test_noise_that_was_there_from_the_start_is_no_speech(dbfs: int) -> None:
    assert starts(white(SECONDS, dbfs)) == []


@pytest.mark.parametrize("dbfs", [-50, -40, -30, -20])
def test_noise_that_begins_with_the_first_packets_is_no_speech(dbfs: int) -> None:
    line = white(SECONDS, dbfs)
    line[: RATE // 10] = 0  # the call is up, its audio on the way
    assert starts(line) == []


@pytest.mark.parametrize("dbfs", [-40, -30, -20])
@pytest.mark.parametrize("mains", [50, 60])
def test_a_hum_is_no_speech(dbfs: int, mains: int) -> None:
    hum = sum(np.sin(2 * np.pi * mains * n * TIME) / n**2 for n in (1, 3, 5))
    assert starts(np.sqrt(2) * 10 ** (dbfs / 20) * hum) == []


def test_silence_and_an_offset_are_no_speech() -> None:
    assert starts(np.zeros(SECONDS * RATE)) == []
    assert starts(np.full(SECONDS * RATE, 0.1)) == []


def test_clicks_are_no_speech() -> None:
    line = white(SECONDS, -60)
    for second in range(1, SECONDS):
        at = second * RATE + 37 * second  # every place within a frame
        line[at : at + 2] += (0.9, -0.9)
    assert starts(line) == []


def test_bursts_of_40_ms_are_no_speech_wherever_they_fall_in_a_frame() -> None:
    line = white(SECONDS, -66)
    for second in range(1, SECONDS):
        at = second * RATE + 41 * second
        line[at : at + 320] += white(0.04, -14, seed=second)
    assert starts(line) == []


def test_noise_that_comes_up_in_a_call_starts_once_and_is_forgotten_within_a_second() -> None:
    endpointer = SpeechEndpointer(RATE)
    line = white(SECONDS, -60)
    line[5 * RATE :] = white(SECONDS - 5, -26, seed=2)
    marks = [endpointer.feed(frame) for frame in frames(line)]
    assert sum(mark.started for mark in marks) <= 1
    assert not any(mark.speaking for mark in marks[6 * 50 :])
    assert endpointer.noise_dbfs == pytest.approx(-26, abs=2)


def pause(line: Signal, at: float, seconds: float) -> None:
    """No packets for a while, as it comes out of PJSIP's jitter buffer: faded within 60 ms, then nothing."""
    begin, length = int(at * RATE), int(seconds * RATE)
    fade = np.zeros(length)
    fade[:480] = np.linspace(1, 0.05, 480)[:length]
    line[begin : begin + length] *= fade


@pytest.mark.parametrize("dbfs", [-50, -40, -30, -20])
@pytest.mark.parametrize("seconds", [0.02, 0.04, 0.06, 0.1, 0.25, 1.0])
def test_noise_that_comes_back_after_lost_packets_or_a_key_is_no_speech(dbfs: int, seconds: float) -> None:
    line = white(SECONDS, dbfs)
    for second in range(2, SECONDS - 1):
        pause(line, second + 0.003 * second, seconds)
    assert starts(line) == []


@pytest.mark.parametrize("dbfs", [-50, -40, -30])
@pytest.mark.parametrize("at", [2.0, 0.3])
def test_noise_between_keys_is_no_speech(dbfs: int, at: float) -> None:
    line = white(8, dbfs)
    for key in range(16):
        pause(line, at + 1 + 0.16 * key, 0.1)  # as our own caller keys
        pause(line, at + 4 + 0.1 * key, 0.06)
    assert starts(line) == []


@pytest.mark.parametrize("dbfs", [-50, -40, -30])
def test_noise_that_comes_back_after_muting_is_no_speech(dbfs: int) -> None:
    line = white(SECONDS, dbfs)
    line[3 * RATE + 55 : 15 * RATE + 99] = 0
    assert starts(line) == []


def test_noise_unknown_before_it_was_muted_starts_once_and_is_forgotten_within_a_second() -> None:
    line = white(SECONDS, -30)
    line[: 5 * RATE] = 0
    endpointer = SpeechEndpointer(RATE)
    marks = [endpointer.feed(frame) for frame in frames(line)]
    assert sum(mark.started for mark in marks) <= 1
    assert not any(mark.speaking for mark in marks[6 * 50 :])


def test_digital_silence_tells_nothing_of_the_noise_and_real_quiet_does() -> None:
    endpointer = SpeechEndpointer(RATE)
    for frame in frames(np.concatenate([white(2, -40), np.zeros(5 * RATE)])):
        endpointer.feed(frame)
    assert endpointer.noise_dbfs == pytest.approx(-40, abs=2)
    for frame in frames(white(0.08, -60)):
        endpointer.feed(frame)
    assert endpointer.noise_dbfs == pytest.approx(-60, abs=3)


def test_the_noise_level_survives_a_reset_and_falls_within_80_ms() -> None:
    endpointer = SpeechEndpointer(RATE)
    for frame in frames(white(2, -30)):
        endpointer.feed(frame)
    endpointer.reset()
    assert endpointer.noise_dbfs == pytest.approx(-30, abs=2)
    for frame in frames(white(0.08, -50)):
        endpointer.feed(frame)
    assert endpointer.noise_dbfs == pytest.approx(-50, abs=3)


def test_wideband_frames_are_taken() -> None:
    endpointer = SpeechEndpointer(16000)
    assert endpointer.feed(bytes(640)).silence == pytest.approx(0.02)


@pytest.mark.parametrize("size", [0, 160, 318, 640])
def test_a_frame_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="20 ms"):
        SpeechEndpointer(RATE).feed(bytes(size))
