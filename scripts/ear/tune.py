"""Finds the model's balance on voices, accents and sentences that are not in training, and that no test
uses.
"""

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from ear.audio import Audio
from ear.augmentation import telephone
from ear.export import Balance, Parts
from ear.measure import Ear, Figures, measure
from ear.speech_plan import UNKNOWN
from ear.synthesis import read_shard
from ear.vocabulary import Vocabulary
from ear.work import Bar

KINDS = ("sentences", "grammar", "strange", "foreign")
SCALES = (0.3, 0.4, 0.5, 0.7)
"""With less, fewer sentences of a grammar are missed, and more strange words taken for some (0.25: 7 %)."""
LANGUAGES = (1.0, 1.25, 1.5)
"""Times the scale."""
PENALTIES = (2.0, 3.0, 4.0)
PROBABILITIES = (0.0, 1e-3)
_GRAMMAR = 60  # phrases

Said = list[tuple[Sequence[str], Audio]]


def write_balance(
    path: Path, parts: Parts, spoken: dict[str, Path], vocabulary: Vocabulary, seed: int
) -> None:
    """Writes a JSON object: the best balance, and what it reached on each kind of speech, in percent of
    mistakes.
    """
    said = {kind: _heard_by_phone(shard, seed) for kind, shard in spoken.items()}
    grammar = _grammar(said, vocabulary, seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        Bar("tuning", len(SCALES) + len(LANGUAGES) + len(PENALTIES) + len(PROBABILITIES)) as bar,
    ):
        trial = _Trial(parts, Path(folder), said, grammar)
        best = Balance(unknown_penalty=PENALTIES[-2])
        together = [{"scale": scale, "language": LANGUAGES[1] * scale} for scale in SCALES]
        best = _best(best, together, trial.in_all, bar)
        best = _best(best, [{"language": times * best.scale} for times in LANGUAGES], trial.in_words, bar)
        best = _best(best, [{"unknown_penalty": each} for each in PENALTIES], trial.in_grammar, bar)
        strange = [{"unknown_probability": share} for share in PROBABILITIES]
        best = _best(best, strange, trial.in_strange_words, bar)
        found = {"balance": asdict(best), "mistakes": trial.mistakes(best)}
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")


class _Trial:
    def __init__(self, parts: Parts, folder: Path, said: dict[str, Said], grammar: Sequence[str]) -> None:
        self._parts = parts
        self._folder = folder
        self._said = said
        self._grammar = grammar

    def in_all(self, balance: Balance) -> float:
        """With a grammar and without."""
        return self.in_words(balance) + self.in_grammar(balance)

    def in_words(self, balance: Balance) -> float:
        return self._measured(balance, self._said["sentences"]).word_error_rate

    def in_grammar(self, balance: Balance) -> float:
        """Sentences of the grammar that are misheard, and others that are taken for one of it."""
        inside = self._measured(balance, self._said["grammar"], self._grammar)
        return inside.sentence_error_rate + self._taken(balance)

    def in_strange_words(self, balance: Balance) -> float:
        """A strange word in every sixth sentence."""
        usual, strange = self._said["sentences"], self._said["strange"]
        return self._measured(balance, [*usual, *strange[: len(usual) // 6]]).word_error_rate

    def mistakes(self, balance: Balance) -> dict[str, float]:
        """In percent: of words, of sentences in a grammar, of sentences outside it that were taken for one
        in it.
        """
        inside = self._measured(balance, self._said["grammar"], self._grammar)
        return {
            "words": round(self.in_words(balance), 1),
            "strange words": round(self._measured(balance, self._said["strange"]).word_error_rate, 1),
            "sentences in a grammar": round(inside.sentence_error_rate, 1),
            "sentences outside a grammar": round(self._taken(balance), 1),
        }

    def _taken(self, balance: Balance) -> float:
        """Percent of what is outside the grammar that comes back as a phrase of it, less what is unknown."""
        ear = self._ear(balance, self._grammar)
        known = {tuple(phrase.split()) for phrase in self._grammar}
        outside = [
            sound
            for kind in ("sentences", "foreign")
            for right, sound in self._said[kind]
            if tuple(right) not in known
        ]
        heard = (tuple(word for word in ear.hear(sound) if word != UNKNOWN) for sound in outside)
        taken = sum(words in known for words in heard)
        return 100 * taken / max(1, len(outside))

    def _measured(self, balance: Balance, said: Said, grammar: Sequence[str] = ()) -> Figures:
        return measure(self._ear(balance, grammar), said)

    def _ear(self, balance: Balance, grammar: Sequence[str]) -> Ear:
        self._parts.write(self._folder, balance)
        return Ear(self._folder, grammar)


def _best(
    best: Balance, changes: Sequence[dict[str, float]], cost: Callable[[Balance], float], bar: Bar
) -> Balance:
    """The balance with the change that costs least; of equals the first."""
    tried = []
    for change in changes:
        balance = replace(best, **change)
        tried.append((cost(balance), balance))
        bar.step(f"{change}: {tried[-1][0]:.1f} %")
    return min(tried, key=lambda pair: pair[0])[1]


def _heard_by_phone(shard: Path, seed: int) -> Said:
    said: Said = []
    for index, spoken in enumerate(read_shard(shard)):
        chance = np.random.default_rng([seed, index])
        audio = np.pad(spoken.audio.astype(np.float64), (2400, 6400))
        said.append((spoken.utterance.words, telephone(audio, chance, audio[::-1])))
    return said


def _grammar(said: dict[str, Said], vocabulary: Vocabulary, seed: int) -> list[str]:
    """The phrases said, others of their rule up to _GRAMMAR, and [unk]."""
    chance = random.Random(f"{seed}/grammar")
    phrases = {" ".join(words) for words, _ in said["grammar"]}
    for _ in range(10 * _GRAMMAR):
        if len(phrases) < _GRAMMAR:
            phrases.add(" ".join(vocabulary.rules.sample("dialplan", chance)))
    return [*sorted(phrases), UNKNOWN]
