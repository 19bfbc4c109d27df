"""A lesson is a sentence as Piper's phonemizer writes it, said by flite phone for phone: what to imitate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from piper.phonemize_espeak import EspeakPhonemizer

from voice import front
from voice.flite import Flite, Saying
from voice.spectrum import sharpened
from voice.symbols import NUMBER, PAUSES, PHONES, VOWELS, ids_of

LANGUAGE = "en-us"
LEAD, TAIL = 4, 20  # frames of silence that are kept at both ends; flite leaves a good deal more
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*'?")
Words: TypeAlias = list[list[int]]  # the numbers of each word's phones


@dataclass(frozen=True)
class Read:
    """The front's view of a sentence; see front.Text."""

    phones: NDArray[np.int64]
    stress: NDArray[np.int64]
    word_ends: NDArray[np.int64]
    features: NDArray[np.float32]
    places: NDArray[np.int64]
    rises: NDArray[np.float32]


@dataclass(frozen=True)
class Lesson:
    read: Read
    ids: NDArray[np.int64]  # Piper's, of the sentence
    same: NDArray[np.bool_]  # where flite said the very phone that was wanted
    lengths: NDArray[np.int64]  # frames of 5 ms of each phone
    f0: NDArray[np.float32]  # Hz by frame, 0 without voice
    cepstra: NDArray[np.float32]
    strengths: NDArray[np.float32]


@dataclass
class Teacher:
    """`refused` counts why sentences could not be used."""

    refused: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.flite = Flite()
        self.reader = Reader()

    def lesson(self, text: str) -> Lesson | None:
        """None where flite cannot be made to say it as espeak reads it."""
        try:
            return self._lesson(text)
        except _Unfit as reason:
            self.refused[str(reason)] = self.refused.get(str(reason), 0) + 1
            return None

    def _lesson(self, text: str) -> Lesson:
        ids = self.reader.ids(text)
        read = self.reader.read(ids)
        words = _WORD.findall(text.lower())
        parts = _shared_out(read, [self.reader.alone(word) for word in words])
        return _lesson(ids, read, self.flite.say(*_script(read, words, parts, text[-1])))


class Reader:
    """Text to what the voice's front makes of it."""

    def __init__(self) -> None:
        self._phonemizer = EspeakPhonemizer()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(front.model().SerializeToString(), options)
        self.alone = cache(self._alone)

    def ids(self, text: str) -> NDArray[np.int64]:
        sentences = self._phonemizer.phonemize(LANGUAGE, text)
        if len(sentences) != 1:
            raise _Unfit("not one sentence")
        return np.array(ids_of(sentences[0]), np.int64)

    def read(self, ids: NDArray[np.int64]) -> Read:
        given = {"input": ids[None], "input_lengths": np.array([len(ids)]), "scales": np.zeros(3, np.float32)}
        names = [part.name for part in fields(Read)]
        return Read(**dict(zip(names, self._session.run(names, given), strict=True)))

    def _alone(self, word: str) -> tuple[int, ...]:
        phones = self.read(self.ids(word)).phones.tolist()
        return tuple(phone for phone in phones if phone >= len(PAUSES))


class _Unfit(ValueError):
    """Why a sentence is no lesson."""


def _shared_out(read: Read, alone: Sequence[Sequence[int]]) -> Words:
    """Which phones belong to which word: espeak writes some words as one, and says others differently than
    alone. Least edit distance between the sentence and its words said alone.
    """
    numbers = [number for number, phone in enumerate(read.phones.tolist()) if phone >= len(PAUSES)]
    owners = [owner for owner, phones in enumerate(alone) for _ in phones]
    steps = _alignment([int(read.phones[number]) for number in numbers], [p for word in alone for p in word])
    words: Words = [[] for _ in alone]
    for number, step in zip(numbers, steps, strict=True):
        words[owners[step]].append(number)
    if not all(words):
        raise _Unfit("a word without phones")
    ends = set(np.flatnonzero(read.word_ends).tolist())
    for word in words:
        if ends.intersection(word[:-1]):
            raise _Unfit("words of which none is known where it ends")
    return words


