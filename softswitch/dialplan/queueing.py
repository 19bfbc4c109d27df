"""Callers who wait for a person: their place in a queue, what they hear meanwhile, and where they go on.

A state's `waits` is the step at which the caller waits, "" while he does not. He keeps his place there, and
in flows that he digresses into from there; whoever goes anywhere else has left (see Turn.outcome).
"""

import math

from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.state import Frame
from softswitch.dialplan.steps import Queue, Step
from softswitch.dialplan.turn import Turn
from softswitch.waiting import Enqueue, LeaveQueue, PersonLeft, QueueOver, QueueTold

News = QueueTold | QueueOver | PersonLeft

SOON_S = 45.0
EXACT_MINUTES, ROUGH_MINUTES, HALF_HOUR, HOUR = 10, 25, 40, 60
"""Up to so many minutes they are told one by one, then in fives, as half an hour, and as an hour."""


def arrive(turn: Turn) -> str:
    """At a step that queues. Returns where to go on when the queue is closed, "" when he waits."""
    step, queue = turn.step, _queue(turn.step)
    turn.asking = ""
    if turn.waits == step.name:
        turn.say(step.reprompt)
        _stay(turn)
        return ""
    if queue.hours and turn.context.get(queue.hours) == "no":
        turn.why.append(f"{step.name}: the queue {queue.name} is closed")
        return _over(turn, step, "closed")
    turn.waits, turn.waits_since = step.name, 0.0
    turn.say(step.say)
    turn.actions.append(_order(turn, queue))
    _stay(turn)
    return ""


def resume(turn: Turn) -> None:
    """After an interruption: into the queue again, at the old place, where the plan still has it."""
    step = turn.plan.steps.get(turn.waits)
    if step is None or step.queue is None:
        turn.waits = ""
    else:
        turn.actions.append(_order(turn, step.queue))


def take(turn: Turn, news: News) -> str | None:
    """Where it goes on with one who waits, "" where he waits on; None where he is asked something."""
    step = turn.plan.steps[turn.waits]
    if isinstance(news, QueueTold):
        if turn.step is not step:
            return None
        _tell_position(turn, news)
        return ""
    turn.awaiting = ""
    _come_back(turn, step)
    if isinstance(news, QueueOver):
        return _over(turn, step, news.why)
    turn.heed()
    turn.context["agent"], turn.context["agent_left"] = news.agent, news.how
    turn.why.append(f"{step.name}: the talk with {news.agent} is over ({news.how})")
    return _queue(step).served


def leave(turn: Turn, step: Step) -> None:
    """By choice, at a step of that kind. Flows that are open lead back into the queue no more."""
    if not turn.waits or step.leave is None:
        return
    number = _number(turn, step.leave.number) if step.leave.how == "call_back" else ""
    turn.actions.append(LeaveQueue(step.leave.how, number))
    turn.frames = _before(turn, turn.waits)
    turn.waits = ""


def silent(turn: Turn) -> None:
    """The caller says nothing, as who waits does."""
    _stay(turn)


def misheard(turn: Turn) -> None:
    """What he says means nothing here: told so as often as there are words for it, and then no more. Music
    that a telephone's loudspeaker sends back must not end his wait.
    """
    number = turn.failures.get("no_match", 0) + 1
    turn.failures = {**turn.failures, "no_match": number}
    say = turn.step.failings["no_match"].say
    turn.why.append(f"no_match {number} while waiting")
    if number <= say.count(turn.language):
        turn.say_nth(say, number)
        turn.say(turn.step.reprompt)
    _stay(turn)


def spoken_wait(seconds: float, language: str) -> str:
    """A wait as it is said: "about 5 minutes". Rounded up: who is told less than it takes was lied to."""
    waits = LANGUAGES[language].talk.waits
    minutes = math.ceil(seconds / 60)
    if seconds <= SOON_S:
        return waits.soon
    if minutes <= 1:
        return waits.minute
    if minutes <= ROUGH_MINUTES:
        rounded = minutes if minutes <= EXACT_MINUTES else math.ceil(minutes / 5) * 5
        return waits.minutes.format(minutes=rounded)
    return waits.half_hour if minutes <= HALF_HOUR else waits.hour if minutes <= HOUR else waits.longer


def _queue(step: Step) -> Queue:
    assert step.queue
    return step.queue


def _order(turn: Turn, queue: Queue) -> Enqueue:
    skills = (*queue.skills, turn.language) if queue.same_language else queue.skills
    reason = " ".join(say.text for say in queue.reason.whole(turn.voice, turn.spoken))
    return Enqueue(
        queue.name,
        queue.priority,
        tuple(dict.fromkeys(skills)),
        reason,
        turn.waits_since,
        queue.max_wait,
        queue.most_waiting,
    )


def _number(turn: Turn, given: str) -> str:
    """In a call that the node made, the far end is whom it called."""
    far_end = "called_number" if turn.context.get("direction") == "out" else "caller_number"
    return turn.context.get(given or far_end, "")


def _stay(turn: Turn) -> None:
    """He waits on. Without music he hears a word at least."""
    if turn.says_something:
        turn.stop_here()
    elif _queue(turn.step).music is None:
        turn.say(turn.plan.lines.still_waiting)
    turn.listen()


def _tell_position(turn: Turn, told: QueueTold) -> None:
    """Sentences that speak of what is not known are left out."""
    known = {"position": str(told.position)}
    if told.expected_wait is not None:
        known["expected_wait"] = spoken_wait(told.expected_wait, turn.language)
    if position := _queue(turn.step).position:
        turn.say_whole(position, known)
    _stay(turn)


def _over(turn: Turn, step: Step, why: str) -> str:
    turn.context["queue_over"] = why
    turn.why.append(f"{step.name}: nobody comes ({why})")
    return _queue(step).over


def _come_back(turn: Turn, step: Step) -> None:
    """Out of whatever he was asked while he waited."""
    turn.frames = _before(turn, step.name) if turn.step is not step else turn.frames
    turn.step, turn.waits = step, ""


def _before(turn: Turn, step: str) -> tuple[Frame, ...]:
    """The flows that were open when he came into the queue."""
    place = Frame(step, True)
    return turn.frames[: turn.frames.index(place)] if place in turn.frames else turn.frames
