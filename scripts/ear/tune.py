"""Finds the model's balance on voices, accents and sentences that are not in training, and that no test
uses.
"""

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean

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
SCALE = 0.35
"""Of the sound's scores; once the best of 0.3, 0.35, 0.4, 0.5 and 0.7, and no more a question. With more, it
misses more sentences where speech is hard to hear; with less, it takes clear speech in a little noise for
other phrases of a large grammar.
"""
LANGUAGES = (1.25, 1.5, 1.75)
"""Times the scale."""
PENALTIES = (2.0, 3.0, 4.0)
PROBABILITIES = (0.0, 1e-3)
GRAMMARS = (60, 1000)
"""Phrases: what a question listens for, and what it does with the universal intents. A balance that is good
for the first may be bad for the second, which has a wrong phrase for every noise.
"""

Said = list[tuple[Sequence[str], Audio]]


def write_balance(
    path: Path, parts: Parts, spoken: dict[str, Path], vocabulary: Vocabulary, seed: int
) -> None:
    """Writes a JSON object: the best balance, and what it reached on each kind of speech, in percent of
    mistakes.
    """
    said = {kind: _heard_by_phone(shard, seed) for kind, shard in spoken.items()}
    grammars = [_grammar(said, vocabulary, seed, size) for size in GRAMMARS]
    with (
        tempfile.TemporaryDirectory() as folder,
        Bar("tuning", len(LANGUAGES) + len(PENALTIES) + len(PROBABILITIES)) as bar,
    ):
        trial = _Trial(parts, Path(folder), said, grammars)
        best = Balance(scale=SCALE, unknown_penalty=PENALTIES[-2])
        best = _best(best, [{"language": times * SCALE} for times in LANGUAGES], trial.in_words, bar)
        best = _best(best, [{"unknown_penalty": each} for each in PENALTIES], trial.in_grammar, bar)
        strange = [{"unknown_probability": share} for share in PROBABILITIES]
        best = _best(best, strange, trial.in_strange_words, bar)
        found = {"balance": asdict(best), "mistakes": trial.mistakes(best)}
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")


class _Trial:
    def __init__(
        self, parts: Parts, folder: Path, said: dict[str, Said], grammars: Sequence[Sequence[str]]
    ) -> None:
        self._parts = parts
        self._folder = folder
        self._said = said
        self._grammars = grammars

    def in_words(self, balance: Balance) -> float:
        return self._measured(balance, self._said["sentences"]).word_error_rate

    def in_grammar(self, balance: Balance) -> float:
        """Sentences of a grammar that are misheard, and others that are taken for one of it."""
        return self._misheard(balance) + self._taken(balance)

    def in_strange_words(self, balance: Balance) -> float:
        """A strange word in every sixth sentence."""
        usual, strange = self._said["sentences"], self._said["strange"]
        return self._measured(balance, [*usual, *strange[: len(usual) // 6]]).word_error_rate

    def mistakes(self, balance: Balance) -> dict[str, float]:
        """In percent: of words, of sentences in a grammar, of sentences outside it that were taken for one
        in it.
        """
        return {
            "words": round(self.in_words(balance), 1),
            "strange words": round(self._measured(balance, self._said["strange"]).word_error_rate, 1),
            "sentences in a grammar": round(self._misheard(balance), 1),
            "sentences outside a grammar": round(self._taken(balance), 1),
        }

    def _misheard(self, balance: Balance) -> float:
        """Percent of the sentences of a grammar, the mean over the grammars."""
        said = self._said["grammar"]
        return fmean(self._measured(balance, said, each).sentence_error_rate for each in self._grammars)

    def _taken(self, balance: Balance) -> float:
        return fmean(self._taken_for(balance, grammar) for grammar in self._grammars)

    def _taken_for(self, balance: Balance, grammar: Sequence[str]) -> float:
        """Percent of what is outside the grammar that comes back as a phrase of it, less what is unknown."""
        ear = self._ear(balance, grammar)
        known = {tuple(phrase.split()) for phrase in grammar}
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


def _grammar(said: dict[str, Said], vocabulary: Vocabulary, seed: int, size: int) -> list[str]:
    """The phrases said, others of their rule up to `size`, and [unk]."""
    chance = random.Random(f"{seed}/grammar")
    phrases = {" ".join(words) for words, _ in said["grammar"]}
    for _ in range(10 * size):
        if len(phrases) < size:
            phrases.add(" ".join(vocabulary.rules.sample("dialplan", chance)))
    return [*sorted(phrases), UNKNOWN]
