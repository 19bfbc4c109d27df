"""The card that goes with the model: what it was made from, what it reached, and what it is not for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ear.settings import Settings

_SOURCES = {
    "espeak": "espeak-ng, some seventy variants in eight English accents",
    "flite_slt": "flite, cmu_us_slt (statistical)",
    "flite_rms": "flite, cmu_us_rms (statistical)",
    "flite_awb": "flite, cmu_us_awb (statistical)",
    "flite_kal16": "flite, kal16 (diphone)",
    "flite_kal": "flite, kal (diphone, 8 kHz)",
    "festival_kal": "festival, kal_diphone",
    "festival_slt": "festival, cmu_us_slt_arctic_hts",
    "foreign": "espeak-ng in twelve other languages, for [unk]",
}

_CARD = """# The embedded ear

A Vosk model for English over the telephone, 8 kHz: a Kaldi nnet3 time-delay network of {parameters:,}
parameters, {words:,} words, and a trigram language model that a grammar replaces at run time.
`scripts/train_demo_model` made it ({name} build, seed {seed}). It takes running cepstral means away.

## What it was made from

Synthetic speech alone, each utterance heard over {copies} of the simulated telephone lines: rooms, filters,
levels from -38 to -12 dB, noise and babble at 5 to 40 dB, G.711, lost packets, vocal tracts from 0.86 to 1.16
times their length. In the last {hardening:,} steps of training half of the utterances came from other
speakers, made of these by linear prediction, and most were in noise and babble at 4 to 20 dB.

| utterances | speaker |
|---|---|
{sources}

The language model learnt from {sentences:,} sentences by rule and from some 3,700 that were written for this
project (`scripts/ear/free.txt`, `scripts/ear/conversation.txt`); no corpus of others' texts is in it.

No human voice and no recording of one is in the training. festival's voice kdlpc is in neither training
nor tuning, so that the accuracy bench can measure on a family of voices that the ear has never heard.

## Figures

Measured at the tuning itself, on {tuning} utterances of each kind over simulated lines, by espeak-ng
variants and an accent that training leaves out. Tuning chose acoustic scale {scale}, language
weight {language:g}, unknown penalty {unknown_penalty} and probability of [unk] {unknown_probability} to make
these small; `scripts/bench speech` measures on other sets.

| mistakes | % |
|---|---|
{mistakes}

## What it is not for

Real callers: nobody has measured it on human speech, and it will be much worse there than on these
figures. Any other language. Words that are not in `graph/words.txt` come back as [unk] at best, as
another word at worst. Dictation, names and addresses in general. Any decision about a person. Use
`speech.model` to put a real Vosk model in its place.

## Licence

Made by this project's scripts and under its licence, GPL-3.0-or-later. The speech came out of espeak-ng
(GPL-3.0-or-later), flite with its CMU voices, and festival with festvox-kallpc16k and
festvox-us-slt-hts; their copyright files in Debian (/usr/share/doc/*/copyright) state their terms. The
authors of none of them endorse it.
"""


@dataclass(frozen=True)
class Facts:
    settings: Settings
    words: int
    parameters: int
    balance: Mapping[str, float]
    mistakes: Mapping[str, float]  # in percent, by what they are of


def write(path: Path, facts: Facts) -> None:
    settings = facts.settings
    text = _CARD.format(
        parameters=facts.parameters,
        words=facts.words,
        name=settings.name,
        seed=settings.seed,
        copies=settings.copies,
        hardening=settings.hardening,
        sentences=settings.sentences,
        tuning=settings.tuning,
        sources="\n".join(f"| {count:,} | {_SOURCES[engine]} |" for engine, count in settings.speech),
        mistakes="\n".join(f"| {what} | {percent:.1f} |" for what, percent in facts.mistakes.items()),
        **facts.balance,
    )
    path.write_text(text, encoding="utf-8")
