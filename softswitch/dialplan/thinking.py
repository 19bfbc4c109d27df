"""Steps that answer what the dialplan has no words for: by remembering, or by a language model's thought."""

from softswitch.dialplan.steps import Step
from softswitch.dialplan.turn import Turn
from softswitch.thinking import Think, Unanswered


def begin(turn: Turn, step: Step) -> str:
    """Have the caller's words answered, and go on meanwhile; where the step leads."""
    assert step.answer
    question = turn.words or turn.intent.replace("_", " ")  # a key may stand for an intent
    if not question or turn.masked:
        turn.why.append(f"{step.name}: nothing was asked")
        return step.answer.unknown
    turn.thinking = turn.new_key(step)
    slots = tuple(sorted(turn.slots.items()))
    turn.actions.append(Think(turn.thinking, question, turn.intent, slots, turn.language, turn.rate))
    return step.next


def missing(turn: Turn, event: Unanswered) -> str:
    """Where it goes on without an answer; "" when this is about another question than the latest."""
    step = turn.plan.steps.get(event.key.rpartition(":")[0])
    if event.key != turn.before.thinking or step is None or step.answer is None:
        return ""
    turn.why.append(f"{step.name}: the answer is {event.why}")
    return step.answer.unknown if event.why == "unknown" else step.answer.failed
