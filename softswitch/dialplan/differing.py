"""What changed between two versions of a dialplan, in its author's terms: steps, sentences, settings."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from softswitch.dialplan import reading
from softswitch.dialplan.folder import KNOWLEDGE, Folder
from softswitch.dialplan.reading import Draft, mapping

How = Literal["added", "removed", "changed"]
MISSING = object()
NAMED = {"variables": "variable", "hours": "hours", "actions": "action", "rules": "rule", "queues": "queue"}
"""Mappings of plan.yaml of which each entry is a thing of its own."""
KINDS = {"intents": "intent", "lists": "list", "tables": "table", "examples": "examples of"}

BYTES = {"audio": "recording", KNOWLEDGE: "knowledge"}
"""Of which only that they changed is told."""


@dataclass(frozen=True, slots=True)
class Change:
    """`what` changed, such as `step greeting`, and at which `key` inside it ("" for all of it). Values are
    shown as YAML on one line; "" for what there is not.
    """

    what: str
    how: How
    key: str = ""
    old: str = ""
    new: str = ""


def compare(old: Folder, new: Folder) -> list[Change]:
    """Everything, in the order of plan.yaml, routes, flows, intents, lists, tables, recordings and knowledge.
    Folders with mistakes are compared as far as they are YAML.
    """
    before, after = reading.read(old), reading.read(new)
    changes = [*_plan(before, after), *_steps(before, after)]
    for folder, kind in KINDS.items():
        changes += _things(kind, _values(before, folder), _values(after, folder))
    for folder, kind in BYTES.items():
        changes += _things(kind, _bytes(old, folder), _bytes(new, folder))
    return changes


def _plan(before: Draft, after: Draft) -> Iterator[Change]:
    old, new = (mapping(draft.plan_document.value) for draft in (before, after))
    named = {*NAMED, "routes"}
    settings = ({key: value for key, value in plan.items() if key not in named} for plan in (old, new))
    yield from _inside("plan", "", *settings)
    for key, kind in NAMED.items():
        yield from _things(kind, mapping(old, key), mapping(new, key))
    yield from _things("route", _routes(old), _routes(new))
    names = ([*_routes(plan)] for plan in (old, new))
    yield from _order("the order of routes", *names)


def _routes(plan: Mapping[str, Any]) -> dict[str, Any]:
    """By name, by number where they have none."""
    routes = plan.get("routes")
    named = (
        route if isinstance(route, dict) else {} for route in (routes if isinstance(routes, list) else ())
    )
    return {str(route.get("name") or number): route for number, route in enumerate(named, 1)}


def _steps(before: Draft, after: Draft) -> Iterator[Change]:
    flows = [
        {name: mapping(document.value) for name, document in draft.documents["flows"].items()}
        for draft in (before, after)
    ]
    rest = (
        {name: {k: v for k, v in flow.items() if k != "steps"} for name, flow in each.items()}
        for each in flows
    )
    yield from _things("flow", *rest)
    for name in (name for name in flows[0] if name in flows[1]):
        starts = [next(iter(mapping(each[name], "steps")), "") for each in flows]
        if starts[0] != starts[1]:
            yield Change(f"flow {name}", "changed", "first step", *starts)
    steps = [
        {name: step for flow in each.values() for name, step in mapping(flow, "steps").items()}
        for each in flows
    ]
    yield from _things("step", *steps)
    for name in (name for name in steps[0] if name in steps[1]):
        if before.homes[name] != after.homes[name]:
            yield Change(f"step {name}", "changed", "flow", before.homes[name], after.homes[name])


def _values(draft: Draft, folder: str) -> dict[str, Any]:
    return {name: document.value for name, document in draft.documents[folder].items()}


def _bytes(folder: Folder, kind: str) -> dict[str, Any]:
    return {file.path.name: file.data for file in folder.files if file.kind == kind}


def _things(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in (name for name in old if name not in new):
        yield Change(f"{kind} {name}", "removed")
    for name in new:
        if name not in old:
            yield Change(f"{kind} {name}", "added")
        elif isinstance(new[name], bytes):
            if old[name] != new[name]:
                yield Change(f"{kind} {name}", "changed")
        else:
            yield from _inside(f"{kind} {name}", "", old[name], new[name])


def _inside(what: str, key: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            inner = f"{key}.{name}" if key else name
            yield from _inside(what, inner, old.get(name, MISSING), new.get(name, MISSING))
    elif isinstance(old, list) or isinstance(new, list):
        yield from _lists(what, key, _listed(old), _listed(new))
    else:
        how: How = "added" if old is MISSING else "removed" if new is MISSING else "changed"
        yield Change(what, how, key, _shown(old), _shown(new))


def _listed(value: Any) -> list[Any]:
    """One text is a list of one."""
    return [] if value is MISSING else value if isinstance(value, list) else [value]


def _lists(what: str, key: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    gone = [item for item in old if item not in new]
    come = [item for item in new if item not in old]
    if len(gone) == len(come) == 1:
        yield Change(what, "changed", key, _shown(gone[0]), _shown(come[0]))
        return
    yield from (Change(what, "removed", key, old=_shown(item)) for item in gone)
    yield from (Change(what, "added", key, new=_shown(item)) for item in come)
    if not gone and not come:
        yield Change(what, "changed", f"the order of {key}")


def _order(what: str, old: list[str], new: list[str]) -> Iterator[Change]:
    if sorted(old) == sorted(new) and old != new:
        yield Change(what, "changed", "", ", ".join(old), ", ".join(new))


def _shown(value: Any) -> str:
    """A text as it is, everything else as YAML that stands on one line."""
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
