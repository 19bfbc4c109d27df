"""Every name that a dialplan uses must exist.

Works on the raw documents, so that one unsound part hides no mistake in another.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from softswitch.complaints import suggest
from softswitch.dialplan.checks.declared import actions, built_in_intents, known_variables, spoken
from softswitch.dialplan.checks.shapes import CHOICES, KEYS, NAMED_IN, SHAPES, VALUES, Shape
from softswitch.dialplan.examples import NONE
from softswitch.dialplan.files.flow import RESERVED_TARGETS
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.questions import DEFAULTS
from softswitch.dialplan.reading import Draft, mapping
from softswitch.marked_yaml import Document, Place

ORDINARY = {
    "settable variable": "variable",
    "target": "step",
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
            "queue action": actions(plan, lookup=False),
            "look-up action": actions(plan, lookup=True),
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


def _languages(draft: Draft) -> None:
    for number, language in enumerate(spoken(draft)):
        if language not in LANGUAGES:
            plan = mapping(draft.plan_document.value)
            place: Place = ("languages", number) if plan.get("languages") else ("language",)
            message = f"there is no language '{language}'{suggest(language, LANGUAGES)}"
            draft.report("unknown-language", draft.plan_document, place, message)
