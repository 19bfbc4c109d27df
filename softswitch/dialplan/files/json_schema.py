"""JSON Schema (2020-12) of a dialplan's files, for editors: made from the models, to say what they say.

Editors read scalars as YAML 1.2 does: an unquoted 5 is a number, true a boolean. Here a scalar is what its
author wrote, so the schema takes those too wherever a text may stand.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from softswitch.dialplan.files.data import ExamplesFile, IntentFile, ListFile, TableFile
from softswitch.dialplan.files.flow import FlowFile
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.files.scenario import ScenarioFile

KINDS: Mapping[str, type[BaseModel]] = {
    "plan": PlanFile,
    "intent": IntentFile,
    "flow": FlowFile,
    "list": ListFile,
    "table": TableFile,
    "examples": ExamplesFile,
    "test": ScenarioFile,
}
WHERE: Mapping[str, str] = {
    "plan": "plan.yaml",
    "intent": "intents/NAME.yaml",
    "flow": "flows/NAME.yaml",
    "list": "lists/NAME.yaml",
    "table": "tables/NAME.yaml",
    "examples": "examples/INTENT.yaml",
    "test": "tests/dialplans/PLAN/NAME.yaml",
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCALARS = ["string", "number", "boolean"]
SHARED = ("Prompts", "Texts", "Words")
SPOKEN_BOOLEANS = {"yes": True, "on": True, "no": False, "off": False}
"""Texts that YAML 1.1 reads as booleans."""


def schema(kind: str) -> dict[str, Any]:
    """Of one of KINDS."""
    made = KINDS[kind].model_json_schema(by_alias=True)
    shared: dict[str, Any] = {}
    found = _Written(shared).of(made)
    if kind == "flow":
        _one_branch(found["$defs"]["Step"]["properties"])
    if shared:
        found["$defs"] = dict(sorted((found.get("$defs", {}) | shared).items()))
    return {"$schema": DIALECT, "title": f"softswitch dialplan: {WHERE[kind]}", **found}


def text(kind: str) -> str:
    """The schema as JSON to be read by people too: short lists on one line."""
    laid_out = json.dumps(schema(kind), indent=2, ensure_ascii=False)
    short = re.compile(r"\[\s+((?:[^\[\]{}\s]+,?\s+){1,8})\]")
    return short.sub(lambda found: f"[{' '.join(found[1].split())}]", laid_out) + "\n"


def _says_nothing(default: Any) -> bool:
    """Whether a default is only that nothing is given."""
    if isinstance(default, dict):
        return all(map(_says_nothing, default.values()))
    return default in (None, "", [])


class _Written:
    """Turns a schema of what values become into one of what authors write; `shared` gets what is apart."""

    def __init__(self, shared: dict[str, Any]) -> None:
        self._shared = shared

    def of(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if not isinstance(value, dict):
            return value
        if (name := value.get("title")) in SHARED:
            return self._apart(str(name), value)
        made = {key: self._inner(key, each) for key, each in value.items() if not _is_idle(key, each)}
        if "patternProperties" in made:
            made.setdefault("additionalProperties", False)
        if "enum" in made or "const" in made:
            return _choices(made)
        match made.get("type"):
            case "string":
                made["type"] = SCALARS
            case "number" | "integer":
                return _number(made)
            case "boolean":
                del made["type"]
                made["enum"] = [True, False, "yes", "no", "true", "false"]
        return made

    def _apart(self, name: str, value: dict[str, Any]) -> dict[str, Any]:
        self._shared[name] = self.of({"anyOf": value["anyOf"]})
        about = {key: value[key] for key in ("description",) if key in value}
        return {"$ref": f"#/$defs/{name}", **about}

    def _inner(self, key: str, value: Any) -> Any:
        """Names of properties are no keywords of the schema, and a default is no schema."""
        if key in ("properties", "$defs", "patternProperties"):
            return {name: self.of(each) for name, each in value.items()}
        if key in ("default", "enum", "const", "required"):
            return value
        return self.of(value)


def _is_idle(key: str, value: Any) -> bool:
    """Titles that pydantic makes up, and defaults that say nothing."""
    return (key == "title" and isinstance(value, str)) or (key == "default" and _says_nothing(value))


def _choices(made: dict[str, Any]) -> dict[str, Any]:
    values = made.pop("enum", None) or [made.pop("const")]
    made.pop("type", None)
    booleans = dict.fromkeys(SPOKEN_BOOLEANS[each] for each in values if each in SPOKEN_BOOLEANS)
    return made | {"enum": [*values, *booleans]}


def _number(made: dict[str, Any]) -> dict[str, Any]:
    """A number, also in quotes."""
    about = {key: made.pop(key) for key in ("description", "default") if key in made}
    digits = {"type": "string", "pattern": r"^\s*-?\d+(\.\d+)?\s*$"}
    return about | {"anyOf": [made, digits]}


def _one_branch(properties: dict[str, Any]) -> None:
    """`if` with one expression and `then`, which the model takes for a list of one."""
    name = dict(properties["next"])
    name.pop("description", None)
    properties["if"]["anyOf"] = [{"type": SCALARS, "minLength": 1}, *properties["if"]["anyOf"]]
    properties["then"] = name
