"""Every name that a dialplan uses must exist.

Works on the raw documents, so that one unsound part hides no mistake in another.
"""

import re
from collections.abc import Iterator
from typing import Any

from softswitch.dialplan.draft import Draft, mapping
from softswitch.dialplan.schema import RESERVED_TARGETS
from softswitch.dialplan.templates import slots_of
from softswitch.errors import Problem
from softswitch.marked_yaml import Document, Place, suggest


def check(draft: Draft) -> list[Problem]:
    return [*_plan(draft), *_names(draft), *_steps(draft), *_intents(draft)]


def _plan(draft: Draft) -> Iterator[Problem]:
    document, steps = draft.plan_document, draft.step_documents.keys()
    top = mapping(document.value)
    yield from _missing(document, ("start",), top.get("start"), "step", steps)
    yield from _missing(document, ("repair", "then"), mapping(top, "repair").get("then"), "step", steps)
    yield from _choices(draft, document, ("universal",), mapping(top, "universal"), frozenset())


def _names(draft: Draft) -> Iterator[Problem]:
    for step, document in draft.step_documents.items():
        if step in RESERVED_TARGETS:
            message = f"'{step}' means something by itself and can be no step's name"
            yield document.problem(("steps", step), message, key=True)
    for kind, documents in (("intent", draft.intent_documents), ("table", draft.table_documents)):
        for name, document in documents.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                yield document.problem(
                    (), f"'{name}' is no {kind}'s name: expected small letters, digits and _"
                )


def _steps(draft: Draft) -> Iterator[Problem]:
    steps, tables = draft.step_documents.keys(), draft.table_documents.keys()
    slots = mapping(draft.plan_document.value, "slots").keys()
    everywhere = frozenset(mapping(draft.plan_document.value, "universal", "on"))
    for name, document in draft.step_documents.items():
        place: Place = ("steps", name)
        step = mapping(document.value, "steps", name)
        yield from _missing(document, (*place, "next"), step.get("next"), "step", steps)
        for way, key, kind, known in (
            ("collect", "slot", "slot", slots),
            ("collect", "next", "step", steps),
            ("lookup", "table", "table", tables),
            ("lookup", "key", "slot", slots),
            ("lookup", "found", "step", steps),
            ("lookup", "not_found", "step", steps),
            ("transfer", "failed", "step", steps),
        ):
            yield from _missing(document, (*place, way, key), mapping(step, way).get(key), kind, known)
        for way in ("listen", "collect"):
            yield from _choices(draft, document, (*place, way), mapping(step, way), everywhere)


def _choices(
    draft: Draft, document: Document, place: Place, choices: dict[str, Any], everywhere: frozenset[str]
) -> Iterator[Problem]:
    """`on` leads from intents to targets, `dtmf` from keys to an intent listened for here or a target."""
    intents, on = draft.intent_documents.keys(), mapping(choices, "on")
    targets = draft.step_documents.keys() | RESERVED_TARGETS
    for intent, target in on.items():
        yield from _missing(document, (*place, "on", intent), intent, "intent", intents, key=True)
        yield from _missing(document, (*place, "on", intent), target, "step", targets)
    for key, value in mapping(choices, "dtmf").items():
        known = targets | on.keys() | everywhere
        yield from _missing(document, (*place, "dtmf", key), value, "intent or step", known)


def _intents(draft: Draft) -> Iterator[Problem]:
    slots = mapping(draft.plan_document.value, "slots").keys()
    for document in draft.intent_documents.values():
        sentences = mapping(document.value).get("sentences")
        for index, sentence in enumerate(sentences if isinstance(sentences, list) else ()):
            for slot in slots_of(sentence) if isinstance(sentence, str) else ():
                yield from _missing(document, ("sentences", index), slot, "slot", slots)


def _missing(
    document: Document, place: Place, name: Any, kind: str, known: Any, *, key: bool = False
) -> Iterator[Problem]:
    if isinstance(name, str) and name not in known:
        yield document.problem(place, f"there is no {kind} '{name}'{suggest(name, known)}", key=key)
