"""When a caller is not understood, or says nothing: what is said, how often, and where it ends."""

from softswitch.dialplan import collecting, entering, queueing
from softswitch.dialplan.state import CONFIRM, Pending
from softswitch.dialplan.steps import Failing, Field, Kind
from softswitch.dialplan.turn import Turn
from softswitch.events import Hangup

ROUNDS = 2
"""After so many times the plan's strikes in a row the call ends, wherever the strikes had led."""


def fail(turn: Turn, kind: Kind, invalid: Field | None = None) -> None:
    """One failure more in a row: its line (or what is said of an invalid value) and the question again, or
    after the last one where it ends. Who waits for a person cannot fail.
    """
    if turn.step.queue:
        queueing.misheard(turn)
        return
    failing = turn.step.failings[kind]
    number = _count(turn, kind)
    turn.strikes += 1
    if turn.pending != CONFIRM:
        turn.pending = None
    turn.why.append(f"{kind} {number} of {failing.times}, strike {turn.strikes} of {turn.plan.strikes}")
    struck = turn.strikes >= turn.plan.strikes
    final = struck or number >= failing.times
    turn.quiet = kind == "shouting"
    _tell(turn, failing, number, invalid, final=final)
    if turn.strikes >= ROUNDS * turn.plan.strikes:
        turn.say(turn.plan.lines.goodbye)
        turn.end(Hangup())
    elif final:
        turn.quiet = False
        entering.move(turn, turn.plan.last_resort if struck or not failing.then else failing.then)
    else:
        ask_again(turn)


def _tell(turn: Turn, failing: Failing, number: int, invalid: Field | None, *, final: bool) -> None:
    """The last failure has its own line, or none; before it, a refused value was answered already."""
    if invalid:
        turn.say(invalid.invalid)
        collecting.take_back(turn, invalid)
    if number <= failing.say.count(turn.language) if final else invalid is None:
        turn.say_nth(failing.say, number)


def _count(turn: Turn, kind: Kind) -> int:
    number = turn.failures.get(kind, 0) + 1
    turn.failures = {**turn.failures, kind: number}
    return number


def ask_again(turn: Turn) -> None:
    """The question that the caller is at, in other words where there are any."""
    question, asked = turn.question, turn.asked
    if turn.pending == CONFIRM:
        turn.say(question.confirm)
    elif asked:
        turn.say(asked.reask)
    elif question.fields:
        turn.say(turn.plan.lines.corrected)
    else:
        turn.say(turn.step.reprompt or turn.step.say)
    turn.listen()


def may_ask_whether(turn: Turn, intent: str) -> bool:
    """Whether the plan wants it asked if this was said."""
    return "low_confidence" in turn.step.failings or intent in turn.plan.confirms


def may_doubt(turn: Turn) -> bool:
    """Whether asking once more if that was meant does not yet lead to where doubts end."""
    return turn.failures.get("low_confidence", 0) + 1 < _doubts(turn)


def _doubts(turn: Turn) -> int:
    failing = turn.step.failings.get("low_confidence")
    return failing.times if failing else turn.plan.strikes


def ask_whether(turn: Turn, meant: Pending, heard: str) -> None:
    """Ask if that was said; the last time go where it ends."""
    failing = turn.step.failings.get("low_confidence")
    number, times = _count(turn, "low_confidence"), _doubts(turn)
    turn.why.append(f"low_confidence {number} of {times}")
    if number >= times:
        turn.pending = None
        if failing and number <= failing.say.count(turn.language):
            turn.say_nth(failing.say, number, {"heard": heard})
        entering.move(turn, (failing and failing.then) or turn.plan.last_resort)
        return
    turn.pending = meant
    if confirm := turn.plan.confirms.get(meant.intent):
        turn.say(confirm, {"heard": heard, **meant.slots})
    elif failing:
        turn.say_nth(failing.say, number, {"heard": heard})
    turn.stop_here()
    turn.listen()
