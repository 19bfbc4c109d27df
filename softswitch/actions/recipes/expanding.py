"""What stands for an action that names a recipe.

A recipe is an action with `<parameter>` in its texts. What is given for a parameter is put there before
anything is read, so it may be a template itself; where one stands alone it may be a mapping or a list too.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import Field

from softswitch import marked_yaml, validation
from softswitch.actions.settings import Name
from softswitch.complaints import suggest
from softswitch.values import Section

SYSTEMS = ("hubspot", "rest", "salesforce", "twilio", "zendesk")
PLACE = re.compile(r"<([a-z][a-z0-9_]*)>")


class Parameter(Section):
    about: str
    example: Any
    default: Any = None

    @property
    def is_required(self) -> bool:
        return "default" not in self.model_fields_set


class Recipe(Section):
    """`action` is as in the file of actions, with `<parameter>` in it; `used_in` is where it stands there."""

    about: str
    used_in: Literal["actions", "lookups"] = "actions"
    parameters: dict[Name, Parameter]
    action: dict[str, Any]


class RecipeFile(Section):
    recipes: dict[Name, Recipe] = Field(min_length=1)


class _Misplaced(ValueError):
    """Says by `place` where in the action the mistake is, as validation wants it."""

    def __init__(self, told: str, *place: str) -> None:
        super().__init__(told)
        self.place = place


def every() -> dict[str, Recipe]:
    """All recipes, by names such as `hubspot.create_ticket`."""
    return {f"{system}.{name}": each for system in SYSTEMS for name, each in _of(system).items()}


@lru_cache
def _of(system: str) -> Mapping[str, Recipe]:
    text = resources.files("softswitch.actions.recipes").joinpath(f"{system}.yaml").read_text("utf-8")
    return validation.validate(marked_yaml.parse(text, f"{system}.yaml"), RecipeFile).recipes


def expand(entry: object) -> object:
    """The action that an entry of the file of actions stands for; the entry itself without a recipe.

    The entry's other keys go before the recipe's, mappings are put together. Raises ValueError.
    """
    if not isinstance(entry, dict) or "recipe" not in entry:
        return entry
    name, given = str(entry["recipe"]), entry.get("with") or {}
    recipe = every().get(name)
    if recipe is None:
        raise _Misplaced(f"there is no recipe '{name}'{suggest(name, every())}", "recipe")
    if not isinstance(given, dict):
        raise _Misplaced("expected parameters and their values", "with")
    for each in given.keys() - recipe.parameters.keys():
        told = f"{name} has no parameter '{each}'{suggest(each, recipe.parameters)}"
        raise _Misplaced(told, "with", each)
    missing = [key for key, each in recipe.parameters.items() if each.is_required and given.get(key) is None]
    if missing:
        raise _Misplaced(f"{name} wants {', '.join(f'`{key}`' for key in missing)}", "with")
    values = {key: each.default for key, each in recipe.parameters.items()} | given
    own = {key: value for key, value in entry.items() if key not in ("recipe", "with")}
    return _merged(_filled(recipe.action, values), own)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """Without what is None then: parameters that were left out."""
    if isinstance(value, dict):
        found = {_text(key, values): _filled(inner, values) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner is not None}
    if isinstance(value, list):
        return [inner for inner in (_filled(each, values) for each in value) if inner is not None]
    alone = PLACE.fullmatch(value) if isinstance(value, str) else None
    return values[alone[1]] if alone else _text(value, values)


def _text(text: str, values: Mapping[str, Any]) -> str:
    def put(found: re.Match[str]) -> str:
        value = values[found[1]]
        if not isinstance(value, str):
            raise _Misplaced("expected a text", "with", found[1])
        return value

    return PLACE.sub(put, text)


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: _merged(below.get(key), value) for key, value in above.items()}
    return above
