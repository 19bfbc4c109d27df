"""What is said to the ear: whole sentences, and utterances in steps of a dialplan, as text and as sound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from ear.audio import Audio

from figures.speech_dialplan import Intents, phrases

DATA = Path(__file__).parent / "speech"
PHRASE = "phrase"
OUTSIDE = "outside"
STRANGE = "strange"


@dataclass(frozen=True, slots=True)
class Said:
    """`words` are what shall be written down, `sound` is 8 kHz and not yet on any line.

    `kind`: a PHRASE of its step, something that the step does not ask for (OUTSIDE), or speech with words
    that the ear does not know (STRANGE). The last two have no `intent`.
    """

    words: tuple[str, ...]
    sound: Audio
    kind: str = PHRASE
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    intents: Intents
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Material:
    sentences: tuple[Said, ...]
    steps: tuple[Step, ...]

    def sounds(self) -> Iterator[Audio]:
        yield from (said.sound for said in self.sentences)
        yield from (said.sound for step in self.steps for said in step.said)


@dataclass(frozen=True, slots=True)
class Script:
    """The held-out set as text, to be spoken."""

    sentences: tuple[str, ...]
    strangers: tuple[str, ...]  # said in every step
    steps: Mapping[str, Mapping[str, Intents]]

    def lines(self) -> list[str]:
        """Every text, each once."""
        said = [text for name in self.steps for text, _, _ in self.in_step(name)]
        return list(dict.fromkeys([*self.sentences, *said]))

    def in_step(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Text, kind and intent of everything that is said in a step."""
        step = self.steps[name]
        for intent, sentences in step["intents"].items():
            yield from ((text, PHRASE, intent) for text in phrases(sentences))
        yield from ((text, OUTSIDE, "") for text in step["outside"])
        yield from ((text, STRANGE, "") for text in (*step["strange"], *self.strangers))

    def spoken(self, sounds: Mapping[str, Audio]) -> Material:
        """With the sound of every line."""
        sentences = tuple(Said(tuple(text.lower().split()), sounds[text]) for text in self.sentences)
        steps = tuple(
            Step(
                step["intents"],
                tuple(
                    Said(tuple(text.split()), sounds[text], kind, intent)
                    for text, kind, intent in self.in_step(name)
                ),
            )
            for name, step in self.steps.items()
        )
        return Material(sentences, steps)


def held_out(folder: Path = DATA) -> Script:
    steps = yaml.safe_load((folder / "steps.yaml").read_text(encoding="utf-8"))
    return Script(_lines(folder / "sentences.txt"), _lines(folder / "strangers.txt"), steps)


def _lines(path: Path) -> tuple[str, ...]:
    lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
