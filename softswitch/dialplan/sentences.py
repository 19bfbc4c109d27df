"""What callers say, compiled: which intent of a plan an utterance means, among those a step listens for.

Strict first: the utterance is a phrase of a template, skip words left out where that helps. Then fuzzy: the
template whose phrase it is most alike, accepted from `threshold` up when no other intent comes nearer than
`margin`; where it was a phrase of several intents, among these. Where the plan has examples of what callers
say, they are asked as well, unless every word of the utterance is a sentence's (examples.py). One index
serves all steps, in one language.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from softswitch.dialplan import templates
from softswitch.dialplan.automaton import Automaton, Found, strengthen
from softswitch.dialplan.examples import Examples, Verdict
from softswitch.dialplan.language import Language
from softswitch.dialplan.overlap import Likeness, Overlap, Said
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.stealing import Stealing
from softswitch.dialplan.templates import GAP, Choice

THRESHOLD = 0.7
MARGIN = 0.1
CONFIRM_MARGIN = 0.1
"""Chosen in docs/background/matching.md."""
TIE = 0.15
"""Of the evidence: intents that come so near to the best are as likely."""
CLOSER = 3
"""Of as likely intents one is taken whose sentences leave this many times fewer words in gaps."""
MAX_TOKENS = 100
"""Of an utterance; what is said after them is not compared."""
MAX_PHRASES = 3_000
"""Of a recogniser's grammar; a step with more listens openly."""
BETWEEN = re.compile(rf"\{{\w+\}}|{GAP}")
"""What stands between the fixed words of a phrase."""
LATELY = 16
"""Utterances whose strict reading is remembered: every hypothesis of the ear is read strictly and then, where
that gives nothing, fuzzily, and before that to see whether the caller is done.
"""
LISTENING_SETS = 512
"""Sets of intents that are remembered ready for use: about as many as a plan has steps."""


