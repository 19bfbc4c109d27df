"""Questions that collect variables: what is asked next, what is valid, when all of it is confirmed."""

from collections.abc import Mapping

from softswitch.dialplan.state import CONFIRM
from softswitch.dialplan.steps import Field
from softswitch.dialplan.turn import Turn

SURE = 0.6
"""Below this confidence of the ear, what was collected is confirmed also where that is done when unsure."""


def clear(turn: Turn) -> dict[str, str]:
    """A question that is entered anew forgets what was collected, but for what led here just now. Returns
    what is forgotten.
    """
    turn.unsure, turn.asking = False, ""
    forgotten: dict[str, str] = {}
    for field in turn.question.fields:
        if field.name in turn.fresh:
            turn.fresh.discard(field.name)
        elif field.name in turn.context:
            forgotten[field.name] = turn.context.pop(field.name)
    return forgotten


def proceed(turn: Turn, *, entering: bool = False, again: bool = False) -> str:
    """Ask for the first variable that is missing, or whether all is right; else the step to go on at."""
    question = turn.question
    _refuse_invalid(turn)
    for number, field in enumerate(question.fields):
        if field.name not in turn.context:
            _ask(turn, field, opening=entering and number == 0, again=again)
            return ""
    turn.asking = ""
    if question.confirm and (question.always or turn.unsure):
        turn.pending = CONFIRM
        turn.say(question.confirm)
        turn.stop_here()
        turn.listen()
        return ""
    turn.pending = None
    return question.next


def _ask(turn: Turn, field: Field, *, opening: bool, again: bool) -> None:
    again = again or turn.asking == field.name
    turn.asking, turn.pending = field.name, None
    others = (other.name in turn.context for other in turn.question.fields)
    if opening and turn.question.opening and not again and not any(others):
        turn.say(turn.step.say)
    else:
        turn.say(field.reask if again else field.ask)
    turn.stop_here()
    turn.listen()


def _refuse_invalid(turn: Turn) -> None:
    """What turned out invalid, perhaps only together with a later answer, is told and asked for again."""
    for field in turn.question.fields:
        if field.name in turn.context and not is_valid(turn, field):
            turn.say(field.invalid)
            turn.context.pop(field.name)


def is_valid(turn: Turn, field: Field) -> bool:
    """Whether it can be kept; as long as a condition needs what is not known yet, it can."""
    return (
        field.valid is None or not field.valid.needs <= turn.context.keys() or field.valid.holds(turn.context)
    )


def fill(turn: Turn, values: Mapping[str, str], confidence: float) -> Field | None:
    """Take the values that are valid. Returns the first field whose value is not."""
    before = {name: turn.context[name] for name in values if name in turn.context}
    turn.fill(values)
    turn.fresh.clear()
    turn.pending = None
    refused = [field for field in turn.question.fields if field.name in values and not is_valid(turn, field)]
    for field in refused[1:]:
        _restore(turn, field.name, before)
    turn.unsure = turn.unsure or confidence < SURE
    return refused[0] if refused else None


def take_back(turn: Turn, field: Field) -> None:
    """A refused value is not kept, also not the one that it was to replace."""
    turn.context.pop(field.name, None)
    turn.asking = field.name


def _restore(turn: Turn, name: str, before: Mapping[str, str]) -> None:
    turn.context.pop(name)
    if name in before:
        turn.context[name] = before[name]


def forget_last(turn: Turn) -> bool:
    """Forget the last answer that the question has; False when it has none."""
    for field in reversed(turn.question.fields):
        if field.name in turn.context:
            turn.context.pop(field.name)
            return True
    return False


def doubt(turn: Turn) -> None:
    """The caller says that it is not right: ask for the only variable, or for what is wrong of several."""
    turn.pending = None
    turn.say(turn.plan.lines.corrected)
    if len(turn.question.fields) == 1:
        field = turn.question.fields[0]
        turn.context.pop(field.name, None)
        turn.asking = field.name
        proceed(turn, again=True)
    else:
        turn.asking = ""
        turn.stop_here()
        turn.listen()


def ask_anew(turn: Turn, name: str) -> None:
    """The caller says which variable is wrong, and not yet what it should be."""
    turn.context.pop(name, None)
    turn.asking = ""
    proceed(turn)
