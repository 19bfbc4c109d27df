"""Steps that answer what the dialplan has no words for: by remembering, or by a language model's thought."""

from softswitch.dialplan.steps import Answer, Step
from softswitch.dialplan.turn import Turn
from softswitch.thinking import Think, Unanswered, Wanted


def begin(turn: Turn, step: Step) -> str:
    """Have the caller's words answered, and go on meanwhile; where the step leads."""
    assert step.answer
    intent, given, words = turn.confirmed or (turn.intent, turn.slots, turn.words)
    question = words or intent.replace("_", " ")  # a key may stand for an intent
    if not question or turn.masked:
        turn.why.append(f"{step.name}: nothing was asked")
        return step.answer.unknown
    turn.thinking = turn.new_key(step)
    slots = tuple(sorted(given.items()))
    actions = tuple(step.answer.do)
    think = Think(turn.thinking, question, intent, slots, turn.language, turn.rate, actions)
    turn.actions.append(think)
    return step.next


def instead(turn: Turn, event: Unanswered | Wanted) -> str:
    """Where it goes on without an answer; "" when this is about another question than the latest, or about an
    action that its step does not have.
    """
    step = turn.plan.steps.get(event.key.rpartition(":")[0])
    if event.key != turn.before.thinking or step is None or step.answer is None:
        return ""
    if isinstance(event, Wanted):
        return _wanted(turn, event, step.answer)
    turn.why.append(f"{step.name}: the answer is {event.why}")
    return step.answer.unknown if event.why == "unknown" else step.answer.failed


def _wanted(turn: Turn, event: Wanted, answer: Answer) -> str:
    """What a model makes of the caller's words is worth as much as what he says: values that fit, no secrets.
    What comes of it is the step's business, which promises in its own words.
    """
    if event.action not in answer.do:
        return ""
    slots, takes = turn.plan.slots[turn.language], turn.plan.settings.actions[event.action].arguments
    open_to_models = set(takes) - turn.plan.sensitive
    given = {name: value for name, value in event.arguments if name in open_to_models & slots.keys()}
    turn.fill({name: value for name, value in given.items() if slots[name].fits(value)})
    turn.why.append(f"a model takes it for {event.action}")
    return answer.do[event.action]