@dataclass(frozen=True, slots=True)
class Match:
    """`slots`: canonical values by slot name; empty for what a fuzzy match could not read."""

    intent: str
    score: float
    slots: Mapping[str, str] = field(default_factory=dict)
    template: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that came into question, and in words why."""

    intent: str
    score: float
    template: str
    why: str


class _Meant:
    """One intent: the ways in which an utterance is a phrase of it, and what they tell together."""

    __slots__ = ("evidence", "loose", "ways")

    def __init__(self, ways: Sequence[Found]) -> None:
        told: dict[int, float] = {}
        for way in ways:
            strengthen(told, way.told)
        self.ways, self.evidence = ways, round(sum(told.values()), 3)
        self.loose = min(way.loose for way in ways)


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

        Raises ValueError for a template that is
        wrong, with its intent, and for a slot that is not in `slots`.
        """
        self._threshold, self._margin, self._confirm_margin = threshold, margin, confirm_margin
        self._intents = tuple(intents)
        self._numbers = {name: number for number, name in enumerate(self._intents)}
        self._slots, self._language = slots, language
        parsed = templates.parse_rules(rules)
        self._templates: list[tuple[int, str, Choice]] = [
            (number, text, self._parse(name, text, parsed))
            for number, (name, texts) in enumerate(intents.items())
            for text in texts
        ]
        self._choices: dict[str, list[Choice]] = {}
        for number, _, choice in self._templates:
            self._choices.setdefault(self._intents[number], []).append(choice)
        self._skip = [words for text in skip_words if (words := tuple(normalise(text).split()))]
        trees = [(number, choice) for number, _, choice in self._templates]
        self._overlap = Overlap(trees, slots, language)
        self._automaton = Automaton(slots, language, self._overlap.evidence, self._skip)
        for number, _, choice in self._templates:
            self._automaton.add(choice, number)
        self._automaton.start()
        self._of_template = np.array([number for number, _, _ in self._templates], dtype=np.intp)
        self._said_before, self._answering = examples or {}, answering
        self._listening: dict[frozenset[str], _Allowed] = {}
        self._lately: dict[tuple[str, int, datetime], list[_Meant]] = {}

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

    def _parse(self, intent: str, text: str, rules: templates.Rules) -> Choice:
        try:
            choice = templates.parse(text, rules)
        except ValueError as error:
            raise ValueError(f"a sentence of {intent} {error}") from None
        for name in templates.names_in(choice):
            if name not in self._slots:
                raise ValueError(f"a sentence of {intent} has the slot {{{name}}}, which is not declared")
        return choice

    def strict(self, text: str, allowed: Collection[str], now: datetime) -> Match | None:
        """The intent of which `text` is a whole phrase: with most evidence, then most literal words, fewest
        words in gaps, fewest slots, then declared first. None when words fell into gaps and another intent
        has nearly as much evidence. Intents in `allowed` that have no sentences are no error.
        """
        tokens = normalise(text).split()
        if len(tokens) > MAX_TOKENS or not (way := self._strict(tokens, allowed, now)):
            return None
        match = self._match(way)
        sure = not way.loose or self._decided(tokens, match, allowed, now).intent == match.intent
        return match if sure else None

    def _strict(self, tokens: Sequence[str], allowed: Collection[str], now: datetime) -> Found | None:
        ranked = self._meant(tokens, allowed, now)
        if not ranked:
            return None
        best = ranked[0]
        if best.ways[0].loose:
            near = sorted(_as_likely(ranked), key=lambda meant: meant.loose)
            best = near[0]
            if len(near) > 1 and near[1].loose < CLOSER * max(1, best.loose):
                return None
        return _fullest(best.ways)

    def _decided(
        self, tokens: Sequence[str], match: Match | None, allowed: Collection[str], now: datetime
    ) -> Verdict:
        """What the examples leave of what the sentences found."""
        found = match.intent if match else ""
        if not self._allowed(allowed).anything or not self._examples:
            return Verdict(found)
        return self._examples.decide(tokens, found, now)

    def _meant(self, tokens: Sequence[str], allowed: Collection[str], now: datetime) -> list[_Meant]:
        """The intents of which the tokens are a phrase, as `_by_intent` has them; remembered for a while."""
        bits = self._allowed(allowed).bits
        key = (" ".join(tokens), bits, now)
        if (known := self._lately.get(key)) is None:
            if len(self._lately) >= LATELY:
                self._lately.clear()
            known = self._lately[key] = self._by_intent(self._automaton.find(tokens, bits, now))
        return known

    def _by_intent(self, found: Sequence[Found]) -> list[_Meant]:
        """The ways of each intent, the best first; the intent first for which there is most evidence in all
        of its ways together.
        """
        ways: dict[int, list[Found]] = {}
        for way in found:
            ways.setdefault(self._templates[way.template][0], []).append(way)
        meant = [_Meant(each) for each in ways.values()]
        return sorted(meant, key=lambda each: (-each.evidence, each.ways[0].rank))

    def _intent(self, meant: _Meant) -> str:
        return self._intents[self._templates[meant.ways[0].template][0]]

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
        way = self._strict(said.tokens, allowed, now)
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
        return Match(intent, self._threshold, self._fill(said, likeness, choice), template)

    def _fuzzy(self, said: Said, allowed: Collection[str], now: datetime) -> Match | None:
        strict = self._meant(said.tokens, allowed, now)
        allowed = [self._intent(each) for each in _as_likely(strict)] or allowed
        floor = max(0.0, self._threshold - self._margin)
        ranked = self._rank(said, allowed, floor, self._margin)
        if not ranked or ranked[0].score < self._threshold:
            return None
        if len(ranked) > 1 and ranked[0].score - ranked[1].score < self._margin:
            return None
        number, template, choice = self._templates[ranked[0].template]
        slots = self._fill(said, ranked[0], choice)
        return Match(self._intents[number], ranked[0].score, slots, template)

    def candidates(
        self, text: str, allowed: Collection[str], now: datetime, limit: int = 5
    ) -> list[Candidate]:
        """The intents that come nearest, the best template of each, best first; strict ones score 1."""
        said = self._said(text, now)
        found: dict[str, Candidate] = {}
        for meant in self._meant(said.tokens, allowed, now):
            way = meant.ways[0]
            match = self._match(way)
            why = (
                f"is a phrase of it: {way.literal} words as written, {way.loose} in gaps, "
                f"{len(way.bindings)} slots, evidence {meant.evidence:.2g}"
            )
            found[match.intent] = Candidate(match.intent, 1.0, match.template, why)
        for likeness in self._rank(said, allowed, 0.0, 1.0):
            number, template, _ = self._templates[likeness.template]
            intent = self._intents[number]
            found.setdefault(intent, Candidate(intent, likeness.score, template, _why(said, likeness)))
        scores = self._scores(said.tokens, allowed, now)
        return [_with_examples(each, scores) for each in islice(found.values(), limit)]

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
        return Said(tokens, skipped, self._overlap, now)

    def _rank(self, said: Said, allowed: Collection[str], floor: float, margin: float) -> list[Likeness]:
        """The nearest template of each intent, best first."""
        ranked = self._overlap.rank(said, self._allowed(allowed).templates, floor, margin)
        best: dict[int, Likeness] = {}
        for likeness in ranked:
            best.setdefault(self._templates[likeness.template][0], likeness)
        return list(best.values())

    def _fill(self, said: Said, likeness: Likeness, choice: Choice) -> dict[str, str]:
        """The values of the template's slots, each at words of its own: after the word that stands before
        the slot in the template where that can be, otherwise wherever the first is.
        """
        words = likeness.words + tuple(f"{{{name}}}" for name in templates.names_in(choice))
        values: dict[str, str] = {}
        taken: set[int] = set()
        before = -1
        for word in words:
            name = word[1:-1]
            if word[0] == "{" and name not in values:
                spans = [span for span in said.spans(name) if taken.isdisjoint(range(span[0], span[1]))]
                if spans:
                    at, end, values[name] = min(spans, key=lambda span: (span[0] != before, span[0]))
                    taken.update(range(at, end))
            hit = likeness.shared.get(word)
            before = hit.at[-1] + 1 if hit else -1
        return values

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

    def phrases(self, intents: Collection[str], most: int = MAX_PHRASES) -> tuple[str, ...] | None:
        """What a recogniser has to know to hear these intents: phrases, those with slots in pieces, and what
        says the slots' values. None where it has to hear anything: free text, or more than MAX_PHRASES.

        `most` phrases of each intent are enough.
        """
        wanted = [choice for intent in intents for choice in self._choices.get(intent, ())]
        if most == MAX_PHRASES and sum(map(templates.count, wanted)) > MAX_PHRASES:
            return None
        found = {phrase for intent in intents for phrase in self.examples(intent, most)}
        names = {name for phrase in found for name in templates.slots_of(phrase)}
        if any(self._slots[name].type == "text" for name in names):
            return None
        pieces = {piece.strip() for phrase in found for piece in BETWEEN.split(phrase)} - {""}
        return tuple(sorted(pieces.union(*(self._slots[name].phrases for name in names))))

    def examples(self, intent: str, limit: int) -> list[str]:
        """At most so many phrases, from all templates alike, slots as `{name}`."""
        choices = self._choices.get(intent, ())
        # Some templates have few phrases, so that of the others more than their share is wanted.
        most = min(limit, 10 + 2 * limit // max(1, len(choices)))
        own = [templates.examples(choice, most) for choice in choices]
        rows = (texts[row] for row in range(limit) for texts in own if row < len(texts))
        return list(islice(dict.fromkeys(rows), limit))

    def stolen(self) -> list[tuple[str, str, str]]:
        """See Stealing."""
        return Stealing(self._automaton, self._templates, self._intents).found()


def _as_likely(ranked: Sequence[_Meant]) -> list[_Meant]:
    """The intent with most evidence, and those that have nearly as much."""
    return [meant for meant in ranked if meant.evidence >= ranked[0].evidence * (1 - TIE)]


def _fullest(ways: Sequence[Found]) -> Found:
    """The best way; where words fell into gaps, the one that reads most values."""
    return max(ways, key=lambda way: len(way.bindings)) if ways[0].loose else ways[0]


def _with_examples(candidate: Candidate, scores: Mapping[str, float]) -> Candidate:
    if candidate.intent not in scores:
        return candidate
    most = max(scores, key=lambda intent: scores[intent])
    told = f"examples {scores[candidate.intent]:.2f}, the most like it {most} {scores[most]:.2f}"
    return replace(candidate, why=f"{candidate.why}; {told}")


def _why(said: Said, likeness: Likeness) -> str:
    at = {place for hit in likeness.shared.values() for place in hit.at}
    parts = {
        "shared": [
            word if said.tokens[hit.at[0]] == word else f"{said.tokens[hit.at[0]]} as {word}"
            for word, hit in likeness.shared.items()
        ],
        "only said": [token for place, token in enumerate(said.tokens) if place not in at],
        "only in the sentence": [word for word in likeness.words if word not in likeness.shared],
    }
    return "; ".join(f"{what}: {', '.join(words)}" for what, words in parts.items() if words)
