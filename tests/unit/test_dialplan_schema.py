"""The JSON Schema of a dialplan's files takes what the models take, and refuses what an editor can tell."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from small_plan import FILES

from softswitch import marked_yaml, validation
from softswitch.dialplan.files import json_schema
from softswitch.dialplan.reading import MODELS
from softswitch.errors import InvalidFile

ROOT = Path(__file__).parents[2]
KIND_OF = {
    "plan.yaml": "plan",
    "intents": "intent",
    "flows": "flow",
    "lists": "list",
    "tables": "table",
    "examples": "examples",
}
BUNDLED = sorted((ROOT / "dialplans").rglob("*.yaml"))
SCENARIOS = sorted((ROOT / "tests/dialplans").glob("*/*.yaml"))


class EditorsLoader(yaml.CSafeLoader):
    """Scalars as YAML 1.2's core schema has them, which is what editors read: `no` is a text, 5 a number."""


EditorsLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    EditorsLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


@functools.cache
def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json_schema.schema(kind))


def kind_of(path: str) -> str:
    return KIND_OF[path.split("/", maxsplit=1)[0]]


def as_editors_read(text: str) -> Any:
    """With every key a text, as in JSON."""
    return json.loads(json.dumps(yaml.load(text, EditorsLoader)))


def complaints(kind: str, value: Any) -> list[str]:
    return [f"{list(error.path)}: {error.message}" for error in validator(kind).iter_errors(value)]


@pytest.mark.parametrize("kind", json_schema.KINDS)
def test_a_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(json_schema.schema(kind))


@pytest.mark.parametrize("path", FILES)
def test_a_sound_file_is_taken_as_its_author_wrote_it_and_as_editors_read_it(path: str) -> None:
    assert complaints(kind_of(path), marked_yaml.parse(FILES[path], path).value) == []
    assert complaints(kind_of(path), as_editors_read(FILES[path])) == []


@pytest.mark.parametrize("path", BUNDLED, ids=str)
def test_bundled_dialplans_are_taken(path: Path) -> None:
    kind = kind_of(path.relative_to(ROOT / "dialplans").as_posix().split("/", 1)[1])
    assert complaints(kind, as_editors_read(path.read_text())) == []


def test_the_scenarios_of_bundled_dialplans_are_taken() -> None:
    assert [path for path in SCENARIOS if complaints("test", as_editors_read(path.read_text()))] == []


def spots(value: Any) -> list[dict[str, Any]]:
    """Every mapping in a value, the outermost first."""
    if isinstance(value, list):
        return [spot for each in value for spot in spots(each)]
    if not isinstance(value, dict):
        return []
    return [value, *(spot for each in value.values() for spot in spots(each))]


def refusals(path: str, rule: str, value: Any) -> bool:
    """Whether the model refuses the value by a rule."""
    kind = {"plan": "plan"}.get(kind_of(path), f"{kind_of(path)}s")
    document = marked_yaml.parse(json.dumps(value), path)
    try:
        validation.validate(document, MODELS[kind])
    except InvalidFile as error:
        return any(problem.rule == rule for problem in error.problems)
    return False


@pytest.mark.parametrize("path", FILES)
def test_what_the_models_refuse_as_unknown_or_missing_the_schema_refuses(path: str) -> None:
    value = marked_yaml.parse(FILES[path], path).value
    told = 0
    for spot in spots(value):
        for key in list(spot):
            kept = dict(spot)
            for rule, change in (("missing-key", {}), ("unknown-key", {f"{key}Y": spot[key]})):
                spot.pop(key)
                spot.update(change)
                if refusals(path, rule, value):
                    told += 1
                    assert complaints(kind_of(path), value), f"{rule}: {key} in {kept}"
                spot.clear()
                spot.update(kept)
    assert told
    assert complaints(kind_of(path), value) == []
