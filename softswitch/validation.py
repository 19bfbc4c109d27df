"""Documents made into pydantic models; whatever pydantic complains of is told at its line, in words of the
author.
"""

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from softswitch import complaints
from softswitch.errors import InvalidFile, Problem
from softswitch.marked_yaml import Document, Place

Model = TypeVar("Model", bound=BaseModel)
OF_KEY = "[key]"
"""How pydantic says that a complaint is about a key, and not about what stands there."""


def validate(document: Document, model: type[Model]) -> Model:
    """The document as a `model`, or InvalidFile with every problem of the file."""
    if document.problems:
        raise InvalidFile(document.problems)
    try:
        return model.model_validate(document.value if document.value is not None else {})
    except ValidationError as error:
        found = _without_consequences(error.errors())
        raise InvalidFile([explain(document, item, model) for item in found]) from None


def _without_consequences(items: list[Any]) -> list[Any]:
    """pydantic does not count what is wrong in a list, and then finds it too short."""
    return [
        item
        for item in items
        if item["type"] != "too_short"
        or not any(other["loc"][: len(item["loc"])] == item["loc"] for other in items if other is not item)
    ]


def explain(document: Document, item: Any, model: type[BaseModel]) -> Problem:
    """A pydantic complaint as a problem at its line, with the nearest key when one is misspelt."""
    of_key = item["loc"][-1:] == (OF_KEY,)
    place = _known_place(document, item["loc"][:-1] if of_key else item["loc"])
    name = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, item["loc"][:-1])
        meant = _too_far_right(item, known) or complaints.suggest(name, known)
        return document.problem(place, f"unknown key '{name}'{meant}", key=True, rule="unknown-key")
    if item["type"] == "missing":
        return document.problem(place, f"key '{name}' is missing", rule="missing-key")
    place, message = _wrong_value(document, item, place, _fields_at(model, item["loc"]))
    told = f"{'.'.join(map(str, place)) or 'file'}: {message}"
    return document.problem(place, told, key=of_key, rule="wrong-value")


def _wrong_value(document: Document, item: Any, place: Place, keys: Sequence[str]) -> tuple[Place, str]:
    """Where, and what was expected and written. A ValueError may say by its attribute `place` where inside
    the value the mistake is.
    """
    inside = getattr(item.get("ctx", {}).get("error"), "place", ())
    if inside and place not in document.marks:
        place = place[:-1]
    written = item.get("input")
    got = "" if inside else complaints.got(written)
    near = complaints.nearest(str(written), complaints.choices(item))
    return place + inside, f"{complaints.expected(item, keys)}{got}{near}"


def _too_far_right(item: Any, known: Sequence[str]) -> str:
    """What is unknown, but has what its parent has inside, was meant to stand beside that."""
    inside, parents = item["input"], item["loc"][:-1]
    if not (isinstance(inside, dict) and inside and parents and set(inside) <= set(known)):
        return ""
    return f"; if it belongs beside '{parents[-1]}', indent it as far as that"


def _known_place(document: Document, loc: tuple[str | int, ...]) -> Place:
    """pydantic's loc without the names of union members, which are no keys of the file."""
    place: Place = ()
    for index, part in enumerate(loc):
        if (*place, part) in document.marks or index == len(loc) - 1:
            place = (*place, part)
    return place


def _fields_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that a mapping at this place may have; `place` is pydantic's, with what validators put in."""
    kinds = _plain(model)
    for part in place:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    models = [kind for kind in kinds if _is_model(kind)]
    return [info.alias or name for each in models for name, info in each.model_fields.items()]


def _inside(kind: Any, part: str | int) -> list[Any]:
    """The types that a value of type `kind` has at `part`; its own where that names a union's member."""
    if get_origin(kind) in (dict, Mapping, list, tuple):
        return _plain(get_args(kind)[1 if isinstance(part, str) else 0])
    fields = kind.model_fields if _is_model(kind) else {}
    named = [info for name, info in fields.items() if part in (name, info.alias)]
    return [inner for info in named for inner in _plain(info.annotation)] or [kind]


def _plain(kind: Any) -> list[Any]:
    """A type without what is annotated to it; the members of a union, the content of a root model."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [inner for member in get_args(kind) for inner in _plain(member)]
    if _is_model(kind) and issubclass(kind, RootModel):
        return _plain(kind.model_fields["root"].annotation)
    return [kind]


def _is_model(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)
