"""Every name that a dialplan uses must exist.

Works on the raw documents, so that one unsound part hides no mistake in another.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from softswitch.complaints import suggest
from softswitch.dialplan.examples import NONE
from softswitch.dialplan.files.flow import RESERVED_TARGETS
from softswitch.dialplan.files.texts import NAME
from softswitch.dialplan.files.variables import FACTS
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.questions import DEFAULTS
from softswitch.dialplan.reading import Draft, mapping
from softswitch.marked_yaml import Document, Place

KEYS, VALUES = "the keys", "the values"
"""Of a mapping whose keys an author chooses."""

Shape = Mapping[str, Any] | str
"""What kind of name stands where: by key, down to the kind. Of a list every item has the shape."""

REPAIRS: Mapping[str, Shape] = {
    kind: {"then": "step"} for kind in ("no_input", "no_match", "low_confidence", "shouting", "silent")
}
CHOICES: Mapping[str, Shape] = {
    "on": {KEYS: "intent", VALUES: "target"},
    "digress": {KEYS: "intent", VALUES: "flow"},
}
STEP: Shape = {
    **REPAIRS,
    "set": {KEYS: "settable variable"},
    "listen": {**CHOICES, "otherwise": "target"},
    "collect": {**CHOICES, "slot": "settable variable", "form": {KEYS: "settable variable"}, "next": "step"},
    "dtmf": {"slot": "settable variable", "next": "step"},
    "lookup": {
        "table": "table",
        "key": "variable",
        "action": "look-up action",
        "found": "step",
        "not_found": "step",
        "late": "step",
    },
    "do": {"action": "queue action", "next": "step", "done": "step", "noted": "step", "refused": "step"},
    "answer": {
        "next": "step",
        "unknown": "step",
        "failed": "step",
        "do": {KEYS: "queue action", VALUES: "step"},
    },
    "if": {"then": "step"},
    "then": "step",
    "else": "step",
    "call": "flow",
    "language": "language",
    "transfer": {"failed": "step"},
    "queue": {**CHOICES, "name": "queue", "served": "step", "over": "step"},
    "leave": {"number": "variable", "next": "step"},
    "next": "step",
}
PLAN: Shape = {
    "start": "step",
    "routes": {"start": "step", "language": "language", "set": {KEYS: "settable variable"}},
    "variables": {VALUES: {"of": "list"}},
    "prefetch": {"table": "table", "key": "variable", "action": "look-up action"},
    "actions": {VALUES: {"arguments": "variable", "order_by": "variable", "result": "settable variable"}},
    "answers": {"tools": "look-up action"},
    "universal": CHOICES,
    "repair": {**REPAIRS, "then": "step"},
    "ladder": {
        "lookups": {KEYS: "look-up action"},
        **{each: {"then": "step"} for each in ("recogniser", "synthesiser", "sql", "mqtt")},
    },
}
SHAPES: Mapping[str, Shape] = {
    "plan": PLAN,
    "flows": {"repair": REPAIRS, "steps": {VALUES: STEP}},
    "examples": {"answered_by": "intent"},
}
NAMED_IN: Mapping[str, frozenset[str]] = {
    "plan": frozenset(
        {"variable", "settable variable", "queue action", "look-up action", "queue", "language", "target"}
    ),
    "flows": frozenset({"step", "target"}),
    "tables": frozenset({"variable"}),
    "intents": frozenset(),
    "lists": frozenset(),
    "examples": frozenset(),
}
"""Kinds of names that stand in a kind of file: where one cannot be read, what it names is not known."""
ORDINARY = {
    "settable variable": "variable",
    "target": "step",
    "meaning": "step or intent",
    "queue action": "action",
}
"""How a kind is called where its name is not found."""
OF_ANOTHER_KIND = {
    "queue action": ("look-up action", "is looked up: `do` cannot promise it, `lookup` asks for it"),
    "look-up action": ("queue action", "is promised: `lookup` cannot ask for it; give it `kind: lookup`"),
}


def check(draft: Draft) -> None:
    names = _Names(draft)
    for kind, shape in SHAPES.items():
        for document in draft.documents[kind].values():
            names.walk(document, (), document.value, shape)
    names.keys()
    names.examples()
    _languages(draft)
    _own_names(draft)


def known_variables(draft: Draft) -> dict[str, str]:
    """Every variable with its type: declared, of hours, a table's column (text), known of every call."""
    document = draft.plan_document.value
    found: dict[str, str] = {
        column: "text" for table in draft.documents["tables"].values() for column in columns(table)
    }
    found |= FACTS
    found |= {f"hours_{name}": "yes_no" for name in mapping(document, "hours")}
    for name, declared in mapping(document, "variables").items():
        found[name] = str(mapping(declared).get("type"))
    return found


