"""Variables are filled on every way to where they are said, compared, looked up or given away."""

from collections.abc import Iterable, Iterator

from softswitch.dialplan.checks.known import Known, asked, lost_by_digressing
from softswitch.dialplan.checks.leading import FAILURES
from softswitch.dialplan.checks.places import Given, given
from softswitch.dialplan.checks.texts import HEARD, TOLD, slots_heard
from softswitch.dialplan.files.flow import Step
from softswitch.dialplan.files.plan import Repairs
from softswitch.dialplan.files.queue import CALLER
from softswitch.dialplan.files.texts import Line, Prompts
from softswitch.dialplan.files.variables import FACTS
from softswitch.dialplan.markup import variables
from softswitch.marked_yaml import Document, Place


def check(known: Known) -> None:
    for step in known.at:
        _uses(known, step)
    for each, allowed in _everywhere(known):
        for _, at, line in each.each():
            for variable in known.missing(_said(line), allowed) if isinstance(line, Line) else ():
                message = f"'{{{variable}}}' cannot be said here: this text may be needed before it is set"
                known.ways.draft.report("unfilled-variable", each.document, at, message)


def _uses(known: Known, name: str) -> None:
    """Everything that a step does, in the order in which it is done."""
    step, now = known.ways.steps[name], known.at[name]
    for variable in step.set:
        _expression(known, name, ("set", variable), now)
        now |= known.mask([variable])
    asking = _says(known, name, step, now)
    _conditions(known, name, step, now)
    _question(known, name, step, asking, asking | known.mask(asked(step)))
    _given_away(known, name, step, now)


def _says(known: Known, name: str, step: Step, now: int) -> int:
    """What the step says, and what is known while it asks."""
    said = now & ~known.mask(asked(step))
    asking = said & ~lost_by_digressing(known, name)
    _prompts(known, name, step.say, ("say",), said if step.reprompt else asking)
    _prompts(known, name, step.reprompt, ("reprompt",), asking)
    for kind in FAILURES:
        if failure := getattr(step, kind, None):
            heard = known.mask([HEARD]) if kind == "low_confidence" else 0
            _prompts(known, name, failure.say, (kind, "say"), asking | heard)
    if step.queue:
        told = asking | known.mask(TOLD)
        _prompts(known, name, step.queue.position or Prompts(), ("queue", "position"), told)
    return asking


def _given_away(known: Known, name: str, step: Step, now: int) -> None:
    """What is looked up, called back, or given to actions."""
    actions = known.ways.plan.actions
    if step.lookup and step.lookup.key:
        _needs(known, name, ("lookup", "key"), [step.lookup.key], now, "looked up")
    if step.lookup and step.lookup.action:
        needed = actions[step.lookup.action].arguments
        _needs(known, name, ("lookup", "action"), needed, now, f"given to '{step.lookup.action}'")
    if step.leave and step.leave.for_ == "call_back":
        _needs(known, name, ("leave", "number"), [step.leave.number or CALLER], now, "called back")
    if step.do:
        action = actions[step.do.action]
        wanted = {*action.arguments, *([action.order_by] if action.order_by else ())}
        _needs(known, name, ("do", "action"), wanted, now, f"given to '{step.do.action}'")


def _conditions(known: Known, name: str, step: Step, now: int) -> None:
    for number in range(len(step.if_ or ())):
        _expression(known, name, ("if", number, "when"), now | (_not_taken(known, name, number)))


def _not_taken(known: Known, name: str, number: int) -> int:
    """What is proven where the branches before that number were not taken."""
    found = 0
    for index in range(number):
        if expression := known.expressions.get((name, ("if", index, "when"))):
            found |= known.mask(expression.node.proves(False))
    return found


def _question(known: Known, name: str, step: Step, asking: int, answered: int) -> None:
    if step.dtmf:
        _expression(known, name, ("dtmf", "valid"), answered)
        _prompts(known, name, step.dtmf.invalid, ("dtmf", "invalid"), answered)
    if not step.collect:
        return
    _expression(known, name, ("collect", "valid"), answered)
    _prompts(known, name, step.collect.invalid, ("collect", "invalid"), answered)
    _prompts(known, name, step.collect.confirm, ("collect", "confirm"), answered)
    for variable, ask in step.collect.form.items():
        place = ("collect", "form", variable)
        _prompts(known, name, ask.ask, (*place, "ask"), asking)
        _prompts(known, name, ask.reask, (*place, "reask"), asking)
        asking |= known.mask([variable])
        _expression(known, name, (*place, "valid"), answered)
        _prompts(known, name, ask.invalid, (*place, "invalid"), asking)


def _expression(known: Known, name: str, place: Place, now: int) -> None:
    """Facts may be missing in a condition: then it is not met, which is what its author means."""
    expression = known.expressions.get((name, place))
    if expression:
        needed = expression.needs - (frozenset(FACTS) if expression.type == "yes_no" else frozenset())
        _needs(known, name, place, needed, now, "used")


def _needs(known: Known, name: str, place: Place, names: Iterable[str], now: int, how: str) -> None:
    for variable in known.missing(names, now):
        message = f"'{variable}' is {how} here, but not every way here sets it"
        known.ways.draft.report_step("unfilled-variable", name, message, *place)


def _prompts(known: Known, name: str, prompts: Prompts, place: Place, now: int) -> None:
    if not prompts:
        return
    document = known.ways.draft.home(name)
    for each in given(document, prompts, ("steps", name, *place)):
        for _, at, line in each.each():
            for variable in known.missing(_said(line), now):
                message = f"'{{{variable}}}' is said here, but not every way here sets it"
                known.ways.draft.report("unfilled-variable", document, at, message)


def _said(line: Line) -> frozenset[str]:
    return frozenset() if line.audio else variables(line.text)


def _everywhere(known: Known) -> Iterator[tuple[Given, int]]:
    """Texts of the plan, of a flow's repair and of intents, which may be said wherever a call is; and what is
    known there.
    """
    draft, plan = known.ways.draft, known.ways.plan
    heard, told = known.base | known.mask([HEARD]), known.mask(TOLD)
    parts: list[tuple[Document, Repairs, Place]] = [(draft.plan_document, plan.repair, ("repair",))]
    parts += [
        (draft.documents["flows"][name], flow.repair, ("repair",)) for name, flow in draft.flows.items()
    ]
    for document, repair, place in parts:
        for each in given(document, repair, place):
            yield each, heard if "low_confidence" in each.place else known.base
    for key, part in (
        ("lines", plan.lines),
        ("recording", plan.recording),
        ("filler", plan.filler),
    ):
        for each in given(draft.plan_document, part, (key,)):
            yield each, known.base | (told if each.place == ("lines", "position") else 0)
    for name, queue in plan.queues.items():
        for each in given(draft.plan_document, queue, ("queues", name)):
            yield each, known.base | told
    slots = slots_heard(draft)
    for name, intent in draft.intents.items():
        for each in given(draft.documents["intents"][name], intent.confirm, ("confirm",)):
            yield each, heard | known.mask(slots[name])
