"""Figures on recordings of real speech: a folder of WAV files, each with its transcript beside it.

NAME.wav      anything PCM with 16 bits a sample, at any rate, mono or stereo; one utterance
NAME.txt      what is said, in words ("twenty one", not "21")
NAME.intent   which intent of intents.yaml is meant, or none; optional
intents.yaml  intents with their sentences, as a dialplan's step would have them; only needed for intents
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from ear.audio import RATE

from figures.figure import Measurement
from figures.speech_accuracy import RATES, SENTENCES, measurement
from figures.speech_dialplan import Question
from figures.speech_line import CONDITIONS
from figures.speech_material import OUTSIDE, PHRASE, Material, Said, Step
from softswitch.errors import SoftswitchError
from softswitch.gateway.caller.wav import read_wav

INTENTS = "intents.yaml"
NONE = "none"
LONGEST_S = 60
MOST = 2000


def measurements(folder: Path) -> tuple[Measurement, ...]:
    """One for each kind of line. Raises SoftswitchError that names the file that cannot be used."""
    material = read(folder)
    kinds = {said.kind for step in material.steps for said in step.said}
    rates = [rate for rate in RATES if rate.way == SENTENCES or rate.kind in kinds]
    count = f"{len(material.sentences)} recordings"
    return tuple(measurement(line, lambda _: material, rates, count) for line in CONDITIONS)


def read(folder: Path) -> Material:
    """The folder's recordings: each as a sentence, and those with an intent in one step as well."""
    if not folder.is_dir():
        raise SoftswitchError(f"{folder} is no folder: give one with WAV files and their transcripts")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".wav")
    if not 1 <= len(paths) <= MOST:
        raise SoftswitchError(f"{folder} has {len(paths)} WAV files: expected 1 to {MOST} of them")
    _no_transcript_alone(folder, paths)
    intents = _intents(folder / INTENTS)
    said = [_recording(path, intents) for path in paths]
    meant = tuple(each for each in said if each.intent or each.kind == OUTSIDE)
    return Material(tuple(map(_as_sentence, said)), (Step(intents, meant),) if meant else ())


def _as_sentence(said: Said) -> Said:
    return Said(said.words, said.sound)


def _recording(path: Path, intents: Mapping[str, Sequence[str]]) -> Said:
    samples = read_wav(path).astype(np.float64)
    if not samples.any():
        raise SoftswitchError(f"{path} is silent: nobody can be heard in it")
    if len(samples) > LONGEST_S * RATE:
        raise SoftswitchError(f"{path} is longer than {LONGEST_S} s: cut it into single utterances")
    words = transcript(path.with_suffix(".txt"))
    intent = _intent(path.with_suffix(".intent"), intents)
    return Said(words, samples, OUTSIDE if intent == NONE else PHRASE, "" if intent == NONE else intent)


def transcript(path: Path) -> tuple[str, ...]:
    """The words of a transcript, in lower case and without punctuation."""
    text = _text(path, "its WAV file needs a transcript").lower().replace("’", "'")
    if re.search(r"\d", text):
        raise SoftswitchError(f"{path} has digits: write numbers in words, as they are said")
    words = tuple(re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text))
    if not words:
        raise SoftswitchError(f"{path} has no words: write down what is said in its WAV file")
    return words


def _intent(path: Path, intents: Mapping[str, Sequence[str]]) -> str:
    if not path.exists():
        return ""
    name = _text(path, "").strip()
    if name not in (*intents, NONE):
        known = ", ".join(intents) or f"there is no {INTENTS}"
        raise SoftswitchError(
            f"{path} names the intent '{name}': expected {NONE} or one of {INTENTS} ({known})"
        )
    return name


def _intents(path: Path) -> Mapping[str, Sequence[str]]:
    if not path.exists():
        return {}
    try:
        intents = yaml.safe_load(_text(path, ""))
    except yaml.YAMLError as error:
        raise SoftswitchError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    if not _is_intents(intents):
        raise SoftswitchError(f"{path}: expected lines such as `hours: [when are you open, opening hours]`")
    try:
        Question(intents)
        Question(intents, all_universal=True)
    except SoftswitchError as error:
        raise SoftswitchError(f"{path} cannot be a step of a dialplan: {error}") from None
    return dict(intents)


def _is_intents(value: object) -> bool:
    if not (isinstance(value, dict) and value):
        return False
    texts = [sentence for sentences in value.values() for sentence in _list(sentences)]
    names_are_good = all(re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) for name in value)
    return names_are_good and all(map(_list, value.values())) and all(isinstance(text, str) for text in texts)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _no_transcript_alone(folder: Path, waves: Sequence[Path]) -> None:
    names = {path.stem for path in waves}
    for path in sorted(folder.iterdir()):
        if path.suffix in (".txt", ".intent") and path.stem not in names:
            raise SoftswitchError(f"{path} belongs to no recording: there is no {path.stem}.wav beside it")


def _text(path: Path, hint: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = f"{error.strerror}; {hint}" if hint else error.strerror
        raise SoftswitchError(f"{path}: {reason}") from None
    except UnicodeDecodeError:
        raise SoftswitchError(f"{path} is not UTF-8 text: save it as that") from None
