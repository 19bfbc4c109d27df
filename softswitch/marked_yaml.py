"""YAML as its author wrote it: every scalar a string, every value with its place in the file.

Plain loading turns `no` into False, `012` into 10, `1:30` into 90 and swallows duplicate keys. Here the
composed nodes are read instead; pydantic gives the strings their types, and its complaints find their
line again through the marks. Configuration and dialplans are both read this way.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from softswitch.errors import InvalidFile, Problem

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
MAX_DEPTH = 50
"""Deeper nesting is nobody's configuration; it would only exhaust the stack."""
MAX_VALUES = 200_000
"""More values than this come from aliases of aliases, and would only fill the memory."""


@dataclass
class Document:
    """A parsed file: `value` is made of dict, list, str and None; `marks` gives line and column from 1."""

    file: str
    value: Any = None
    marks: dict[Place, tuple[int, int]] = field(default_factory=dict)
    key_marks: dict[Place, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    origins: dict[Place, str] = field(default_factory=dict)
    """What did not come from the file, and where it came from instead."""

    def put(self, place: Place, value: Any, origin: str) -> None:
        """Set a value at a place, making the mappings on the way; problems with it name `origin`."""
        target = self.value = self.value if isinstance(self.value, dict) else {}
        for end, key in enumerate(place[:-1], 1):
            inner = target.get(key)
            target[key] = target = inner if isinstance(inner, dict) else {}
            self.marks.setdefault(place[:end], (1, 1))
        target[place[-1]] = value
        self.marks[place] = self.key_marks[place] = (1, 1)
        self.origins[place] = origin

    def problem(self, place: Place, message: str, *, key: bool = False) -> Problem:
        """A problem at a place such as ("steps", 2, "say"), or at its nearest parent that exists."""
        marks = self.key_marks if key else self.marks
        for end in range(len(place), -1, -1):
            if origin := self.origins.get(place[:end]):
                return Problem(origin, 1, 1, message)
            mark = marks.get(place[:end]) or self.marks.get(place[:end])
            if mark:
                return Problem(self.file, *mark, message)
        return Problem(self.file, 1, 1, message)


def read(path: Path, shown: str | None = None) -> Document:
    """Read one file. Syntax errors and duplicate keys are left in `problems`, not raised."""
    name = shown or str(path)
    try:
        return parse(path.read_text(encoding="utf-8"), name)
    except OSError as error:
        return Document(name, problems=[Problem(name, 1, 1, f"cannot be read: {error.strerror}")])
    except UnicodeDecodeError as error:
        return Document(name, problems=[Problem(name, 1, 1, f"is not UTF-8 text: byte {error.start}")])


def parse(text: str, file: str) -> Document:
    document = Document(file)
    try:
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        document.problems.append(Problem(file, line, column, f"not YAML: {error.problem or error.context}"))
        return document
    except (yaml.YAMLError, RecursionError) as error:
        document.problems.append(Problem(file, 1, 1, f"not YAML: {error}"))
        return document
    if node is not None:
        document.value = _build(node, (), document)
    return document


def _build(node: yaml.Node, place: Place, document: Document) -> Any:
    document.marks[place] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(place) > MAX_DEPTH or len(document.marks) > MAX_VALUES:
        limit = f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_VALUES} values with its aliases"
        if not document.problems:
            document.problems.append(document.problem(place, limit))
        return None
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*place, index), document) for index, child in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return None if node.value in ("", "~", "null") and not node.style else node.value


def _build_mapping(node: yaml.MappingNode, place: Place, document: Document) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(document.file, *mark, "a key must be plain text"))
            continue
        key = str(key_node.value)
        if key in mapping:
            first = document.key_marks[(*place, key)][0]
            document.problems.append(
                Problem(document.file, *mark, f"duplicate key '{key}', first given in line {first}")
            )
            continue
        document.key_marks[(*place, key)] = mark
        mapping[key] = _build(value_node, (*place, key), document)
    return mapping


def validate(document: Document, model: type[Model]) -> Model:
    """The document as a `model`, or InvalidFile with every problem of the file."""
    if document.problems:
        raise InvalidFile(document.problems)
    try:
        return model.model_validate(document.value if document.value is not None else {})
    except ValidationError as error:
        raise InvalidFile([explain(document, item, model) for item in error.errors()]) from None


def explain(document: Document, item: Any, model: type[BaseModel]) -> Problem:
    """A pydantic complaint as a problem at its line, with the nearest key when one is misspelt."""
    place = _known_place(document, item["loc"])
    name = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, place[:-1])
        return document.problem(place, f"unknown key '{name}'{suggest(name, known)}", key=True)
    if item["type"] == "missing":
        return document.problem(place, f"key '{name}' is missing")
    got = item.get("input")
    shown = f", got {got!r}" if isinstance(got, str | int | float) else ""
    message = item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return document.problem(place, f"{'.'.join(map(str, place)) or 'file'}: {message}{shown}")


def suggest(name: str, known: Iterable[str]) -> str:
    """'; did you mean …?', or what is known, or nothing."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; expected one of: {', '.join(names)}" if names else ""


def _known_place(document: Document, loc: tuple[str | int, ...]) -> Place:
    """pydantic's loc without the names of union members, which are no keys of the file."""
    place: Place = ()
    for index, part in enumerate(loc):
        if (*place, part) in document.marks or index == len(loc) - 1:
            place = (*place, part)
    return place


def _fields_at(model: type[BaseModel], place: Place) -> list[str]:
    for part in place:
        info = model.model_fields.get(str(part))
        if info is None:
            continue
        inner = [t for t in (info.annotation, *getattr(info.annotation, "__args__", ())) if _is_model(t)]
        if not inner:
            return []
        model = inner[0]
    return [info.alias or name for name, info in model.model_fields.items()]


def _is_model(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)