def columns(table: Document) -> list[str]:
    """Of the first row that is one."""
    rows = mapping(table.value, "rows").values()
    return next((list(row) for row in rows if isinstance(row, dict)), [])


def built_in_intents() -> frozenset[str]:
    """Those for which a language brings sentences."""
    return frozenset({"yes", "no"}.union(*(language.talk.intents for language in LANGUAGES.values())))


@dataclass
class _Names:
    draft: Draft

    def __post_init__(self) -> None:
        draft, plan = self.draft, self.draft.plan_document.value
        steps = draft.homes.keys()
        intents = draft.documents["intents"].keys() | built_in_intents()
        self.known: dict[str, Collection[str]] = {
            "step": steps,
            "target": steps | RESERVED_TARGETS,
            "flow": draft.documents["flows"].keys(),
            "intent": intents,
            "list": draft.documents["lists"].keys(),
            "table": draft.documents["tables"].keys(),
            "queue action": _actions(plan, lookup=False),
            "look-up action": _actions(plan, lookup=True),
            "queue": mapping(plan, "queues").keys(),
            "variable": known_variables(draft).keys(),
            "settable variable": mapping(plan, "variables").keys(),
            "language": spoken(draft),
        }

        self.unknowable = frozenset().union(*(NAMED_IN[kind] for kind in NAMED_IN if draft.unreadable(kind)))

    def walk(self, document: Document, place: Place, value: Any, shape: Shape) -> None:
        if isinstance(value, list):
            for number, each in enumerate(value):
                self.walk(document, (*place, number), each, shape)
        elif isinstance(shape, str):
            self._look(document, place, value, shape)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if KEYS in shape:
                    self._look(document, (*place, key), key, shape[KEYS], key=True)
                if (below := shape.get(key, shape.get(VALUES))) is not None:
                    self.walk(document, (*place, key), inner, below)

    def keys(self) -> None:
        """A key means an intent that is listened for where it is pressed, or leads to a target."""
        plan = self.draft.plan_document
        universal = mapping(plan.value, "universal")
        everywhere = DEFAULTS.keys() | mapping(universal, "on").keys() | mapping(universal, "digress").keys()
        self._meanings(plan, ("universal", "dtmf"), universal, everywhere)
        for step in self.draft.homes:
            document = self.draft.home(step)
            written = mapping(document.value, "steps", step)
            for way, key in (("listen", "dtmf"), ("collect", "dtmf"), ("queue", "dtmf"), ("dtmf", "menu")):
                self._meanings(document, ("steps", step, way, key), mapping(written, way), everywhere)

    def examples(self) -> None:
        """A file of examples is named after an intent; what means nothing is answered by those without."""
        for name, document in self.draft.documents["examples"].items():
            self._answering(name, document)
            if name not in {NONE, *self.known["intent"]}:
                message = f"there is no intent '{name}'{suggest(name, self.known['intent'])}"
                self.draft.report("unknown-intent", document, (), message)

    def _answering(self, name: str, document: Document) -> None:
        answering = mapping(document.value).get("answered_by")
        if answering is not None and name != NONE:
            message = f"'answered_by' is only for examples/{NONE}.yaml"
            self.draft.report("unknown-key", document, ("answered_by",), message, key=True)
        for number, intent in enumerate(answering if isinstance(answering, list) else ()):
            if intent in self.draft.documents["examples"]:
                message = f"'{intent}' has examples of its own"
                self.draft.report("wrong-value", document, ("answered_by", number), message)

    def _meanings(
        self, document: Document, place: Place, choices: Mapping[str, Any], everywhere: Collection[str]
    ) -> None:
        if "target" in self.unknowable or not all(_is_mapping(choices.get(key)) for key in CHOICES):
            return
        known = {*everywhere, *mapping(choices, "on"), *mapping(choices, "digress"), *self.known["target"]}
        for key, meaning in mapping(choices, str(place[-1])).items():
            if not isinstance(meaning, str) or meaning in known:
                continue
            if meaning in self.known["intent"]:
                message = f"the intent '{meaning}' is not listened for here; lead it somewhere, with `on` say"
            else:
                message = f"there is no step '{meaning}', and no such intent is listened for here"
                message += suggest(meaning, known)
            self.draft.report("unknown-step", document, (*place, key), message)

    def _look(self, document: Document, place: Place, name: Any, kind: str, *, key: bool = False) -> None:
        if not isinstance(name, str) or name in self.known[kind] or kind in self.unknowable:
            return
        told = ORDINARY.get(kind, kind)
        message = f"there is no {told} '{name}'{suggest(name, self.known[kind])}"
        other, why = OF_ANOTHER_KIND.get(kind, ("", ""))
        if other and name in self.known[other]:
            message = f"'{name}' {why}"
        self.draft.report(f"unknown-{told.rpartition(' ')[2]}", document, place, message, key=key)


