"""Puts a model to Vosk, 20 ms at a time, and counts its mistakes."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ear.audio import RATE, Audio

_PACKET = RATE // 50 * 2  # bytes


@dataclass(frozen=True)
class Figures:
    """`errors` of `words` are substitutions, insertions and deletions; `wrong` of `sentences` have any."""

    errors: int
    words: int
    wrong: int
    sentences: int
    seconds: float  # of CPU
    audio: float  # seconds of it

    @property
    def word_error_rate(self) -> float:
        """In percent."""
        return 100 * self.errors / max(1, self.words)

    @property
    def sentence_error_rate(self) -> float:
        return 100 * self.wrong / max(1, self.sentences)

    @property
    def real_time_factor(self) -> float:
        return self.seconds / max(self.audio, 1e-9)


class Ear:
    """A model in Vosk; with a grammar, [unk] stands for whatever is not in it."""

    def __init__(self, folder: Path, grammar: Sequence[str] = ()) -> None:
        import vosk  # building alone needs no Vosk

        vosk.SetLogLevel(-1)
        model = vosk.Model(str(folder))
        limits = [json.dumps(list(grammar))] if grammar else []
        self._recogniser: Callable[[], Any] = lambda: vosk.KaldiRecognizer(model, RATE, *limits)

    def hear(self, sound: Audio) -> list[str]:
        ear = self._recogniser()
        raw = np.clip(np.round(sound), -32768, 32767).astype("<i2").tobytes()
        words: list[str] = []
        for start in range(0, len(raw), _PACKET):
            if ear.AcceptWaveform(raw[start : start + _PACKET]):
                words += _words(ear.Result())
        return words + _words(ear.FinalResult())


def _words(result: str) -> list[str]:
    return str(json.loads(result)["text"]).split()


def measure(ear: Ear, said: Iterable[tuple[Sequence[str], Audio]]) -> Figures:
    """Of sentences as words and as 8 kHz audio."""
    errors = words = wrong = sentences = 0
    seconds = audio = 0.0
    for right, sound in said:
        start = time.process_time()
        heard = ear.hear(sound)
        seconds += time.process_time() - start
        mistakes = edits(right, heard)
        errors, words = errors + mistakes, words + len(right)
        wrong, sentences = wrong + (mistakes > 0), sentences + 1
        audio += len(sound) / RATE
    return Figures(errors, words, wrong, sentences, seconds, audio)


def edits(right: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(right, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(before + (word != other), row[j] + 1, row[j - 1] + 1)
    return row[-1]
