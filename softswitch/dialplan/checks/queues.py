"""Queues: their music exists, numbers to call back are telephone numbers, and only who waits can leave."""

from collections.abc import Iterator

from softswitch.complaints import suggest
from softswitch.dialplan.checks.declared import known_variables
from softswitch.dialplan.checks.ways import Way, Ways, within
from softswitch.dialplan.files.flow import Step
from softswitch.dialplan.files.queue import OFF, QueueSettings
from softswitch.dialplan.reading import Draft
from softswitch.marked_yaml import Document, Place

NOT, PASSING, KEPT = 0, 1, 2
"""Whether callers wait as they come to a step: they do not, until the turn ends, until they go elsewhere."""


def music(draft: Draft) -> Iterator[tuple[Document, Place, str]]:
    """Every recording that is played to who waits, and where it is named."""
    parts: list[tuple[Document, Place, QueueSettings]] = []
    if draft.plan:
        plan = draft.plan_document
        parts += [(plan, ("queues", name), queue) for name, queue in draft.plan.queues.items()]
    parts += [
        (draft.home(name), ("steps", name, "queue"), step.queue)
        for name, step in draft.steps.items()
        if step.queue
    ]
    for document, place, queue in parts:
        if queue.music and queue.music != OFF:
            yield document, (*place, "music"), queue.music


def check_parts(draft: Draft) -> None:
    for document, place, name in music(draft):
        if name not in draft.recordings:
            message = f"there is no recording '{name}'{suggest(name, draft.recordings)}"
            draft.report("unknown-recording", document, place, message)
    types = known_variables(draft)
    for name, step in draft.steps.items():
        number = step.leave.number if step.leave else None
        if number and types.get(number, "phone") != "phone":
            message = f"`{number}` is {types[number]}; expected a variable of type phone"
            draft.report_step("wrong-type", name, message, "leave", "number")


def check(ways: Ways) -> None:
    leaving = {name: step for name, step in ways.steps.items() if step.leave}
    waiting = _waiting(ways) if leaving else {}
    for name, step in leaving.items():
        if name not in waiting:
            continue
        if waiting[name] == NOT:
            message = (
                f"callers come to step '{name}' who wait in no queue any more; lead to it from a step with "
                "`queue`, or from a flow that is digressed into from there"
            )
            ways.draft.report_step("misplaced-leave", name, message, "leave")
        elif waiting[name] == KEPT and not ways.returning.isdisjoint(_after(ways, name, step)):
            message = f"step '{name}' leaves the queue, and returns into it; lead to a step of another flow"
            ways.draft.report_step("misplaced-leave", name, message, "leave", "next")


def _after(ways: Ways, name: str, step: Step) -> set[str]:
    """The steps of its flow that follow."""
    assert step.leave
    following = step.leave.next
    return within(ways, [following]) if ways.flow_of(following) == ways.flow_of(name) else set()


def _waiting(ways: Ways) -> dict[str, int]:
    """By step, the least of what may be as callers come to it."""
    at = {way.target: NOT for way in ways.starts()}
    todo = list(at)
    while todo:
        step = todo.pop()
        for target, how in _following(ways, step, at[step]):
            if how < at.get(target, KEPT + 1):
                at[target] = how
                todo.append(target)
    return at


def _following(ways: Ways, name: str, how: int) -> Iterator[tuple[str, int]]:
    step = ways.steps[name]
    found = [*ways.silent[name], *ways.heard[name]]
    if step.queue:
        yield from ((way.target, _from_queue(way)) for way in found)
        return
    if step.leave or step.transfer or ((step.hears or _awaits(step)) and how == PASSING):
        how = NOT
    for way in found:
        stays = way.digress or ways.flow_of(way.target) == ways.flow_of(name)
        yield way.target, how if stays else min(how, PASSING)
    yield from ((way.target, how) for way in ways.into(name))
    yield from ((way.target, min(how, _through(ways, ways.calls[name]))) for way in ways.through(name))


def _from_queue(way: Way) -> int:
    if way.digress:
        return KEPT
    return NOT if way.place[-1] in ("served", "over") else PASSING


def _awaits(step: Step) -> bool:
    """Whether the turn ends there until it is known what came of something."""
    return bool((step.do and step.do.ways) or (step.lookup and step.lookup.action))


def _through(ways: Ways, flow: str) -> int:
    """What is left of a wait, at the most, when a call of that flow returns."""
    steps = [ways.steps[name] for name in within(ways, [ways.entries[flow]])]
    if any(step.leave or step.queue or step.call for step in steps):
        return NOT
    return PASSING if any(step.hears or _awaits(step) for step in steps) else KEPT
