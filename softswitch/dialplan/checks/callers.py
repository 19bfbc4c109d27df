"""What a caller may expect at every question: an answer to each failure, a human, help, keys to trust."""

from softswitch.dialplan.checks.graphs import backward, reached
from softswitch.dialplan.checks.leading import FAILURES, own_choices
from softswitch.dialplan.checks.ways import Ways
from softswitch.dialplan.files.flow import Step
from softswitch.dialplan.files.plan import Repairs
from softswitch.marked_yaml import Document, Place


def check(ways: Ways) -> None:
    _silent_repairs(ways)
    _humans(ways)
    _courtesies(ways)
    _keys(ways)


def _silent_repairs(ways: Ways) -> None:
    draft = ways.draft
    declared: list[tuple[Document, Place, Repairs]] = [(draft.plan_document, ("repair",), ways.plan.repair)]
    for name, flow in draft.flows.items():
        document = draft.documents["flows"][name]
        declared.append((document, ("repair",), flow.repair))
        declared += [(document, ("steps", step), each) for step, each in flow.steps.items()]
    for document, place, repairs in declared:
        for kind in FAILURES:
            failure = getattr(repairs, kind, None)
            if failure and not failure.say and not failure.then:
                message = f"{kind} says nothing and leads nowhere"
                draft.report("silent-repair", document, (*place, kind), message, key=True)


def _humans(ways: Ways) -> None:
    edges = {step: [way.target for way in ways.all_ways(step)] for step in ways.steps}
    transfers = [step for step, each in ways.steps.items() if each.transfer or each.queue]
    helped = reached(transfers, backward(edges))
    for step, each in ways.steps.items():
        if not each.hears or each.queue:  # who waits for one has asked for him
            continue
        target, document, place = _human(ways, step, each)
        if not target:
            message = f"at step '{step}' nobody can ask for a human; lead the intent 'human' somewhere"
            ways.draft.report_step("no-human", step, message)
        elif target not in helped:
            message = f"from step '{target}' no transfer can be reached, so nobody comes to a human"
            if not _told(ways, document, place):
                ways.draft.report("no-human", document, place, message)


def _human(ways: Ways, name: str, step: Step) -> tuple[str, Document, Place]:
    """Where the intent `human` leads; where only keys are heard, the step itself."""
    document, plan = ways.draft.home(name), ways.draft.plan_document
    if step.dtmf:
        return name, document, ("steps", name)
    own, kind = own_choices(step), step.choosing
    everywhere = ways.plan.universal
    for choices, at, place in ((own, document, ("steps", name, kind)), (everywhere, plan, ("universal",))):
        if "human" in choices.on:
            return choices.on["human"], at, (*place, "on", "human")
        if "human" in choices.digress:
            return ways.entries[choices.digress["human"]], at, (*place, "digress", "human")
    return "", document, ()


def _told(ways: Ways, document: Document, place: Place) -> bool:
    """What is universal is told once."""
    at = document.where(place)
    return any(
        (each.file, each.line, each.column) == at for each in ways.draft.problems if each.rule == "no-human"
    )


def _courtesies(ways: Ways) -> None:
    universal = ways.plan.universal
    questions = [own_choices(step) for step in ways.steps.values() if step.choices]
    for intent, wanted in (("help", "callers who ask for it"), ("goodbye", "callers who say it")):
        everywhere = intent in {*universal.on, *universal.digress}
        if not everywhere and not all(intent in {*own.on, *own.digress} for own in questions):
            message = f"`{intent}` leads nowhere from some questions; {wanted} are not understood there"
            ways.draft.report(f"no-{intent}", ways.draft.plan_document, ("universal",), message, key=True)


def _keys(ways: Ways) -> None:
    everywhere = ways.plan.universal.dtmf
    for name, step in ways.steps.items():
        kind = step.choosing
        for key, meaning in own_choices(step).dtmf.items():
            if step.collect and key == step.collect.terminator:
                message = f"key '{key}' ends the keying in, so it can mean nothing else here"
                ways.draft.report_step("key-ends-input", name, message, kind, "dtmf", key)
            elif everywhere.get(key, meaning) != meaning:
                message = f"key '{key}' leads to '{everywhere[key]}' everywhere, and to '{meaning}' here"
                ways.draft.report_step("key-overridden", name, message, kind, "dtmf", key)
