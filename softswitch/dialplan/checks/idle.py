"""What is declared and never used, used and never set, written and never heard."""

from collections.abc import Iterable, Iterator

from softswitch.dialplan import templates
from softswitch.dialplan.checks import queues
from softswitch.dialplan.checks.declared import built_in_intents, columns
from softswitch.dialplan.checks.leading import listened
from softswitch.dialplan.checks.places import all_given
from softswitch.dialplan.checks.texts import slots_heard
from softswitch.dialplan.checks.values import Expressions
from softswitch.dialplan.checks.ways import Ways
from softswitch.dialplan.files.texts import Line, Texts
from softswitch.dialplan.markup import variables
from softswitch.dialplan.reading import mapping
from softswitch.marked_yaml import Document, Place


def check(ways: Ways, expressions: Expressions) -> None:
    _intents(ways)
    used = {*_used(ways)}.union(*(each.variables for each in expressions.values()))
    _variables(ways, used)
    _hours(ways, used)
    _things(ways)
    _records(ways)
    _warms(ways)


def _intents(ways: Ways) -> None:
    heard = {"yes", "no"}.union(*(listened(ways.plan, step) for step in ways.steps.values()))
    for name in ways.draft.intents.keys() - heard:
        message = f"no step listens for the intent '{name}'"
        ways.draft.report("unheard-intent", ways.draft.documents["intents"][name], (), message)


def _variables(ways: Ways, used: set[str]) -> None:
    draft, plan = ways.draft, ways.plan
    sentences = set(_slots(ways))
    filled = {*sentences, *_filled(ways)}
    used = used | sentences
    for name, variable in plan.variables.items():
        place: Place = ("variables", name)
        if name not in filled and variable.value is None:
            draft.report("never-set", draft.plan_document, place, f"nothing sets '{name}'", key=True)
        elif name not in used:
            draft.report(
                "unused", draft.plan_document, place, f"nothing uses the variable '{name}'", key=True
            )


def _hours(ways: Ways, used: set[str]) -> None:
    routed = {word for route in ways.plan.routes for word in route.when.hours.split()}
    routed |= {queue.hours for queue in ways.plan.queues.values() if queue.hours}
    named = routed | {name.removeprefix("hours_") for name in used}
    for name in ways.plan.hours:
        _unused(ways, name, named, "hours", ways.draft.plan_document, ("hours", name))


def _slots(ways: Ways) -> Iterator[str]:
    """Variables of sentences. A caller who says one is answered, so it counts as used too."""
    for name, slots in slots_heard(ways.draft).items():
        if name not in built_in_intents():
            yield from slots


def _filled(ways: Ways) -> Iterator[str]:
    for step in ways.steps.values():
        yield from step.set
        if step.collect:
            yield from step.collect.fields
        if step.dtmf and step.dtmf.slot:
            yield step.dtmf.slot
    for action in ways.plan.actions.values():
        yield from action.result
    for document in ways.draft.documents["tables"].values():
        yield from columns(document)
    for route in ways.plan.routes:
        yield from route.set


def _used(ways: Ways) -> Iterator[str]:
    for each in all_given(ways.draft):
        for _, _, line in each.each():
            yield from variables(line.text) if isinstance(line, Line) else ()
    for step in ways.steps.values():
        if step.lookup and step.lookup.key:
            yield step.lookup.key
        if step.leave and step.leave.number:
            yield step.leave.number
    for action in ways.plan.actions.values():
        yield from action.arguments
        yield action.order_by or ""
    yield from (each.key for each in ways.plan.prefetch if each.key)
    yield from (name for name, variable in ways.plan.variables.items() if variable.scope == "caller")


def _things(ways: Ways) -> None:
    """Lists, tables, actions, rules, hours, recordings."""
    draft, plan = ways.draft, ways.plan
    steps = list(ways.steps.values())
    tables = {step.lookup.table for step in steps if step.lookup and step.lookup.table}
    tables |= {each.table for each in plan.prefetch if each.table}
    lists = {variable.of for variable in plan.variables.values()}
    for kind, used in (("tables", tables), ("lists", lists)):
        for name, document in draft.documents[kind].items():
            _unused(ways, name, used, kind[:-1], document, ())
    actions = {step.do.action for step in steps if step.do}
    actions |= {step.lookup.action for step in steps if step.lookup and step.lookup.action}
    waited = {step.queue.name for step in steps if step.queue}
    rules = {rule for text in _templates(ways) for rule in templates.rules_of(text)}
    for kind, used, declared in (
        ("action", actions, plan.actions),
        ("rule", rules, plan.rules),
        ("queue", waited, plan.queues),
    ):
        for name in declared:
            _unused(ways, name, used, kind, draft.plan_document, (f"{kind}s", name))
    recordings = {
        line.audio for each in all_given(draft) for _, _, line in each.each() if isinstance(line, Line)
    }
    recordings |= {name for _, _, name in queues.music(draft)}
    for name, recording in draft.recordings.items():
        _unused(ways, name, recordings, "recording", Document(str(recording.path)), ())


def _records(ways: Ways) -> None:
    if ways.plan.recording.mode == "off":
        for name in (name for name, step in ways.steps.items() if step.record):
            message = "nothing is recorded here: `recording` in plan.yaml is off"
            ways.draft.report_step("never-recorded", name, message, "record")


def _warms(ways: Ways) -> None:
    answers = ways.plan.answers
    if not answers or not answers.warm:
        return
    why = "" if ways.plan.hours else "the plan has no `hours`"
    if not answers.remember:
        why = "`remember` is no"
    if why:
        message = f"nothing is asked ahead here: {why}"
        ways.draft.report("never-warmed", ways.draft.plan_document, ("answers", "warm"), message)


def _templates(ways: Ways) -> Iterator[str]:
    for each in all_given(ways.draft):
        if type(each.texts) is Texts:
            yield from (text for _, _, text in each.each())


def _unused(
    ways: Ways, name: str, used: Iterable[str | None], kind: str, document: Document, place: Place
) -> None:
    if name not in used:
        ways.draft.report(
            "unused", document, place, f"nothing uses the {kind} '{name}'", key=bool(mapping(document.value))
        )
