"""Words of a dialplan's sentences that the chosen ears do not know: they can never hear them."""

import difflib
import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from softswitch.config import Config
from softswitch.dialplan import folder, reading
from softswitch.dialplan.checks.places import all_given
from softswitch.dialplan.files.texts import Texts
from softswitch.dialplan.reading import Draft
from softswitch.dialplan.spoken import normalise
from softswitch.errors import Problem
from softswitch.marked_yaml import Document, Place
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.recognizer import VoskRecognizer

RULE = "unknown-word"
NO_EAR = "no-ear"
NAMES = re.compile(r"\{[^{}]*\}|<[^<>]*>|[()\[\]|]")
SUGGESTIONS = 3
LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class Heard:
    """A text that callers say, and its place in a file."""

    document: Document
    place: Place
    words: frozenset[str]


def warnings(config: Config, path: Path) -> list[Problem]:
    """One for each word of a sound dialplan, where it first stands. Raises SoftswitchError without an ear."""
    draft = reading.read(folder.read(path))
    assert draft.plan
    found = [
        problem
        for language in draft.plan.spoken
        for problem in _warnings(config, draft, language, draft.plan.name)
    ]
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.column))


def _warnings(config: Config, draft: Draft, language: str, plan: str) -> Iterator[Problem]:
    missing = [each for each in config.speech.missing_for(language, plan) if ".models." in each]
    if missing:
        message = (
            f"its words in {language} cannot be checked: no ear of that language is chosen; set {missing[0]}"
        )
        yield Problem(*draft.plan_document.where(("languages",)), message, NO_EAR, True)
        return
    ear = models.ear(config.speech.model_for(language, plan), config.models_dir)
    recognizer = VoskRecognizer(ear, config.media.clock_rate, SpeechPool(1))
    heard = list(_heard(draft, language))
    unknown = recognizer.unknown_words([word for each in heard for word in sorted(each.words)])
    suggest = _suggester(models.words(ear) if unknown else [], recognizer.unknown_words)
    places: dict[str, list[Heard]] = {}
    for each in heard:
        for word in sorted(each.words & unknown):
            places.setdefault(word, []).append(each)
    for word, found in places.items():
        often = f" ({len(found)} sentences)" if len(found) > 1 else ""
        message = f"the ear does not know '{word}'{often}, so it never hears it{suggest(word)}"
        yield Problem(*found[0].document.where(found[0].place), message, RULE, True)


def _heard(draft: Draft, language: str) -> Iterator[Heard]:
    """Sentences, rules, lists and words in a language."""
    for given in all_given(draft):
        for written_in, place, text in given.each():
            if isinstance(given.texts, Texts) and written_in in ("", language):
                yield Heard(given.document, place, _words(text))


def _words(text: str) -> frozenset[str]:
    """Those that the template itself has: a rule's are told where it stands, slots have the language's."""
    return frozenset(normalise(NAMES.sub(" ", text)).split())


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
