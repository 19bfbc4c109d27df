"""From step to step: what is said and done on the way, until the caller's turn or the call's end."""

from typing import NamedTuple

from softswitch.dialplan import awaiting, collecting, queueing, recording, thinking
from softswitch.dialplan.pieces import RATES, SLOWEST
from softswitch.dialplan.state import MAX_FRAMES, Frame
from softswitch.dialplan.steps import Step, Way
from softswitch.dialplan.turn import Turn
from softswitch.events import Hangup, Say, Transfer

MAX_LAST_STEPS = 20
"""Where a turn went through too many steps, the end has so many more."""


class Leap(NamedTuple):
    """The step to enter. `again`: the caller was there before; `keep`: what he gave there stays."""

    step: str
    again: bool = False
    keep: bool = False


def move(turn: Turn, target: str) -> None:
    """Follow a target, a step or a reserved word, to its end."""
    run(turn, _follow(turn, target))


def digress(turn: Turn, way: Way) -> None:
    """Into a flow, to come back to the present question."""
    _push(turn, Frame(turn.step.name, True))
    run(turn, Leap(way.target))


def run(turn: Turn, leap: Leap | None) -> None:
    while leap is not None:
        turn.steps_left -= 1
        if turn.steps_left == 0:
            leap = Leap(turn.plan.last_resort)
        if turn.steps_left < -MAX_LAST_STEPS:
            turn.end(Hangup())
            return
        leap = _enter(turn, turn.plan.steps[leap.step], leap)


def begin(turn: Turn) -> Leap:
    """The call's first step, with what is known at first."""
    plan = turn.plan
    kept = {name: turn.context[name] for name in plan.remembered if name in turn.context}
    turn.context = plan.beginning({**turn.facts, **kept})
    turn.frames, turn.trail, turn.askers = (), (), {}
    turn.asking, turn.pending, turn.unsure, turn.awaiting = "", None, False, ""
    return Leap(plan.first(turn.context))


def _push(turn: Turn, frame: Frame) -> None:
    turn.frames = (*turn.frames, frame)[-MAX_FRAMES:]


def _enter(turn: Turn, step: Step, leap: Leap) -> Leap | None:
    turn.step = step
    turn.path.append(step.name)
    if step.question:
        return _arrive(turn, step, leap)
    _set(turn, step)
    if step.transfer and step.transfer.uri is None:
        turn.say(turn.plan.lines.no_human)
        return _follow(turn, step.transfer.failed)
    turn.say(step.reprompt if leap.again and step.reprompt else step.say)
    if step.transfer and step.transfer.uri:
        turn.end(Transfer(step.transfer.uri))
        return None
    if step.hangup:
        turn.end(Hangup())
        return None
    return _onward(turn, step)


def _onward(turn: Turn, step: Step) -> Leap | None:
    """Where a step that does not listen goes on."""
    recording.follow(turn, step)
    queueing.leave(turn, step)
    if step.returns:
        return _return(turn)
    if step.call:
        _push(turn, Frame(step.next, False))
        return Leap(step.call)
    if step.awaited:
        awaiting.begin(turn, step)
        return None
    if step.answer:
        return _follow(turn, thinking.begin(turn, step))
    if step.do:
        turn.promise(step)
    if step.language:
        turn.language = turn.context["language"] = step.language
    return _follow(turn, _branch(turn, step) or _look_up(turn, step) or step.next)


def _branch(turn: Turn, step: Step) -> str:
    """The first branch that holds; "" when none does, or there are none."""
    for branch in step.branches:
        if branch.when.holds(turn.context):
            turn.why.append(f"{step.name}: {branch.when.text}")
            return branch.then
    return ""


def _look_up(turn: Turn, step: Step) -> str:
    """Where a look-up leads; "" for a step that has none."""
    if (lookup := step.lookup) is None:
        return ""
    row = lookup.table.get(turn.context.get(lookup.key, ""))
    if row is None:
        return lookup.not_found
    turn.context.update(row)
    return lookup.found


def _set(turn: Turn, step: Step) -> None:
    for name, expression in step.sets:
        value = expression.evaluate(turn.context)
        turn.context.pop(name, None)
        if value:
            turn.keep(name, value)


def _arrive(turn: Turn, step: Step, leap: Leap) -> Leap | None:
    """At a question: ask it, unless all that it asks for is known."""
    turn.failures, turn.pending = {}, None
    if step.queue:
        _set(turn, step)
        target = queueing.arrive(turn)
        return _follow(turn, target) if target else None
    anew = bool(turn.question.fields) and not leap.keep
    turn.remember_question(collecting.clear(turn) if anew else {})
    _set(turn, step)
    if not turn.question.fields:
        turn.asking = ""
        turn.say(step.reprompt if leap.again and step.reprompt else step.say)
        turn.stop_here()
        turn.listen()
        return None
    target = collecting.proceed(turn, entering=True, again=leap.again)
    return _follow(turn, target) if target else None


def _follow(turn: Turn, target: str) -> Leap | None:
    """What a target means here. A step of another flow leaves the flows that are open."""
    match target:
        case "repeat":
            return _repeat(turn)
        case "slower" | "faster":
            _change_rate(turn, -1 if target == "slower" else 1)
            return _repeat(turn)
        case "back":
            return _back(turn)
        case "restart":
            return begin(turn)
        case "return":
            return _return(turn)
    if turn.plan.steps[target].flow != turn.step.flow:
        turn.frames = ()
    return Leap(target)


def _return(turn: Turn) -> Leap:
    """To where the flow was called, or left for; without such a place to the beginning."""
    if not turn.frames:
        return Leap(turn.plan.first(turn.context))
    *rest, frame = turn.frames
    turn.frames = tuple(rest)
    if not frame.digressed:
        return Leap(frame.step)
    turn.say(turn.plan.lines.returning)
    return Leap(frame.step, again=True, keep=True)


def _repeat(turn: Turn) -> Leap | None:
    """What was last said, and the question that the caller is at."""
    if turn.step.question is None:
        return Leap(turn.trail[-1].step, again=True, keep=True) if turn.trail else begin(turn)
    turn.actions += turn.said
    turn.listen()
    return None


def _change_rate(turn: Turn, by: int) -> None:
    """Speak on a notch slower or faster, and what was said last too."""
    old = RATES.index(turn.rate)
    turn.rate = RATES[min(max(old + by, 0), len(RATES) - 1)]
    factor = turn.rate / RATES[old]
    turn.said = tuple(_at_rate(say, factor) for say in turn.said)


def _at_rate(say: Say, factor: float) -> Say:
    if say.audio or factor == 1:
        return say
    rate = max(round(say.rate * factor, 2), SLOWEST)
    return Say(say.text, False, say.barge_in, rate, say.pause, "", say.language)


def _back(turn: Turn) -> Leap | None:
    """To what was asked before: a form's last answer, or the question before this one."""
    if turn.step.question and turn.step.question.fields and collecting.forget_last(turn):
        collecting.proceed(turn, again=True)
        return None
    if turn.step.question and turn.step.queue is None and len(turn.trail) > 1:
        turn.context = {**turn.trail[-1].forgotten, **turn.context}
        turn.trail = turn.trail[:-1]
    if not turn.trail:
        return begin(turn)
    turn.frames = turn.trail[-1].frames
    return Leap(turn.trail[-1].step, again=True)
