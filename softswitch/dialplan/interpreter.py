"""The interpreter: a state and an input give the next state and what to do. Pure: no clock, no I/O.

Every list of actions ends in Listen, Transfer or Hangup, with something said before, or in Await, which is
bounded, so that nothing ends in silence; and every input is answered in bounded steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from softswitch.dialplan import (
    awaiting,
    collecting,
    entering,
    queueing,
    readings,
    recording,
    repairing,
    thinking,
    understanding,
)
from softswitch.dialplan.entering import Leap
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.spoken import normalise
from softswitch.dialplan.state import Pending, State
from softswitch.dialplan.turn import MASK, Outcome, Turn
from softswitch.dialplan.understanding import Meaning
from softswitch.events import (
    Acted,
    Hangup,
    Heard,
    Hypothesis,
    Input,
    NoInput,
    Pressed,
    TransferFailed,
    Unspoken,
)
from softswitch.thinking import Unanswered, Wanted
from softswitch.waiting import PersonLeft, QueueOver, QueueTold

FILLS = "{}"
"""Stands for the intent where values wait for a yes."""


def initial(plan: Plan, facts: Mapping[str, str], language: str = "") -> State:
    """Where a call is before anything was said. An unknown language is the plan's first."""
    known = language if language in plan.languages else plan.languages[0]
    facts = {**facts, "language": known}
    context = plan.beginning(facts)
    return State(plan.version, known, plan.first(facts), facts, context)


def start(plan: Plan, facts: Mapping[str, str], language: str = "") -> Outcome:
    """The greeting, with what is known of the call (see Plan.facts)."""
    turn = Turn(plan, initial(plan, facts, language))
    recording.begin(turn)
    entering.run(turn, Leap(turn.before.step))
    return turn.outcome()


def resume(plan: Plan, state: State) -> Outcome:
    """Go on after an interruption: a short line, then the step's question. An unknown step starts anew; where
    a secret is missing that had been given, the step that asked for it asks again.
    """
    turn = Turn(plan, as_known(plan, state))
    turn.strikes, turn.pending, turn.unsure = 0, None, True
    recording.resume(turn)
    turn.say(plan.lines.resumed)
    missing = [step for name, step in state.askers.items() if name not in turn.context and step in plan.steps]
    turn.askers = {name: step for name, step in state.askers.items() if name in turn.context}
    if turn.waits:
        queueing.resume(turn)
    if turn.awaiting and awaiting.resume(turn):
        return turn.outcome()
    entering.run(turn, Leap(missing[0]) if missing else _where(turn, state))
    return turn.outcome()


def _where(turn: Turn, state: State) -> Leap:
    """The step to go on at. One that waited, and waits no longer, is not entered: it would promise anew."""
    if state.awaiting and turn.trail:
        return Leap(turn.trail[-1].step, again=True, keep=True)
    known = state.step in turn.plan.steps and not state.awaiting
    step = turn.plan.first(state.facts) if state.awaiting else turn.before.step
    return Leap(step, again=known or not state.trail, keep=known)


def as_known(plan: Plan, state: State) -> State:
    """The state as far as the plan knows what it speaks of: it may be another version's."""
    return replace(
        state,
        language=state.language if state.language in plan.languages else plan.languages[0],
        step=state.step if state.step in plan.steps else plan.first(state.facts),
        trail=tuple(
            stop for stop in state.trail if stop.step in plan.steps and plan.steps[stop.step].question
        ),
        frames=tuple(frame for frame in state.frames if frame.step in plan.steps),
    )


