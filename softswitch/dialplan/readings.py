"""Values of a form in what a caller says: as they stand, one by one, or as corrections."""

from collections.abc import Iterable, Iterator, Sequence

from softswitch.dialplan import corrections
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.questions import WHEN_ASKED
from softswitch.dialplan.slots import Slot
from softswitch.dialplan.steps import Field
from softswitch.dialplan.turn import Scan, Turn

MAX_TOKENS = 40
"""A caller who says more does not answer a question."""


def preferred(turn: Turn) -> list[Field]:
    """The fields in the order in which a value is tried for them: asked, missing, then what is filled."""
    fields = turn.question.fields
    return sorted(fields, key=lambda field: (field.name != turn.asking, field.name in turn.context))


def bare(turn: Turn, tokens: Sequence[str]) -> dict[str, str]:
    """The one variable whose value the whole utterance is."""
    for field in preferred(turn):
        asked = field.name == turn.asking
        understood = asked or turn.slot(field.name).type not in WHEN_ASKED | _type_asked(turn)
        if understood and (value := _whole(turn, field, tokens)):
            return {field.name: value}
    return {}


def _type_asked(turn: Turn) -> frozenset[str]:
    """Another number than the one that is asked for was not meant by a number that cannot be."""
    return frozenset({turn.slot(turn.asking).type}) if turn.asking else frozenset()


def unfit(turn: Turn, tokens: Sequence[str]) -> str:
    """The utterance as a value of the variable that is asked for, even if it cannot have it; "" for none."""
    if not turn.asked or not tokens or len(tokens) > MAX_TOKENS:
        return ""
    readings = turn.slot(turn.asking).read_any(tokens, 0, turn.now)
    return next((value for end, value in readings if end == len(tokens)), "")


def scan(turn: Turn, tokens: Sequence[str]) -> Scan:
    """Values wherever they are. Free text and yes or no would be everywhere, and are not looked for."""
    text = " ".join(tokens)
    if (known := turn.scans.get(text)) is None:
        known = turn.scans[text] = _scan(turn, tokens)
    return known


def _scan(turn: Turn, tokens: Sequence[str]) -> Scan:
    slots = {field.name: turn.slot(field.name) for field in preferred(turn)}
    wanted = {name: slot for name, slot in slots.items() if slot.type not in WHEN_ASKED}
    light = LANGUAGES[turn.language].function_words
    values: dict[str, str] = {}
    at = taken = left = 0
    rivals = _type_asked(turn)
    # No further than values can still be most of what was said.
    while at < len(tokens) <= MAX_TOKENS and wanted and left <= taken + len(tokens) - at:
        beginning = [
            (name, slot)
            for name, slot in wanted.items()
            if slot.begins(tokens[at]) and (name == turn.asking or slot.type not in rivals)
        ]
        end, name, value = _longest(turn, beginning, tokens, at)
        if name:
            values[name] = value
            del wanted[name]
            if name == turn.asking:
                rivals = frozenset()
            taken, at = taken + end - at, end
        else:
            left, at = left + (tokens[at] not in light), at + 1
    left += sum(token not in light for token in tokens[at:])
    return Scan(values, taken, left)


def _longest(
    turn: Turn, slots: Iterable[tuple[str, Slot]], tokens: Sequence[str], at: int
) -> tuple[int, str, str]:
    best = (at, "", "")
    for name, slot in slots:
        for end, value in slot.read(tokens, at, turn.now)[:1]:
            if end > best[0]:
                best = (end, name, value)
    return best


def correct(turn: Turn, text: str) -> dict[str, str]:
    """The variable that the caller corrects, with its new value. `text` is normalised."""
    for value, other, name in corrections.of(LANGUAGES[turn.language]).find(text):
        tokens = value.split()
        for field in _corrected(turn, other, name):
            if found := _whole(turn, field, tokens):
                return {field.name: found}
    return {}


def _corrected(turn: Turn, other: str, name: str) -> Iterator[Field]:
    """Which variable may be meant: the one that is named, or has the value that was wrong; else the one
    answered last, or after a failure the one that is asked for.
    """
    fields = list(turn.question.fields)
    if name:
        yield from (field for field in fields if spoken_name(field) == name)
        return
    given = list(turn.context)
    fields.sort(key=lambda field: -given.index(field.name) if field.name in turn.context else len(given))
    if turn.failures:
        fields.sort(key=lambda field: field.name != turn.asking)
    if other:
        words = other.split()
        wrong = [field for field in fields if turn.context.get(field.name) == _whole(turn, field, words)]
        fields = wrong or fields
    yield from fields


def named(turn: Turn, text: str) -> str:
    """The one variable whose name the caller says; "" for none or several."""
    said = f" {text} "
    found = [field.name for field in turn.question.fields if f" {spoken_name(field)} " in said]
    return found[0] if len(found) == 1 else ""


def spoken_name(field: Field) -> str:
    return field.name.replace("_", " ")


def _whole(turn: Turn, field: Field, tokens: Sequence[str]) -> str:
    """The value that all of the words are; "" for none."""
    if not tokens or len(tokens) > MAX_TOKENS:
        return ""
    slot = turn.slot(field.name)
    if slot.type == "text":
        return " ".join(tokens)
    return next((value for end, value in slot.read(tokens, 0, turn.now) if end == len(tokens)), "")
