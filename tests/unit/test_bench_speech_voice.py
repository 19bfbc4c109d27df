"""The arithmetic of the voice's figures."""

import numpy as np
import pytest
from figures.figure import figures_of
from figures.speech_voice import CLICKS, SPEED, UNDERSTOOD, _telephoned, _word_errors, section, sentences
from voice.corpus import SENTENCES


def test_word_errors_count_words_and_neither_case_nor_punctuation() -> None:
    assert _word_errors(["Is it ready?", "It's here."], ["is it ready", "it's here"]) == 0
    assert _word_errors(["Is it ready?", "It's here."], ["is ready", "it's her"]) == pytest.approx(40)


def test_what_the_recogniser_hears_is_padded_and_loud() -> None:
    heard = np.frombuffer(_telephoned(np.sin(np.arange(8000) / 5).astype(np.float32) / 10), "<i2")
    assert len(heard) == 16000 * (1 + 2 * 0.3)
    assert np.abs(heard).max() == pytest.approx(0.6 * 32767, rel=0.05)
    assert 0 < np.abs(heard[:4000]).max() < 30


def test_the_card_gets_every_figure() -> None:
    values = {SPEED: (0.004, 9.0), UNDERSTOOD: (12.0, 12.5, -0.5), CLICKS: (1.02,)}
    figures = [row for each, found in values.items() for row in figures_of("speech", each, found)]
    lines = section(figures).splitlines()
    assert "| first audio of the voice, ten words | 9 ms | <= 25 |" in lines
    assert "| word errors on the voice beyond those | -0.5 points | <= 2 |" in lines
    assert len([line for line in lines if line.startswith("| ")]) == 7


def test_the_sentences_are_others_than_the_voice_learns_from() -> None:
    learnt = SENTENCES.read_text(encoding="utf-8").splitlines()
    assert not set(sentences()) & set(learnt)
    assert len(set(sentences())) == len(sentences()) == 60