def take(plan: Plan, state: State, event: Input) -> Outcome:
    """What an input leads to."""
    turn = Turn(plan, state)
    recording.answered(turn)
    if isinstance(event, Unanswered | Wanted):
        target = thinking.instead(turn, event)
        entering.move(turn, target) if target else entering.run(turn, Leap(state.step, again=True, keep=True))
    elif isinstance(event, Unspoken):
        turn.why.append("the voice failed")
        entering.move(turn, plan.last_resort)
    elif turn.waits and isinstance(event, QueueTold | QueueOver | PersonLeft):
        _queue(turn, event)
    elif turn.awaiting:
        if target := awaiting.take(turn, event):
            entering.move(turn, target)
    elif isinstance(event, TransferFailed):
        _transfer_failed(turn)
    elif isinstance(event, PersonLeft) and turn.step.transfer:
        _transferred(turn, event)
    elif turn.step.question is None or isinstance(event, Acted | QueueTold | QueueOver | PersonLeft):
        # Something came while the call was ending: it is said again.
        entering.run(turn, Leap(state.step))
    elif isinstance(event, NoInput) and turn.step.queue:
        queueing.silent(turn)
    elif isinstance(event, NoInput):
        silent = not turn.spoken_once and "silent" in turn.step.failings
        repairing.fail(turn, "silent" if silent else "no_input")
    else:
        turn.spoken_once = True
        turn.masked = turn.question.sensitive
        if event.answer_heard:
            turn.context["last_heard"] = event.answer_heard
        if isinstance(event, Pressed):
            _press(turn, event)
        else:
            _hear(turn, event)
    return turn.outcome()


def completes(plan: Plan, state: State, text: str, alternatives: Sequence[Hypothesis] = ()) -> bool:
    """Whether one of the texts is a whole interpretation in the present step, so that the turn is over."""
    turn = Turn(plan, state)
    if turn.step.question is None or not turn.question.speech:
        return False
    return understanding.completes(turn, (text, *(other.text for other in alternatives)))


def _transfer_failed(turn: Turn) -> None:
    turn.say(turn.plan.lines.transfer_failed)
    if turn.step.transfer:
        entering.move(turn, turn.step.transfer.failed)
    else:
        entering.run(turn, Leap(turn.step.name, again=True, keep=True))


def _transferred(turn: Turn, left: PersonLeft) -> None:
    """The far end takes no transfers, so that it was a call through this node, which is over."""
    if left.how == "lost":
        _transfer_failed(turn)
    else:
        turn.say(turn.plan.lines.goodbye)
        turn.end(Hangup())


def _queue(turn: Turn, news: queueing.News) -> None:
    """What is told to one who waits for a person."""
    target = queueing.take(turn, news)
    if target:
        entering.move(turn, target)
    elif target is None:
        entering.run(turn, Leap(turn.step.name, again=True, keep=True))


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
        pending = Pending(FILLS if meaning.how == "fill" else meaning.intent, meaning.slots)
        repairing.ask_whether(turn, pending, text)
    elif turn.question.otherwise and meaning is None and event.confidence >= matching.confidence_threshold:
        turn.why.append(f"'{MASK if turn.masked else turn.words}' means none of what is listened for")
        turn.heed()
        entering.move(turn, turn.question.otherwise)
    else:
        if meaning:
            turn.why.append(f"the ear is not sure enough: {confidence:.2f}")
        elif _refuse(turn, readings.unfit(turn, normalise(event.text).split())) or _doubt(turn, event):
            return
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
    repairing.ask_whether(turn, Pending(meaning.intent, meaning.slots), event.text)
    return True


def _may_ask(turn: Turn, meaning: Meaning) -> bool:
    answer = meaning.how in ("go", "fill")
    answer = answer and turn.step.queue is None
    return answer and not turn.masked and repairing.may_ask_whether(turn, meaning.intent)


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
            turn.pending = None
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
        _fill(turn, pending.slots, 1.0)
    elif way:
        _go(turn, Meaning("go", pending.intent, pending.slots, way))
    else:
        repairing.ask_again(turn)


def _fill(turn: Turn, values: Mapping[str, str], confidence: float) -> None:
    refused = collecting.fill(turn, values, confidence)
    if refused is None or len(values) > 1:
        turn.heed()
    if refused:
        repairing.fail(turn, "no_match", refused)
    elif target := collecting.proceed(turn):
        entering.move(turn, target)
