"""Steps that wait: for what comes of the action that they promise, or of what they have looked up."""

from collections.abc import Mapping

from softswitch.dialplan.steps import Awaited, Step
from softswitch.dialplan.turn import Turn
from softswitch.e164 import e164
from softswitch.events import Acted, Await, Input

TELLING = ("found", "done", "refused")
"""Outcomes whose result is kept: who is refused may be told why, or what there is instead."""


def begin(turn: Turn, step: Step) -> None:
    """Stop at a step until it is known what came of it. What the last visit found is forgotten."""
    awaited = step.awaited
    assert awaited
    key = turn.promise(step) if step.do else turn.new_key(step)
    arguments = _arguments(turn, awaited)
    for name in set(awaited.result).difference(awaited.arguments):
        turn.context.pop(name, None)
    turn.stop_here()
    turn.asking, turn.pending, turn.awaiting = "", None, key
    _wait(turn, awaited, arguments)


def resume(turn: Turn) -> bool:
    """After an interruption: ask once more what came of it, and promise nothing again. False where the step
    is gone, or waits no longer, in the plan as it is now: then the question before it is asked again.
    """
    if turn.step.awaited and turn.step.name == turn.before.step:
        _wait(turn, turn.step.awaited, _arguments(turn, turn.step.awaited))
        return True
    turn.awaiting = ""
    return False


def take(turn: Turn, event: Input) -> str:
    """Where it goes on; "" while nothing has come of it, whatever the caller does."""
    awaited = turn.step.awaited
    assert awaited
    if not isinstance(event, Acted) or event.key != turn.awaiting or event.outcome not in awaited.ways:
        _wait(turn, awaited, _arguments(turn, awaited))
        return ""
    turn.awaiting = ""
    values = _fitting(turn, awaited, event.result)
    outcome = event.outcome
    if outcome == "found" and len(values) < len(awaited.result):
        missing = ", ".join(name for name in awaited.result if name not in values)
        turn.why.append(f"{turn.step.name}: what was found has no {missing}, or none that fits")
        outcome, values = "not_found", {}
    if outcome in TELLING:
        for name, value in values.items():
            turn.keep(name, value)
    turn.why.append(f"{turn.step.name}: {awaited.action} is {outcome}")
    return awaited.ways[outcome]


def _wait(turn: Turn, awaited: Awaited, arguments: tuple[tuple[str, str], ...]) -> None:
    filler = awaited.filler[turn.language]
    turn.actions.append(
        Await(
            turn.awaiting,
            awaited.action,
            arguments,
            awaited.within,
            awaited.look_up,
            awaited.filler_after,
            filler,
        )
    )


def _arguments(turn: Turn, awaited: Awaited) -> tuple[tuple[str, str], ...]:
    """What is looked up is written down nowhere, so that it may be a secret; a promise has its own."""
    if not awaited.look_up:
        return ()
    return tuple((name, turn.context.get(name, "")) for name in awaited.arguments)


def _fitting(turn: Turn, awaited: Awaited, result: Mapping[str, str]) -> dict[str, str]:
    """The values that their variables can have."""
    slots = turn.plan.slots[turn.language]
    found = {name: _canonical(turn, name, result[name]) for name in awaited.result if name in result}
    return {name: value for name, value in found.items() if value and slots[name].fits(value)}


def _canonical(turn: Turn, name: str, value: str) -> str:
    """As the dialplan has such values: integrations say true and false, and write numbers as they like."""
    match turn.plan.files.types[name]:
        case "yes_no":
            return {"true": "yes", "false": "no"}.get(value.lower(), value)
        case "phone":
            return e164(value, turn.plan.settings.country) or value
    return value.strip()
