"""What callers say, compiled: which intent of a plan an utterance means, among those a step listens for.

Strict first: the utterance is a phrase of a template, skip words left out where that helps. Then fuzzy: the
template whose phrase it is most alike, accepted from `threshold` up when no other intent comes nearer than
`margin`; where it was a phrase of several intents, among these. Where the plan has examples of what callers
say, they are asked as well, unless every word of the utterance is a sentence's (examples.py). One index
serves all steps, in one language.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from softswitch.dialplan import candidates, strict, templates
from softswitch.dialplan.automaton import Automaton
from softswitch.dialplan.candidates import Candidate
from softswitch.dialplan.examples import Examples, Verdict
from softswitch.dialplan.language import Language
from softswitch.dialplan.overlap import Likeness, Overlap
from softswitch.dialplan.phrases import Phrases
from softswitch.dialplan.said import Said
from softswitch.dialplan.search import Found
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.stealing import Stealing
from softswitch.dialplan.strict import Meant, Strict
from softswitch.dialplan.templates import Choice
from softswitch.dialplan.weights import Weights

THRESHOLD = 0.7
MARGIN = 0.1
CONFIRM_MARGIN = 0.1
"""Chosen in docs/background/matching.md."""
MAX_TOKENS = 100
"""Of an utterance; what is said after them is not compared."""
LISTENING_SETS = 512
"""Sets of intents that are remembered ready for use: about as many as a plan has steps."""


@dataclass(frozen=True, slots=True)
class Match:
    """`slots`: canonical values by slot name; empty for what a fuzzy match could not read."""

    intent: str
    score: float
    slots: Mapping[str, str] = field(default_factory=dict)
    template: str = ""


class Template(NamedTuple):
    """`intent` is its number."""

    intent: int
    text: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class _Allowed:
    """The intents that are listened for, as both indexes need them."""

    bits: int
    templates: NDArray[np.bool_]
    anything: bool
    """Whether callers may say anything, as they do in the examples: no value is asked for, nor a yes."""


class Sentences:
    """All intents of a plan in one language. Only its caches change after construction."""

    def __init__(
        self,
        intents: Mapping[str, Sequence[str]],
        rules: Mapping[str, str],
        slots: Mapping[str, Slot],
        language: Language,
        skip_words: Sequence[str] = (),
        threshold: float = THRESHOLD,
        margin: float = MARGIN,
        examples: Mapping[str, Sequence[str]] | None = None,
        answering: Collection[str] = (),
        confirm_margin: float = CONFIRM_MARGIN,
    ) -> None:
        """`intents`: templates by intent, in order of declaration; `examples` likewise, as Examples has them,
        and `answering`.

        Raises ValueError for a template that is wrong, with its intent, and for a slot not in `slots`.
        """
        self._threshold, self._margin, self._confirm_margin = threshold, margin, confirm_margin
        self._slots, self._language = slots, language
        self._intents = tuple(intents)
        self._numbers = {name: number for number, name in enumerate(self._intents)}
        self._templates = list(self._parsed(intents, templates.parse_rules(rules)))
        self._said_before, self._answering = examples or {}, answering
        self._listening: dict[frozenset[str], _Allowed] = {}
        self._index(skip_words)

    def _parsed(self, intents: Mapping[str, Sequence[str]], rules: templates.Rules) -> Iterator[Template]:
        for number, (name, texts) in enumerate(intents.items()):
            for text in texts:
                yield Template(number, text, self._parse(name, text, rules))

    def _parse(self, intent: str, text: str, rules: templates.Rules) -> Choice:
        try:
            choice = templates.parse(text, rules)
        except ValueError as error:
            raise ValueError(f"a sentence of {intent} {error}") from None
        for name in templates.names_in(choice):
            if name not in self._slots:
                raise ValueError(f"a sentence of {intent} has the slot {{{name}}}, which is not declared")
        return choice

    def _index(self, skip_words: Sequence[str]) -> None:
        words = [(number, dict.fromkeys(templates.words_in(choice))) for number, _, choice in self._templates]
        self._weights = Weights(words, self._slots, self._language)
        self._overlap = Overlap([(number, choice) for number, _, choice in self._templates], self._weights)
        skipped = [said for text in skip_words if (said := tuple(normalise(text).split()))]
        self._automaton = Automaton(self._slots, self._language, self._weights.evidence, skipped)
        choices: dict[str, list[Choice]] = {}
        for number, _, choice in self._templates:
            self._automaton.add(choice, number)
            choices.setdefault(self._intents[number], []).append(choice)
        self._automaton.start()
        numbers = [number for number, _, _ in self._templates]
        self._strict, self._of_template = Strict(self._automaton, numbers), np.array(numbers, dtype=np.intp)
        self.phrases = Phrases(choices, self._slots)

    def learn(self) -> None:
        """From the examples, now: else it is done when they are first wanted, and takes up to a second."""
        _ = self._examples

    @cached_property
    def _examples(self) -> Examples | None:
        if not self._said_before:
            return None
        used = {name for _, _, choice in self._templates for name in templates.names_in(choice)}
        slots = [slot for name, slot in self._slots.items() if name in used]
        return Examples(self._said_before, slots, self._language, self._answering)

    def strict(self, text: str, allowed: Collection[str], now: datetime) -> Match | None:
        """The intent of which `text` is a whole phrase: with most evidence, then most literal words, fewest
        words in gaps, fewest slots, then declared first. None when words fell into gaps and another intent
        has nearly as much evidence. Intents in `allowed` that have no sentences are no error.
        """
        tokens = normalise(text).split()
        if len(tokens) > MAX_TOKENS or not (way := self._read(tokens, allowed, now)):
            return None
        match = self._match(way)
        sure = not way.loose or self._decided(tokens, match, allowed, now).intent == match.intent
        return match if sure else None

    def _read(self, tokens: Sequence[str], allowed: Collection[str], now: datetime) -> Found | None:
        return strict.best(self._meant(tokens, allowed, now))

    def _meant(self, tokens: Sequence[str], allowed: Collection[str], now: datetime) -> list[Meant]:
        return self._strict.meant(tokens, self._allowed(allowed).bits, now)

    def _decided(
        self, tokens: Sequence[str], match: Match | None, allowed: Collection[str], now: datetime
    ) -> Verdict:
        """What the examples leave of what the sentences found."""
        found = match.intent if match else ""
        if not self._allowed(allowed).anything or not self._examples:
            return Verdict(found)
        return self._examples.decide(tokens, found, now)

    def _match(self, found: Found) -> Match:
        number, template, _ = self._templates[found.template]
        return Match(self._intents[number], 1.0, dict(reversed(found.bindings)), template)

    def fuzzy(self, text: str, allowed: Collection[str], now: datetime) -> Match | None:
        """The intent that `text` is most alike, when it is so clearly. Slots are filled where values can be
        read. Where it is a phrase of several intents, it is none of others. The examples may know another.
        """
        said = self._said(text, now)
        match, verdict = self._judged(said, allowed, now)
        if match and match.intent == verdict.intent:
            return match
        return self._learnt(said, verdict.intent, allowed) if verdict.intent in allowed else None

    def likely(self, text: str, allowed: Collection[str], now: datetime) -> Match | None:
        """Of what is understood neither strictly nor fuzzily, the intent that is likely but not sure: its
        examples are ahead of all others by the margin for asking. None without examples: sentences alone are
        near others as often.
        """
        if not self._said_before:
            return None
        said = self._said(text, now)
        _, verdict = self._judged(said, allowed, now)
        near = verdict.likely in allowed and verdict.ahead >= self._confirm_margin
        return self._learnt(said, verdict.likely, allowed) if near else None

    def _judged(self, said: Said, allowed: Collection[str], now: datetime) -> tuple[Match | None, Verdict]:
        """What the sentences find, and what the examples leave of it: of a whole sentence all."""
        way = self._read(said.tokens, allowed, now)
        match = self._match(way) if way else self._fuzzy(said, allowed, now)
        if match and way and not way.loose:
            return match, Verdict(match.intent)
        return match, self._decided(said.tokens, match, allowed, now)

    def _learnt(self, said: Said, intent: str, allowed: Collection[str]) -> Match:
        """What only the examples know, with the values of its nearest sentence."""
        likeness = next(iter(self._rank(said, [intent], 0.0, 1.0)), None)
        if likeness is None:
            return Match(intent, self._threshold)
        _, template, choice = self._templates[likeness.template]
        return Match(intent, self._threshold, _values(said, likeness, choice), template)

    def _fuzzy(self, said: Said, allowed: Collection[str], now: datetime) -> Match | None:
        phrases = self._meant(said.tokens, allowed, now)
        allowed = [self._intents[each.intent] for each in strict.as_likely(phrases)] or allowed
        floor = max(0.0, self._threshold - self._margin)
        ranked = self._rank(said, allowed, floor, self._margin)
        if not ranked or ranked[0].score < self._threshold:
            return None
        if len(ranked) > 1 and ranked[0].score - ranked[1].score < self._margin:
            return None
        number, template, choice = self._templates[ranked[0].template]
        slots = _values(said, ranked[0], choice)
        return Match(self._intents[number], ranked[0].score, slots, template)

    def candidates(
        self, text: str, allowed: Collection[str], now: datetime, limit: int = 5
    ) -> list[Candidate]:
        """The intents that come nearest, the best template of each, best first; strict ones score 1."""
        said = self._said(text, now)
        found: dict[str, Candidate] = {}
        for meant in self._meant(said.tokens, allowed, now):
            match = self._match(meant.ways[0])
            found[match.intent] = Candidate(match.intent, 1.0, match.template, candidates.strictly(meant))
        for likeness in self._rank(said, allowed, 0.0, 1.0):
            number, template, _ = self._templates[likeness.template]
            intent, why = self._intents[number], candidates.fuzzily(said, likeness)
            found.setdefault(intent, Candidate(intent, likeness.score, template, why))
        scores = self._scores(said.tokens, allowed, now)
        return [candidates.with_examples(each, scores) for each in islice(found.values(), limit)]

    def _scores(self, tokens: Sequence[str], allowed: Collection[str], now: datetime) -> dict[str, float]:
        """What the examples say, where they are asked."""
        asked = self._allowed(allowed).anything and self._examples
        return asked.scores(tokens, now) if asked else {}

    def _said(self, text: str, now: datetime) -> Said:
        tokens = normalise(text).split()[:MAX_TOKENS]
        skipped = {
            place
            for at in range(len(tokens))
            for end in self._automaton.skips(tokens, at)
            for place in range(at, end)
        }
        return Said(tokens, skipped, self._weights, now)

    def _rank(self, said: Said, allowed: Collection[str], floor: float, margin: float) -> list[Likeness]:
        """The nearest template of each intent, best first."""
        ranked = self._overlap.rank(said, self._allowed(allowed).templates, floor, margin)
        best: dict[int, Likeness] = {}
        for likeness in ranked:
            best.setdefault(self._templates[likeness.template][0], likeness)
        return list(best.values())

    def _allowed(self, allowed: Collection[str]) -> _Allowed:
        key = frozenset(allowed)
        if (known := self._listening.get(key)) is None:
            numbers = [self._numbers[name] for name in key if name in self._numbers]
            if len(self._listening) >= LISTENING_SETS:
                self._listening.clear()
            bits = sum(1 << number for number in numbers)
            anything = not any(name[0] == "{" for name in key) and not key.isdisjoint(self._said_before)
            known = self._listening[key] = _Allowed(bits, np.isin(self._of_template, numbers), anything)
        return known

    def stolen(self) -> list[tuple[str, str, str]]:
        """See Stealing."""
        return Stealing(self._automaton, self._templates, self._intents).found()


def _values(said: Said, likeness: Likeness, choice: Choice) -> dict[str, str]:
    """Those of the template's slots, also of such as the nearest phrase leaves out."""
    words = likeness.words + tuple(f"{{{name}}}" for name in templates.names_in(choice))
    return said.values(words, likeness.shared)
