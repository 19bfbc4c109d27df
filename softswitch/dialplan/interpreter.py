"""The interpreter: a state and an input give the next state and what to do. Pure: no clock, no I/O.

Every list of actions ends in Listen, Transfer or Hangup, with something said before, or in Await, which is
bounded, so that nothing ends in silence; and every input is answered in bounded steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from softswitch.dialplan import (
    awaiting,
    entering,
    hearing,
    queueing,
    recording,
    repairing,
    thinking,
    understanding,
)
from softswitch.dialplan.entering import Leap
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.state import State
from softswitch.dialplan.turn import Outcome, Turn
from softswitch.events import (
    Acted,
    Hangup,
    Hypothesis,
    Input,
    NoInput,
    TransferFailed,
    Unspoken,
)
from softswitch.thinking import Unanswered, Wanted
from softswitch.waiting import PersonLeft, QueueOver, QueueTold


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
    _take(turn, event)
    return turn.outcome()


def _take(turn: Turn, event: Input) -> None:
    if isinstance(event, Unanswered | Wanted):
        _instead(turn, event)
    elif isinstance(event, Unspoken):
        turn.why.append("the voice failed")
        entering.move(turn, turn.plan.last_resort)
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
        entering.run(turn, Leap(turn.step.name))
    elif isinstance(event, NoInput):
        _silent(turn)
    else:
        hearing.take(turn, event)


def completes(plan: Plan, state: State, text: str, alternatives: Sequence[Hypothesis] = ()) -> bool:
    """Whether one of the texts is a whole interpretation in the present step, so that the turn is over."""
    turn = Turn(plan, state)
    if turn.step.question is None or not turn.question.speech:
        return False
    return understanding.completes(turn, (text, *(other.text for other in alternatives)))


def _instead(turn: Turn, event: Unanswered | Wanted) -> None:
    """Where it goes on when an answer was not thought, or asked for an action."""
    if target := thinking.instead(turn, event):
        entering.move(turn, target)
    else:
        _ask_again(turn)


def _ask_again(turn: Turn) -> None:
    entering.run(turn, Leap(turn.step.name, again=True, keep=True))


def _silent(turn: Turn) -> None:
    """The caller said nothing."""
    if turn.step.queue:
        queueing.silent(turn)
    else:
        never_spoke = not turn.spoken_once and "silent" in turn.step.failings
        repairing.fail(turn, "silent" if never_spoke else "no_input")


def _transfer_failed(turn: Turn) -> None:
    turn.say(turn.plan.lines.transfer_failed)
    if turn.step.transfer:
        entering.move(turn, turn.step.transfer.failed)
    else:
        _ask_again(turn)


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
        _ask_again(turn)
