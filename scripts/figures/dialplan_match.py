"""Matching one utterance against 500 intents with 5,000 sentences, all of them listened for."""

import random
import time
from collections.abc import Sequence
from datetime import datetime

from figures.dialplan_plan import intents, nonsense
from figures.figure import Measurement, Spec, Workshop, percentile
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.sentences import Sentences
from softswitch.dialplan.slots import Declaration, slot

NOW = datetime(2026, 11, 23, 9, 30)
ROUNDS = 4_000
POLITE = (
    "um",
    "hello",
    "well",
    "you know",
    "if that's alright",
    "right away",
    "as soon as possible",
    "actually",
)
VALUES = {"{day}": "the twenty third of november", "{reference}": "double oh seven five one two"}


def compiled(count: int = 500) -> Sentences:
    language = LANGUAGES["en"]
    slots = {
        "day": slot(Declaration("date"), language),
        "reference": slot(Declaration("digits", length=(6, 6)), language),
    }
    return Sentences(intents(count), {}, slots, language, skip_words=("please", "hello", "thank you"))


def utterances(sentences: Sentences, names: Sequence[str], count: int) -> list[str]:
    """In equal parts: whole phrases, phrases put otherwise (words more, less, moved, misheard), nonsense."""
    chance = random.Random(2)
    said = [
        _spoken(chance.choice(sentences.phrases.examples(name, 8)))
        for name in chance.choices(names, k=count // 3)
    ]
    otherwise = [_otherwise(text, chance) for text in said]
    mixed = [*said, *otherwise, *nonsense(count - 2 * len(said))]
    chance.shuffle(mixed)
    return mixed


def _spoken(phrase: str) -> str:
    return " ".join(VALUES.get(word, word) for word in phrase.split())


def _otherwise(text: str, chance: random.Random) -> str:
    words = text.split()
    words.pop(chance.randrange(len(words)))
    words.insert(chance.randrange(len(words) + 1), chance.choice(POLITE))
    if chance.random() < 0.3:
        words.insert(0, words.pop())
    place = chance.randrange(len(words))
    words[place] = words[place][:-1] + "s" if chance.random() < 0.5 else words[place]
    return " ".join(words)


def times_ms(sentences: Sentences, names: frozenset[str], said: Sequence[str]) -> list[float]:
    """Strict, and fuzzy where that finds nothing, as for one hypothesis of a recogniser."""
    times = []
    for text in said:
        begun = time.perf_counter()
        if sentences.strict(text, names, NOW) is None:
            sentences.fuzzy(text, names, NOW)
        times.append((time.perf_counter() - begun) * 1e3)
    return times


def match(workshop: Workshop) -> Sequence[float]:
    begun = time.perf_counter()
    sentences = compiled()
    build_s = time.perf_counter() - begun
    names = frozenset(intents())
    said = utterances(sentences, sorted(names), ROUNDS)
    workshop.tell(f"compiled in {build_s:.2f} s; {len(said)} utterances")
    times = times_ms(sentences, names, said)
    return (percentile(times, 0.5), percentile(times, 0.99), build_s)


MATCH = Measurement(
    f"an utterance against 500 intents with 5,000 sentences: {ROUNDS} utterances",
    (
        Spec("match p50", "ms"),
        Spec("match p99", "ms", at_most=2),
        Spec("compile 5,000 sentences", "s", at_most=0.7),
    ),
    match,
)
