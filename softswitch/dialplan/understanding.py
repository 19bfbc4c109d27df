"""What speech and keys mean at a question."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Literal, NamedTuple

from softswitch.dialplan import readings
from softswitch.dialplan.sentences import Match
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.state import CONFIRM
from softswitch.dialplan.steps import Way
from softswitch.dialplan.tongues import NO, YES
from softswitch.dialplan.turn import Turn
from softswitch.events import Heard, Hypothesis

How = Literal["go", "fill", "yes", "no", "change"]


class Meaning(NamedTuple):
    """What an input was taken for: an intent that leads somewhere, values for the question's variables, an
    answer to what waits for a yes, or the variable (`intent`) that is wrong.
    """

    how: How
    intent: str
    slots: Mapping[str, str]
    way: Way | None = None


class Understood(NamedTuple):
    """The best meaning, how sure the ear was of it altogether, and of which words; None for none."""

    meaning: Meaning | None
    confidence: float
    text: str


NOTHING = Understood(None, 0.0, "")


class _Hypothesis(NamedTuple):
    text: str
    confidence: float


class _Read(NamedTuple):
    """What words mean, and how like they are to what is said for it: 1 where they are that."""

    meaning: Meaning | None
    likeness: float = 1.0


def understand(turn: Turn, heard: Heard) -> Understood:
    """Of the hypotheses the first that is wholly understood, else the first that is nearly.

    Hypotheses with one meaning add up: their confidence together must reach the plan's threshold. One that is
    only nearly understood counts by its likeness: words that the ear is not sure of, and that are none of the
    sentences, are as often something else. Below the threshold the meaning that comes nearest is returned,
    for the caller to be asked.
    """
    matching = turn.plan.settings.matching
    hypotheses = _distinct((Hypothesis(heard.text, heard.confidence), *heard.alternatives))
    if sum(said.confidence for said in hypotheses) < min(
        matching.confidence_threshold, matching.confirm_threshold
    ):
        return NOTHING
    exact = cache(partial(_exact, turn))
    best = _best(turn, hypotheses, lambda text: _Read(exact(text)))
    if best.confidence >= matching.confidence_threshold:
        return best
    return _best(turn, hypotheses, lambda text: _Read(whole) if (whole := exact(text)) else _near(turn, text))


def likely(turn: Turn, text: str) -> Meaning | None:
    """Where `text` means nothing for sure, the intent that the examples find likely; never while something
    waits for a yes.
    """
    names = turn.question.names[turn.asking, False]
    if turn.pending:
        return None
    match = turn.plan.sentences[turn.language].likely(text, names, turn.now)
    return _meaning(turn, match) if match else None


def _distinct(hypotheses: Sequence[Hypothesis]) -> list[_Hypothesis]:
    """Normalised; the same words count together."""
    found: dict[str, float] = {}
    for said in hypotheses:
        if text := normalise(said.text):
            found[text] = found.get(text, 0.0) + said.confidence
    return [_Hypothesis(text, confidence) for text, confidence in found.items()]


def _best(turn: Turn, hypotheses: Sequence[_Hypothesis], read: Callable[[str], _Read]) -> Understood:
    """The first meaning that reaches the threshold; else the surest."""
    threshold = turn.plan.settings.matching.confidence_threshold
    found: list[Understood] = []
    for number, said in enumerate(hypotheses):
        meaning, likeness = read(said.text)
        found.append(Understood(meaning, said.confidence * likeness, said.text))
        # What the ear heard best, and is sure of, needs no support.
        if number == 0 and meaning and found[0].confidence >= threshold:
            return found[0]
    best = NOTHING
    for each in found:
        if each.meaning is None:
            continue
        together = sum(other.confidence for other in found if other.meaning == each.meaning)
        if together > best.confidence:
            best = each._replace(confidence=together)
        if best.confidence >= threshold:
            break
    return best


def completes(turn: Turn, texts: Sequence[str]) -> bool:
    """Whether one of the texts is a whole interpretation, with nothing to wait for."""
    return any(_is_over(turn, meaning) for text in texts if (meaning := _exact(turn, normalise(text))))


def _is_over(turn: Turn, meaning: Meaning) -> bool:
    """Free text may always go on, and digits until there are as many as there can be."""
    if meaning.how != "fill":
        return True
    for name, value in meaning.slots.items():
        declared = turn.plan.settings.variables.get(name)
        if declared and (declared.type == "text" or (declared.length and len(value) < declared.length[1])):
            return False
    return True


def _exact(turn: Turn, text: str) -> Meaning | None:
    question = turn.question
    names = question.names[turn.asking, turn.pending is not None]
    sentences = turn.plan.sentences[turn.language]
    if turn.pending and (answer := sentences.strict(text, (YES, NO), turn.now)):
        # "No" answers what was just asked, also where it means an intent of the plan otherwise.
        return _meaning(turn, answer)
    match = sentences.strict(text, names, turn.now)
    if not question.fields:
        return _meaning(turn, match) if match else None
    tokens = text.split()
    if match and match.intent[0] != "{":
        return _meaning(turn, match)
    free = turn.asking and turn.slot(turn.asking).type == "text"
    if (match is None or free) and (values := readings.correct(turn, text)):
        return _filling(turn, values)
    # Which variable a bare value is for depends on what is asked.
    if match and (values := readings.bare(turn, tokens)):
        return _filling(turn, values)
    if len(question.fields) > 1 and (found := readings.scan(turn, tokens)).whole:
        return _filling(turn, found.values)
    if not turn.asking and (name := readings.named(turn, text)):
        return Meaning("change", name, {})
    return None


def _near(turn: Turn, text: str) -> _Read:
    question = turn.question
    if question.fields:
        found = readings.scan(turn, text.split())
        if found.mostly:
            return _Read(_filling(turn, found.values))
    names = question.names[turn.asking, turn.pending is not None]
    match = turn.plan.sentences[turn.language].fuzzy(text, names, turn.now)
    return _Read(_meaning(turn, match), match.score) if match else _Read(None)


def _meaning(turn: Turn, match: Match) -> Meaning | None:
    """What a match means here. Values that cannot be are left out; sentences of the question that then have
    none mean nothing.
    """
    values = {name: value for name, value in match.slots.items() if turn.slot(name).fits(value)}
    if turn.pending and match.intent == YES:
        return Meaning("yes", YES, {})
    if turn.pending and match.intent == NO:
        return Meaning("no", NO, {})
    if way := turn.question.ways.get(match.intent):
        return Meaning("go", match.intent, values, way)
    return _filling(turn, values) if values else None


def _filling(turn: Turn, values: Mapping[str, str]) -> Meaning:
    own = [name for name in values if name in turn.question.by_name]
    name = turn.asking if turn.asking in values else own[0] if own else next(iter(values), "")
    return Meaning("fill", name, values)


def pressed(turn: Turn, digits: str) -> Meaning | None:
    """A yes or no where one is waited for; a whole value where one is asked for; else a single key, also one
    that cuts off a value, is a choice.
    """
    if turn.pending and digits in ("1", "2"):
        return Meaning("yes", YES, {}) if digits == "1" else Meaning("no", NO, {})
    asked = turn.asked
    if asked and turn.pending != CONFIRM:
        slot = turn.slot(asked.name)
        value = slot.keyed(digits, turn.now)
        if value is not None and slot.fits(value):
            return Meaning("fill", asked.name, {asked.name: value})
    cut_off = asked is not None and not digits[-1:].isdigit()
    way = turn.question.keys.get(digits[-1:] if cut_off else digits)
    return Meaning("go", way.intent, {}, way) if way else None
