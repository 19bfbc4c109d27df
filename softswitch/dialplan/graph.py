"""What must hold of a dialplan as a whole: all steps reachable, every call able to end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from softswitch.dialplan.draft import Draft
from softswitch.dialplan.plan import keys_of, on_of
from softswitch.dialplan.prompts import variables
from softswitch.dialplan.schema import RESERVED_TARGETS, PlanFile, Step
from softswitch.dialplan.templates import slots_of
from softswitch.errors import Problem

Edge = tuple[str, frozenset[str]]
"""A following step, and the variables that are set on the way to it."""


def check(draft: Draft, plan: PlanFile, phrases: Mapping[str, tuple[str, ...]]) -> list[Problem]:
    """Problems of a draft whose parts are sound and whose names all exist."""
    edges = {name: [*_silent(draft, step), *_heard(plan, step)] for name, step in draft.steps.items()}
    return [
        *_unreachable(draft, plan, edges),
        *_endless(draft, plan),
        *_unset(draft, plan, edges),
        *_ambiguous(draft, plan, phrases),
        *_idle(draft, plan),
        *_tables(draft),
        *_collecting(draft),
        *_fixed_texts(draft, plan),
    ]


def _silent(draft: Draft, step: Step) -> list[Edge]:
    """Where a step goes on to without the caller. A transfer may fail at once, when there is no human."""
    if step.next:
        return [(step.next, frozenset())]
    if step.transfer:
        return [(step.transfer.failed, frozenset())]
    if step.lookup:
        columns = _columns(draft, step.lookup.table)
        return [(step.lookup.found, columns), (step.lookup.not_found, frozenset())]
    return []


def _heard(plan: PlanFile, step: Step) -> list[Edge]:
    """Where a listening step goes on to when the caller says or presses something, or too often nothing."""
    if step.ear is None:
        return []
    targets = [*on_of(plan, step).values(), *(meaning.target for meaning in keys_of(plan, step).values())]
    edges: list[Edge] = [(name, frozenset()) for name in targets if name not in RESERVED_TARGETS]
    if step.collect:
        edges.append((step.collect.next, frozenset({step.collect.slot})))
    return [*edges, (plan.repair.then, frozenset())]


def _columns(draft: Draft, table: str) -> frozenset[str]:
    rows = iter(draft.tables[table].rows.values())
    return frozenset(next(rows, {}))


def _reached(starts: Iterable[str], edges: Mapping[str, list[Edge]]) -> set[str]:
    found, waiting = set(starts), list(starts)
    while waiting:
        new = {name for name, _ in edges[waiting.pop()]} - found
        found |= new
        waiting += new
    return found


def _unreachable(draft: Draft, plan: PlanFile, edges: Mapping[str, list[Edge]]) -> Iterator[Problem]:
    reached = _reached([plan.start], edges)
    for name in draft.steps.keys() - reached:
        yield draft.step_problem(name, f"step '{name}' can never be reached")


def _endless(draft: Draft, plan: PlanFile) -> Iterator[Problem]:
    """Steps in a circle without a caller's word would never end; nor would a call that repair leads back."""
    silent = {name: _silent(draft, step) for name, step in draft.steps.items()}
    for name in silent:
        if name in _reached([following for following, _ in silent[name]], silent):
            yield draft.step_problem(name, f"step '{name}' leads back to itself without listening in between")
    for name in sorted(_reached([plan.repair.then], silent)):
        if draft.steps[name].ear:
            message = f"leads to step '{name}', which listens again; after the last strike the call must end"
            yield draft.plan_document.problem(("repair", "then"), message)


def _unset(draft: Draft, plan: PlanFile, edges: Mapping[str, list[Edge]]) -> Iterator[Problem]:
    known = _known(plan.start, edges)
    for name, step in draft.steps.items():
        if name not in known:
            continue
        for variable in sorted(variables(step.texts) - known[name]):
            yield draft.step_problem(name, f"'{{{variable}}}' is said here, but not every way here sets it")
        if step.lookup and step.lookup.key not in known[name]:
            message = f"'{step.lookup.key}' is looked up here, but not every way here sets it"
            yield draft.step_problem(name, message, "lookup", "key")


def _known(start: str, edges: Mapping[str, list[Edge]]) -> dict[str, frozenset[str]]:
    """The variables that are set on every way to a step. Sets only shrink, so this comes to an end."""
    known: dict[str, frozenset[str]] = {start: frozenset()}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for following, gained in edges[name]:
            after = known[name] | gained
            merged = known[following] & after if following in known else after
            if known.get(following) != merged:
                known[following] = merged
                waiting.append(following)
    return known


def _ambiguous(draft: Draft, plan: PlanFile, phrases: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """One phrase of two intents that some step listens for together."""
    owners: dict[str, set[str]] = defaultdict(set)
    for intent, said in phrases.items():
        for phrase in said:
            owners[phrase].add(intent)
    shared = {phrase: names for phrase, names in owners.items() if len(names) > 1}
    heard = [on_of(plan, step).keys() for step in draft.steps.values() if step.ear] if shared else []
    told: set[tuple[str, ...]] = set()
    for phrase, names in shared.items():
        together = next((tuple(sorted(names & on)) for on in heard if len(names & on) > 1), ())
        if together and together not in told:
            told.add(together)
            message = f"'{phrase}' is a sentence of {' and of '.join(together)}, and a step listens for both"
            yield draft.intent_documents[together[-1]].problem(("sentences",), message)


def _idle(draft: Draft, plan: PlanFile) -> Iterator[Problem]:
    used = {intent for step in draft.steps.values() for intent in on_of(plan, step) if step.ear}
    for name in draft.intents.keys() - used:
        yield draft.intent_documents[name].problem((), f"no step listens for the intent '{name}'")


def _tables(draft: Draft) -> Iterator[Problem]:
    for name, table in draft.tables.items():
        columns = _columns(draft, name)
        if not table.rows:
            yield draft.table_documents[name].problem(("rows",), "expected at least one row")
        for key, row in table.rows.items():
            if row.keys() != columns:
                message = f"every row needs the same columns: {', '.join(sorted(columns))}"
                yield draft.table_documents[name].problem(("rows", key), message, key=True)


def _collecting(draft: Draft) -> Iterator[Problem]:
    for name, step in draft.steps.items():
        for index, sentence in enumerate(step.collect.sentences if step.collect else ()):
            if step.collect and slots_of(sentence) != (step.collect.slot,):
                message = f"a sentence here must hold the slot {{{step.collect.slot}}}, and no other"
                yield draft.step_problem(name, message, "collect", "sentences", index)


def _fixed_texts(draft: Draft, plan: PlanFile) -> Iterator[Problem]:
    lines = plan.lines.model_dump()
    for place, texts in (
        (("repair", "no_input"), plan.repair.no_input),
        (("repair", "no_match"), plan.repair.no_match),
        *((("lines", key), (text,)) for key, text in lines.items()),
    ):
        if used := variables(texts):
            message = f"'{{{min(used)}}}' cannot be said here: this text may be needed before it is set"
            yield draft.plan_document.problem(place, message)
