"""YAML as its author wrote it: every scalar a string, every value with its place in the file.

Plain loading turns `no` into False, `012` into 10, `1:30` into 90 and swallows duplicate keys. Here the
composed nodes are read instead; pydantic gives the strings their types, and its complaints find their
line again through the marks. Configuration and dialplans are both read this way.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, RootModel, ValidationError

from softswitch import complaints, not_yaml
from softswitch.errors import InvalidFile, Problem

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
MAX_DEPTH = 50
"""Deeper nesting is nobody's configuration; it would only exhaust the stack."""
MAX_VALUES = 200_000
"""More values than this come from aliases of aliases, and would only fill the memory."""
OF_KEY = "[key]"
"""How pydantic says that a complaint is about a key, and not about what stands there."""
MOST_SUGGESTED = 20
"""Names that are listed where none is near."""


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
    after_comma: set[Place] = field(default_factory=set)
    """Items of lists such as [Sorry, come again], where neither they nor those before stand in quotes."""
    cut_off: dict[Place, str] = field(default_factory=dict)
    """What is a comment, because of a single ' #', behind a value without quotes."""

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

    def problem(self, place: Place, message: str, *, key: bool = False, rule: str = "") -> Problem:
        """A problem at a place such as ("steps", 2, "say"), or at its nearest parent that exists."""
        return Problem(*self.where(place, key=key), message, rule)

    def where(self, place: Place, *, key: bool = False) -> tuple[str, int, int]:
        """File, line and column of a place, or of its nearest parent that exists."""
        marks = self.key_marks if key else self.marks
        for end in range(len(place), -1, -1):
            if origin := self.origins.get(place[:end]):
                return origin, 1, 1
            mark = marks.get(place[:end]) or self.marks.get(place[:end])
            if mark:
                return self.file, *mark
        return self.file, 1, 1


def read(path: Path, shown: str | None = None) -> Document:
    """Read one file. Syntax errors and duplicate keys are left in `problems`, not raised."""
    name = shown or str(path)
    try:
        return parse_bytes(path.read_bytes(), name)
    except OSError as error:
        return Document(
            name, problems=[Problem(name, 1, 1, f"cannot be read: {error.strerror}", "wrong-file")]
        )


def parse_bytes(data: bytes, file: str) -> Document:
    """What a file holds. UTF-8, with or without a byte order mark, which Windows' editors write."""
    try:
        return parse(data.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
        return Document(file, problems=[Problem(file, line, column, message, "not-yaml")])


def parse(text: str, file: str) -> Document:
    document = Document(file)
    if (node := _composed(text, document)) is not None:
        document.value = _build(node, (), document)
        _note_cut_off(text, node, document)
    return document


def _note_cut_off(text: str, node: yaml.Node, document: Document) -> None:
    """Two spaces before '#' are how a comment is meant."""
    lines = text.splitlines()
    waiting: list[tuple[Place, yaml.Node]] = [((), node)] if " #" in text else []
    while waiting:
        place, found = waiting.pop()
        if isinstance(found, yaml.MappingNode):
            waiting += [((*place, key.value), each) for key, each in found.value]
        elif isinstance(found, yaml.SequenceNode):
            waiting += [((*place, number), each) for number, each in enumerate(found.value)]
        elif isinstance(found, yaml.ScalarNode) and not found.style and found.end_mark.line < len(lines):
            mark = found.end_mark
            rest = lines[mark.line][mark.column :]
            if found.value and re.match(r" #", rest):
                document.cut_off[place] = rest.strip()


def _composed(text: str, document: Document) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=not_yaml.Loader)
    except yaml.MarkedYAMLError as error:
        line, column, told = not_yaml.slip(text, error)
        document.problems.append(Problem(document.file, line, column, f"not YAML: {told}", "not-yaml"))
    except yaml.reader.ReaderError as error:
        line, column = _line_of(text, error.position)
        message = f"not YAML: a character that no text has, number {error.character}; delete it"
        document.problems.append(Problem(document.file, line, column, message, "not-yaml"))
    except (yaml.YAMLError, RecursionError) as error:
        document.problems.append(Problem(document.file, 1, 1, f"not YAML: {error}", "not-yaml"))
    return None


def _line_of(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _build(node: yaml.Node, place: Place, document: Document) -> Any:
    document.marks[place] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(place) > MAX_DEPTH or len(document.marks) > MAX_VALUES:
        limit = f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_VALUES} values with its aliases"
        if not document.problems:
            document.problems.append(document.problem(place, limit, rule="not-yaml"))
        return None
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        document.after_comma.update((*place, number) for number in _after_comma(node))
        return [_build(child, (*place, index), document) for index, child in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    if node.tag.startswith("!"):
        message = "a text that begins with '!' needs quotes around it"
        document.problems.append(document.problem(place, message, rule="not-yaml"))
    return None if node.value in ("", "~", "null") and not node.style else node.value


def _after_comma(node: yaml.SequenceNode) -> list[int]:
    if not node.flow_style:
        return []
    plain = [isinstance(child, yaml.ScalarNode) and not child.style for child in node.value]
    return [number for number in range(1, len(plain)) if plain[number - 1] and plain[number]]


def _build_mapping(node: yaml.MappingNode, place: Place, document: Document) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(document.file, *mark, "a key must be plain text", "not-yaml"))
            continue
        key = str(key_node.value)
        if key in mapping:
            first = document.key_marks[(*place, key)][0]
            document.problems.append(
                Problem(
                    document.file,
                    *mark,
                    f"duplicate key '{key}', first given in line {first}",
                    "duplicate-key",
                )
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
    """A pydantic complaint as a problem at its line, with the nearest key when one is misspelt.

    A ValueError may say by its attribute `place` where inside the value the mistake is.
    """
    of_key = item["loc"][-1:] == (OF_KEY,)
    place = _known_place(document, item["loc"][:-1] if of_key else item["loc"])
    name = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, item["loc"][:-1])
        meant = _too_far_right(item, known) or suggest(name, known)
        return document.problem(place, f"unknown key '{name}'{meant}", key=True, rule="unknown-key")
    if item["type"] == "missing":
        return document.problem(place, f"key '{name}' is missing", rule="missing-key")
    inside = getattr(item.get("ctx", {}).get("error"), "place", ())
    if inside and place not in document.marks:
        place = place[:-1]
    place += inside
    written = item.get("input")
    message = complaints.expected(item, _fields_at(model, item["loc"]))
    message += "" if inside else complaints.got(written)
    near = _nearest(str(written), complaints.choices(item))
    told = f"{'.'.join(map(str, place)) or 'file'}: {message}{near}"
    return document.problem(place, told, key=of_key, rule="wrong-value")


def _too_far_right(item: Any, known: Sequence[str]) -> str:
    """What is unknown, but has what its parent has inside, was meant to stand beside that."""
    inside, parents = item["input"], item["loc"][:-1]
    if not (isinstance(inside, dict) and inside and parents and set(inside) <= set(known)):
        return ""
    return f"; if it belongs beside '{parents[-1]}', indent it as far as that"


def suggest(name: str, known: Iterable[str]) -> str:
    """'; did you mean …?', or what is known, or nothing."""
    names = sorted(known)
    more = f" and {len(names) - MOST_SUGGESTED} more" if len(names) > MOST_SUGGESTED else ""
    listed = f"; expected one of: {', '.join(names[:MOST_SUGGESTED])}{more}"
    return _nearest(name, names) or (listed if names else "")


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


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
