"""Start and end of the real voice's speech through PCMU, dated in audio time: deterministic."""

import numpy as np
import pytest
from speech_parts import RATE, Signal, at_level, frames, pool, signal, starts, synthesizer, voiced_span, white

from softswitch.speech.endpointing import SpeechEndpointer
from softswitch.speech.synthesizer import PiperSynthesizer

__all__ = ["pool", "synthesizer"]

PHRASES = [
    "what are your opening hours", "speak to a representative", "yes please", "no thank you", "goodbye",
    "one two three four", "order status", "help me", "friday", "yes", "six", "half past five", "stop",
]  # fmt: skip
OFFSETS = (0, 37, 80, 123)  # samples: every alignment with the frames
LEVELS = (-14, -20, -26, -36)


def on_a_line(speech: Signal, dbfs: float, snr: float | None, offset: int) -> tuple[Signal, float, float]:
    """One second of line, the speech, another second; and when the speech really begins and ends."""
    before = np.zeros(RATE + offset)
    line = np.concatenate([before, at_level(speech, dbfs), np.zeros(RATE)])
    if snr is not None:
        line = line + white(len(line) / RATE, dbfs - snr, seed=offset)[: len(line)]
    begin, end = voiced_span(speech)
    return line, begin + len(before) / RATE, end + len(before) / RATE


def errors(synthesizer: PiperSynthesizer, dbfs: float, snr: float | None) -> tuple[list[float], list[float]]:
    """Milliseconds from the real start to its confirmation, and from the real end to the dated one."""
    onsets, ends = [], []
    for phrase in PHRASES:
        speech = signal(synthesizer.render(phrase))
        for offset in OFFSETS:
            line, begin, end = on_a_line(speech, dbfs, snr, offset)
            endpointer = SpeechEndpointer(RATE)
            marks = [endpointer.feed(frame) for frame in frames(line)]
            started = [number / 50 for number, mark in enumerate(marks, 1) if mark.started]
            assert len(started) == 1, f"{phrase} at {dbfs} dBFS, {snr} dB: started at {started}"
            onsets.append((started[0] - begin) * 1000)
            ends.append((len(marks) / 50 - marks[-1].silence - end) * 1000)
    return onsets, ends


@pytest.mark.parametrize("dbfs", LEVELS)
def test_clean_speech_is_dated_to_the_frame(synthesizer: PiperSynthesizer, dbfs: int) -> None:
    onsets, ends = errors(synthesizer, dbfs, None)
    quiet = dbfs < -30  # where the detector itself is slower to believe in speech
    assert np.median(onsets) <= (80 if quiet else 65)
    # A quiet /s/ before a stop passes for noise; the vowel after it is what is believed.
    assert max(onsets) <= (270 if quiet else 145)
    assert min(onsets) >= 0
    assert np.percentile(np.abs(ends), 90) <= 40


@pytest.mark.parametrize("dbfs", LEVELS)
def test_speech_in_noise_at_15_db_is_never_missed(synthesizer: PiperSynthesizer, dbfs: int) -> None:
    """What the noise covers is not seen: a weak first or last consonant. Nothing is dated late."""
    onsets, ends = errors(synthesizer, dbfs, 15)
    assert np.median(onsets) <= 90
    assert np.percentile(onsets, 90) <= 260
    assert min(onsets) >= 0
    assert max(ends) <= 20
    assert min(ends) >= -160


def test_silence_counts_from_the_last_sound_and_not_from_the_detectors_hang_over(
    synthesizer: PiperSynthesizer,
) -> None:
    line, _, end = on_a_line(signal(synthesizer.render("what are your opening hours")), -20, None, 0)
    endpointer = SpeechEndpointer(RATE)
    marks = [endpointer.feed(frame) for frame in frames(line)]
    after = marks[int(end * 50) + 10 :]
    for number, mark in enumerate(after, int(end * 50) + 11):
        assert mark.silence == pytest.approx(number / 50 - end, abs=0.03)
        assert not mark.speaking


def test_a_click_after_the_end_does_not_prolong_speech(synthesizer: PiperSynthesizer) -> None:
    line, _, end = on_a_line(signal(synthesizer.render("what are your opening hours")), -20, None, 0)
    at = int((end + 0.15) * RATE)
    line[at : at + 40] += white(0.005, -10)
    endpointer = SpeechEndpointer(RATE)
    marks = [endpointer.feed(frame) for frame in frames(line)]
    assert marks[-1].silence == pytest.approx(len(marks) / 50 - end, abs=0.03)


def test_speech_that_goes_on_after_a_pause_starts_the_silence_anew(synthesizer: PiperSynthesizer) -> None:
    speech = at_level(signal(synthesizer.render("order status")), -20)
    line = np.concatenate([np.zeros(RATE), speech, np.zeros(RATE // 2), speech])
    endpointer = SpeechEndpointer(RATE)
    marks = [endpointer.feed(frame) for frame in frames(line)]
    assert sum(mark.started for mark in marks) == 1
    assert max(mark.silence for mark in marks[60 + len(speech) // 160 :]) >= 0.4
    assert marks[-1].silence <= 0.1


def test_after_a_reset_the_next_speech_is_a_new_start(synthesizer: PiperSynthesizer) -> None:
    line, _, _ = on_a_line(signal(synthesizer.render("yes please")), -20, None, 0)
    endpointer = SpeechEndpointer(RATE)
    for _ in range(2):
        assert sum(endpointer.feed(frame).started for frame in frames(line)) == 1
        endpointer.reset()


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_speech_after_keys_in_noise_is_heard(
    synthesizer: PiperSynthesizer, phrase: str, after: float
) -> None:
    speech = at_level(signal(synthesizer.render(phrase)), -20)
    before = np.zeros(3 * RATE)
    line = np.concatenate([before, speech, np.zeros(RATE)])
    line += white(len(line) / RATE, -40)[: len(line)]
    for key in range(4):
        begin = len(before) - int((after + 0.1 + 0.16 * key) * RATE)
        line[begin : begin + RATE // 10] = 0
    begin_of_speech, _ = voiced_span(speech)
    assert starts(line)[0] == pytest.approx(3 + begin_of_speech + 0.1, abs=0.1)


@pytest.mark.parametrize("phrase", PHRASES)
def test_speech_after_a_tone_and_digital_silence_is_heard_at_once(
    synthesizer: PiperSynthesizer, phrase: str
) -> None:
    """Ringback or a beep passes for the line's noise as long as it sounds; what is said then must not."""
    speech = at_level(signal(synthesizer.render(phrase)), -20)
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    line = np.concatenate([tone, np.zeros(2 * RATE), speech, np.zeros(RATE)])
    begin, _ = voiced_span(speech)
    assert next(start for start in starts(line) if start > 4) == pytest.approx(4 + begin + 0.12, abs=0.12)