def _is_mapping(value: Any) -> bool:
    """Where nothing is given, nothing is unknown either."""
    return value is None or isinstance(value, dict)


def _actions(plan: Any, *, lookup: bool) -> list[str]:
    """Those that are promised, or those that only look something up."""
    declared = mapping(plan, "actions")
    return [name for name in declared if (mapping(declared, name).get("kind") == "lookup") == lookup]


def spoken(draft: Draft) -> tuple[str, ...]:
    """The plan's languages as they are written, sound or not."""
    plan = mapping(draft.plan_document.value)
    written = plan.get("languages") or plan.get("language") or "en"
    many = written if isinstance(written, list) else [written]
    return tuple(each for each in many if isinstance(each, str))


def _languages(draft: Draft) -> None:
    for number, language in enumerate(spoken(draft)):
        if language not in LANGUAGES:
            plan = mapping(draft.plan_document.value)
            place: Place = ("languages", number) if plan.get("languages") else ("language",)
            message = f"there is no language '{language}'{suggest(language, LANGUAGES)}"
            draft.report("unknown-language", draft.plan_document, place, message)


def _own_names(draft: Draft) -> None:
    for step in draft.homes:
        if step in RESERVED_TARGETS:
            message = f"'{step}' means something by itself and can be no step's name"
            draft.report_step("wrong-name", step, message)
    for kind in ("intents", "flows", "lists", "tables"):
        for name, document in draft.documents[kind].items():
            if not re.fullmatch(NAME, name):
                message = f"'{name}' is no {kind[:-1]}'s name: expected small letters (a to z), digits and _"
                draft.report("wrong-name", document, (), message)
    variables = mapping(draft.plan_document.value, "variables")
    for name in variables:
        taken = (
            "known of every call"
            if name in FACTS
            else "a key word"
            if name in ("and", "or", "not", "in", "is", "set", "heard")
            else ""
        )
        if name in draft.documents["intents"].keys() | built_in_intents():
            taken = "an intent"
        if taken:
            message = f"'{name}' is {taken} already and can be no variable's name"
            draft.report("wrong-name", draft.plan_document, ("variables", name), message, key=True)
