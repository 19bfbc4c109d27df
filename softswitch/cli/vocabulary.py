"""Words of a dialplan's sentences that the chosen ear does not know: it can never hear them.

Reads the plan's files as they are written, because a warning is worth what its line is worth.
"""

import difflib
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softswitch import marked_yaml
from softswitch.config import Config
from softswitch.dialplan import templates
from softswitch.dialplan.plan import Plan
from softswitch.errors import Problem
from softswitch.marked_yaml import Document, Place
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer

HEARD = ("sentences", "skip_words", "backchannel")
"""Keys whose texts callers say, wherever in a plan they stand."""
SUGGESTIONS = 3
LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class Heard:
    """A text that callers say, and its place in a file."""

    document: Document
    place: Place
    words: frozenset[str]


def warnings(config: Config, folder: Path, plan: Plan) -> list[Problem]:
    """One for each word and place. Raises SoftswitchError when the plan's ear cannot be loaded."""
    ear = models.ear(config.speech.model_for(plan.settings.language, plan.name), config.models_dir)
    recognizer = VoskRecognizer(ear, config.media.clock_rate, SpeechPool(1))
    heard = list(_heard(folder))
    unknown = recognizer.unknown_words([word for each in heard for word in sorted(each.words)])
    suggest = _suggester(models.words(ear) if unknown else [], recognizer.unknown_words)
    told = "the ear does not know '{}', so it never hears it{}"
    found = [
        each.document.problem(each.place, told.format(word, suggest(word)))
        for each in heard
        for word in sorted(each.words & unknown)
    ]
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.column))


def _heard(folder: Path) -> Iterator[Heard]:
    for file in sorted(folder.rglob("*.yaml")):
        document = marked_yaml.read(file)
        for place, text in _texts(document.value, (), False):
            yield Heard(document, place, _words(text))


def _texts(value: Any, place: Place, wanted: bool) -> Iterator[tuple[Place, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*place, key), key in HEARD)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*place, number), wanted)
    elif wanted and isinstance(value, str):
        yield place, value


def _words(text: str) -> frozenset[str]:
    """Those of every phrase that the template stands for; slots have words of their language."""
    phrases = templates.expand(text)
    return frozenset(word for phrase in phrases for word in phrase.split() if not word.startswith("{"))


def _suggester(known: list[str], unknown: Callable[[list[str]], Iterable[str]]) -> Callable[[str], str]:
    """The nearest known words; or, for a word of two that are known, those."""
    # Of a quarter of a million words only those are compared that may be near: it takes long enough.
    alike: dict[tuple[str, int], list[str]] = {}
    for word in known:
        alike.setdefault((word[:1], len(word)), []).append(word)

    @functools.cache
    def suggest(word: str) -> str:
        lengths = range(len(word) - 2, len(word) + 3)
        candidates = [other for length in lengths for other in alike.get((word[:1], length), ())]
        near = difflib.get_close_matches(word, candidates, SUGGESTIONS, LIKENESS)
        halves = [(word[:at], word[at:]) for at in range(2, len(word) - 1)]
        whole = [" ".join(pair) for pair in halves if not unknown(list(pair))]
        found = [f"'{each}'" for each in [*near, *whole][:SUGGESTIONS]]
        return f"; it knows {', '.join(found)}" if found else "; say it in other words as well"

    return suggest
