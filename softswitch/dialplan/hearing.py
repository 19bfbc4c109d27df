"""The caller's turn: what he said or pressed is understood, asked back or refused, and acted on."""

from collections.abc import Mapping

from softswitch.dialplan import collecting, entering, readings, repairing, understanding
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.state import Pending
from softswitch.dialplan.turn import MASK, Turn
from softswitch.dialplan.understanding import Meaning
from softswitch.events import Heard, Pressed

FILLS = "{}"
"""Stands for the intent where values wait for a yes."""


def take(turn: Turn, event: Heard | Pressed) -> None:
    """What words or keys lead to at the present question."""
    turn.spoken_once = True
    turn.masked = turn.question.sensitive
    if event.answer_heard:
        turn.context["last_heard"] = event.answer_heard
    if isinstance(event, Pressed):
        _press(turn, event)
    else:
        _hear(turn, event)


def _press(turn: Turn, event: Pressed) -> None:
    if meaning := understanding.pressed(turn, event.digits):
        _follow(turn, meaning, 1.0)
    elif not _refuse(turn, event.digits):
        repairing.fail(turn, "no_match")


def _hear(turn: Turn, event: Heard) -> None:
    if not turn.question.speech:
        repairing.fail(turn, "no_match")
        return
    meaning, confidence, text = understanding.understand(turn, event)
    turn.words = text or event.text
    matching = turn.plan.settings.matching
    turn.masked = turn.masked or bool(meaning and not turn.plan.sensitive.isdisjoint(meaning.slots))
    if meaning and confidence >= matching.confidence_threshold:
        told = MASK if turn.masked else f"'{text}'"
        turn.why.append(f"{told} means {meaning.intent} ({meaning.how}), confidence {confidence:.2f}")
        _follow(turn, meaning, confidence)
    elif meaning and confidence >= matching.confirm_threshold and _may_ask(turn, meaning):
        turn.why.append(f"'{text}' may mean {meaning.intent}, confidence {confidence:.2f}")
        pending = Pending(FILLS if meaning.how == "fill" else meaning.intent, meaning.slots, text)
        repairing.ask_whether(turn, pending, text)
    elif meaning:
        turn.why.append(f"the ear is not sure enough: {confidence:.2f}")
        _misheard(turn, event)
    else:
        _not_understood(turn, event)


def _not_understood(turn: Turn, event: Heard) -> None:
    """Leads to `otherwise`, or is a value that cannot be, or likely means something; else it is a failure."""
    sure = event.confidence >= turn.plan.settings.matching.confidence_threshold
    if turn.question.otherwise and sure:
        turn.why.append(f"'{MASK if turn.masked else turn.words}' means none of what is listened for")
        turn.heed()
        entering.move(turn, turn.question.otherwise)
    elif not _refuse(turn, readings.unfit(turn, normalise(event.text).split())) and not _doubt(turn, event):
        _misheard(turn, event)


def _misheard(turn: Turn, event: Heard) -> None:
    shouting = event.barged_in and "shouting" in turn.step.failings
    repairing.fail(turn, "shouting" if shouting else "no_match")


def _doubt(turn: Turn, event: Heard) -> bool:
    """Ask whether that is meant which is likely, though not sure, where the plan has words for it."""
    sure = event.confidence >= turn.plan.settings.matching.confidence_threshold
    meaning = understanding.likely(turn, event.text) if sure else None
    if meaning is None or meaning.intent not in turn.plan.confirms or not _may_ask(turn, meaning):
        return False
    if not repairing.may_doubt(turn):
        return False
    turn.why.append(f"'{event.text}' is likely to mean {meaning.intent}, but not sure")
    repairing.ask_whether(turn, Pending(meaning.intent, meaning.slots, event.text), event.text)
    return True


def _may_ask(turn: Turn, meaning: Meaning) -> bool:
    answers = meaning.how in ("go", "fill") and turn.step.queue is None and not turn.masked
    return answers and repairing.may_ask_whether(turn, meaning.intent)


def _refuse(turn: Turn, value: str) -> bool:
    """A value that the variable cannot have is told to be invalid, where the plan has words for that."""
    asked = turn.asked
    if not value or asked is None or not asked.invalid:
        return False
    turn.context[asked.name] = value
    repairing.fail(turn, "no_match", asked)
    return True


def _follow(turn: Turn, meaning: Meaning, confidence: float) -> None:
    """Act on what was understood."""
    pending, turn.intent, turn.slots = turn.pending, meaning.intent, meaning.slots
    match meaning.how:
        case "fill":
            _fill(turn, meaning.slots, confidence)
        case "change":
            turn.heed()
            collecting.ask_anew(turn, meaning.intent)
        case "yes" if pending and pending.intent:
            _confirmed(turn, pending)
        case "no" if pending and pending.intent:
            turn.pending = None
            repairing.ask_again(turn)
        case "yes":
            turn.heed()
            turn.pending, turn.confirmed = None, _collected(turn)
            entering.move(turn, turn.question.next)
        case "no":
            turn.heed()
            collecting.doubt(turn)
        case "go":
            _go(turn, meaning)


def _go(turn: Turn, meaning: Meaning) -> None:
    assert meaning.way is not None
    turn.heed()
    turn.fill(meaning.slots)
    if meaning.way.digressed:
        entering.digress(turn, meaning.way)
    else:
        entering.move(turn, meaning.way.target)


def _confirmed(turn: Turn, pending: Pending) -> None:
    """The caller was heard right the first time."""
    way = turn.question.ways.get(pending.intent)
    turn.pending = None
    if pending.intent == FILLS:
        turn.confirmed = pending._replace(intent=next(iter(pending.slots)))
        _fill(turn, pending.slots, 1.0)
    elif way:
        turn.confirmed = pending
        _go(turn, Meaning("go", pending.intent, pending.slots, way))
    else:
        repairing.ask_again(turn)


def _collected(turn: Turn) -> Pending:
    """What the question has, as if it had been said at once."""
    names = [field.name for field in turn.question.fields if field.name in turn.context]
    values = {name: turn.context[name] for name in names}
    return Pending(next(iter(values), ""), values, " ".join(values.values()))


def _fill(turn: Turn, values: Mapping[str, str], confidence: float) -> None:
    refused = collecting.fill(turn, values, confidence)
    if refused is None or len(values) > 1:
        turn.heed()
    if refused:
        repairing.fail(turn, "no_match", refused)
    elif target := collecting.proceed(turn):
        entering.move(turn, target)
