"""Figures: how many words and intents the ear gets wrong, over each line, with and without grammar.

Every step's utterances are heard with the grammar that the step gives its recogniser, with the whole
vocabulary, and with a grammar that has all phrases of the universal intents besides the step's own. Intents
are decided on what was heard by the dialplan's own matcher in all cases.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ear.audio import Audio
from ear.measure import edits

from figures import speech_said
from figures.figure import Estimate, Measurement, Spec, Workshop
from figures.speech_dialplan import Question
from figures.speech_ear import Job, hear
from figures.speech_line import CLEAN, CONDITIONS, Condition, heard_over
from figures.speech_material import OUTSIDE, PHRASE, STRANGE, Material, Said
from figures.speech_score import share, word_errors
from softswitch.events import Recognition

SENTENCES = "whole vocabulary"
GRAMMAR = "with grammar"
FREE = "without grammar"
CROWDED = "with all universal phrases"
WORDS = "word errors"
WRONG = "intents wrong"
OTHER = "another intent answered"
TAKEN = {STRANGE: "unknown words answered", OUTSIDE: "other requests answered"}

Source = Callable[[Workshop], Material]


@dataclass(frozen=True, slots=True)
class Rate:
    """What a figure counts, of which utterances (`way` of hearing and `kind`), its targets by line, and the
    lines over which it is found.
    """

    what: str
    way: str
    kind: str
    targets: Mapping[str, float]
    lines: Sequence[Condition] = CONDITIONS

    def name(self, line: Condition) -> str:
        return f"{self.what}, {self.way}, {line.name}"


RATES = (
    Rate(WORDS, SENTENCES, PHRASE, {"clean": 15}),
    Rate(WORDS, GRAMMAR, PHRASE, {"clean": 4}),
    Rate(WRONG, GRAMMAR, PHRASE, {"clean": 2, "10 dB": 10}),
    Rate(OTHER, GRAMMAR, PHRASE, {}),
    Rate(TAKEN[STRANGE], GRAMMAR, STRANGE, {"clean": 5}),
    Rate(TAKEN[OUTSIDE], GRAMMAR, OUTSIDE, {}),
    Rate(WORDS, FREE, PHRASE, {}),
    Rate(WRONG, FREE, PHRASE, {}),
    # The whole vocabulary has words for everything, so these are small: the clean line tells enough.
    Rate(TAKEN[STRANGE], FREE, STRANGE, {}, (CLEAN,)),
    Rate(TAKEN[OUTSIDE], FREE, OUTSIDE, {}, (CLEAN,)),
    Rate(WRONG, CROWDED, PHRASE, {}, (CLEAN,)),
    Rate(OTHER, CROWDED, PHRASE, {}, (CLEAN,)),
    Rate(TAKEN[STRANGE], CROWDED, STRANGE, {}, (CLEAN,)),
    Rate(TAKEN[OUTSIDE], CROWDED, OUTSIDE, {}, (CLEAN,)),
)


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One utterance, heard one way; without a question where no step is asked."""

    said: Said
    way: str
    question: Question | None

    @property
    def grammar(self) -> tuple[str, ...] | None:
        return self.question.grammar if self.question and self.way != FREE else None


@dataclass(frozen=True, slots=True)
class _Heard:
    way: str
    kind: str
    mistakes: int
    words: int
    wrong: bool  # the intent: another, or none where one was meant
    answered: bool  # with an intent that was not meant


def measurement(
    line: Condition,
    material: Source = speech_said.material,
    rates: Sequence[Rate] = RATES,
    what: str = "held-out speech",
) -> Measurement:
    """The rates over one kind of line; each needs at least one utterance of its kind in the material."""
    chosen = [rate for rate in rates if line in rate.lines]
    specs = tuple(Spec(rate.name(line), "%", at_most=rate.targets.get(line.name)) for rate in chosen)

    def run(workshop: Workshop) -> Sequence[Estimate]:
        found = _listen(line, material(workshop), chosen, workshop)
        return [_rated(rate, found) for rate in chosen]

    return Measurement(f"{what} over a line: {line.name}", specs, run)


def _rated(rate: Rate, found: Sequence[_Heard]) -> Estimate:
    chosen = [heard for heard in found if (heard.way, heard.kind) == (rate.way, rate.kind)]
    if rate.what == WORDS:
        return word_errors([(heard.mistakes, heard.words) for heard in chosen])
    counted = [heard.wrong if rate.what == WRONG else heard.answered for heard in chosen]
    return share(sum(counted), len(chosen))


def _listen(line: Condition, material: Material, rates: Sequence[Rate], workshop: Workshop) -> list[_Heard]:
    wanted = {(rate.way, rate.kind) for rate in rates}
    hearings = [each for each in _hearings(material) if (each.way, each.said.kind) in wanted]
    sounds = _over(line, hearings, list(material.sounds()))
    # What several steps hear without grammar is heard once.
    jobs = dict.fromkeys(Job(each.grammar, sounds[id(each.said.sound)]) for each in hearings)
    workshop.tell(f"{len(jobs)} utterances to hear")
    heard = hear(workshop.ear, list(jobs), lambda done: workshop.tell(f"{done} of {len(jobs)} heard"))
    found = dict(zip(jobs, heard, strict=True))
    return [_judged(each, found[Job(each.grammar, sounds[id(each.said.sound)])]) for each in hearings]


def _hearings(material: Material) -> Iterator[_Hearing]:
    for said in material.sentences:
        yield _Hearing(said, SENTENCES, None)
    for step in material.steps:
        question, crowded = Question(step.intents), Question(step.intents, all_universal=True)
        for said in step.said:
            yield _Hearing(said, GRAMMAR, question)
            yield _Hearing(said, FREE, question)
            yield _Hearing(said, CROWDED, crowded)


def _over(line: Condition, hearings: Sequence[_Hearing], others: Sequence[Audio]) -> dict[int, bytes]:
    """Every sound once over the line, by its identity. The text is the seed: order does not matter."""
    said = {id(hearing.said.sound): hearing.said for hearing in hearings}
    return {
        number: heard_over(line, each.sound, others, zlib.crc32(" ".join(each.words).encode()))
        for number, each in said.items()
    }


def _judged(hearing: _Hearing, heard: Recognition) -> _Heard:
    said = hearing.said
    intent = hearing.question.intent(heard) if hearing.question else ""
    mistakes = edits(said.words, heard.text.split())
    wrong = intent != said.intent
    return _Heard(hearing.way, said.kind, mistakes, len(said.words), wrong, wrong and bool(intent))


HELD_OUT = tuple(measurement(line) for line in CONDITIONS)