def _alignment(heard: Sequence[int], expected: Sequence[int]) -> list[int]:
    """For each of `heard` the place of the expected one that it is, or stands for; these never go back."""
    if not heard or not expected:
        raise _Unfit("nothing to say")
    costs = np.zeros((len(heard) + 1, len(expected) + 1), np.int64)
    costs[0], costs[:, 0] = np.arange(len(expected) + 1), np.arange(len(heard) + 1)
    for row, phone in enumerate(heard, 1):
        for column, other in enumerate(expected, 1):
            change = costs[row - 1, column - 1] + _unlike(phone, other)
            costs[row, column] = min(change, costs[row - 1, column] + 2, costs[row, column - 1] + 2)
    row, column, steps = len(heard), len(expected), []
    while row:
        if column and costs[row, column] == costs[row - 1, column - 1] + _unlike(
            heard[row - 1], expected[column - 1]
        ):
            steps.append(column - 1)
            row, column = row - 1, column - 1
        elif costs[row, column] == costs[row - 1, column] + 2:
            steps.append(max(column - 1, 0))
            row -= 1
        else:
            column -= 1
    return steps[::-1]


def _unlike(phone: int, other: int) -> int:
    """A vowel becomes another vowel rather than a consonant."""
    if phone == other:
        return 0
    return 1 if _is_vowel(phone) == _is_vowel(other) else 3


def _is_vowel(phone: int) -> bool:
    return PHONES[phone] in VOWELS


def _script(read: Read, words: Sequence[str], parts: Words, end: str) -> tuple[str, dict[str, list[str]]]:
    """The sentence for flite, and its words' pronunciations. A word said in two ways gets a second name only
    where it must: flite knows by their spelling which words are mere helpers, and says them lower.
    """
    said: list[str] = []
    pronunciations: dict[str, list[str]] = {}
    for word, numbers in zip(words, parts, strict=True):
        name = word.replace("'", "")
        if len(name) == 1 and name not in "ai":
            name = f"letter{name}"
        pronunciation = _pronunciation(read, numbers)
        while len(pronunciations.get(name, pronunciation)) != len(pronunciation):
            name += "zq"
        pronunciations.setdefault(name, pronunciation)
        pause = read.phones[numbers[-1] + 1] == NUMBER[","]
        said.append(name + ("," if pause else ""))
    return " ".join(said) + (end if end in ".?!" else ""), pronunciations


def _pronunciation(read: Read, numbers: Sequence[int]) -> list[str]:
    """A word without stress gets it on its first full vowel, as in flite's own dictionary."""
    vowels = [number for number in numbers if PHONES[read.phones[number]] in VOWELS]
    strong = {number for number in vowels if read.stress[number]}
    full = [number for number in vowels if PHONES[read.phones[number]] != "ax"]
    strong = strong or set(full[:1])
    return [
        PHONES[read.phones[number]] + (str(int(number in strong)) if number in vowels else "")
        for number in numbers
    ]


def _lesson(ids: NDArray[np.int64], read: Read, saying: Saying) -> Lesson:
    wanted = ["pau" if phone < len(PAUSES) else PHONES[phone] for phone in read.phones.tolist()]
    if len(wanted) != len(saying.phones):
        raise _Unfit("other phones or pauses")
    same = np.array([own == other for own, other in zip(wanted, saying.phones, strict=True)])
    if same.mean() < 0.85:
        raise _Unfit("other phones or pauses")
    lengths = np.diff([0, *saying.ends])
    start, end = max(0, lengths[0] - LEAD), saying.ends[-1] - max(0, lengths[-1] - TAIL)
    lengths[0], lengths[-1] = min(lengths[0], LEAD), min(lengths[-1], TAIL)
    if lengths.min() < 1:
        raise _Unfit("a phone without length")
    kept = slice(start, end)
    cepstra = sharpened(saying.cepstra[kept])
    return Lesson(read, ids, same, lengths, saying.f0[kept], cepstra, saying.strengths[kept])
