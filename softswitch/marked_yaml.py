"""YAML as its author wrote it: every scalar a string, every value with its place in the file.

Plain loading turns `no` into False, `012` into 10, `1:30` into 90 and swallows duplicate keys. Here the
composed nodes are read instead; pydantic gives the strings their types (validation.py), and its complaints
find their line again through the marks. Configuration and dialplans are both read this way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from softswitch import complaints, not_yaml
from softswitch.errors import Problem

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
        """File, line and column of a place, or of its nearest parent that exists; 0, 0 without a file."""
        marks = self.key_marks if key else self.marks
        for end in range(len(place), -1, -1):
            if origin := self.origins.get(place[:end]):
                return origin, 0, 0
            mark = marks.get(place[:end]) or self.marks.get(place[:end])
            if mark:
                return self.file, *mark
        return self.file, 1, 1


def read(path: Path, shown: str | None = None, *, anchors: bool = True) -> Document:
    """Read one file. Syntax errors and duplicate keys are left in `problems`, not raised."""
    name = shown or str(path)
    try:
        return parse_bytes(path.read_bytes(), name, anchors=anchors)
    except OSError as error:
        return Document(
            name, problems=[Problem(name, 1, 1, f"cannot be read: {error.strerror}", "wrong-file")]
        )


def parse_bytes(data: bytes, file: str, *, anchors: bool = True) -> Document:
    """What a file holds. UTF-8, with or without a byte order mark, which Windows' editors write."""
    try:
        return parse(data.decode("utf-8-sig"), file, anchors=anchors)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
        return Document(file, problems=[Problem(file, line, column, message, "not-yaml")])


def parse(text: str, file: str, *, anchors: bool = True) -> Document:
    """What a text holds. Without `anchors` each `&name` and `*name` of YAML is a problem: in the files of an
    author they are words of a text that lacks its quotes.
    """
    document = Document(file)
    if (node := _composed(text, document)) is not None:
        if not anchors and "&" in text:  # an alias alone is no YAML
            document.problems += _anchors(text, file)
        document.value = _Builder(document, text).build(node, ())
    return document


def _anchors(text: str, file: str) -> Iterator[Problem]:
    for event in yaml.parse(text, Loader=not_yaml.Loader):
        if name := getattr(event, "anchor", None):
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            message = complaints.begins_with(sign) + f", else '{sign}{name}' is no part of it"
            yield Problem(file, *_mark(event), message, "not-yaml")


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


class _Builder:
    """Makes values of nodes, and notes in the document what is known of each."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._lines = text.splitlines() if " #" in text else []

    def build(self, node: yaml.Node, place: Place) -> Any:
        self._document.marks[place] = _mark(node)
        if len(place) > MAX_DEPTH or len(self._document.marks) > MAX_VALUES:
            self._refuse(place)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            self._document.after_comma.update((*place, number) for number in _after_comma(node))
            return [self.build(child, (*place, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, place)

    def _refuse(self, place: Place) -> None:
        limit = f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_VALUES} values with its aliases"
        if not self._document.problems:
            self._tell(place, limit)

    def _tell(self, place: Place, message: str) -> None:
        self._document.problems.append(self._document.problem(place, message, rule="not-yaml"))

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> str | None:
        if node.tag.startswith("!"):
            self._tell(place, complaints.begins_with("!"))
        if self._lines and node.value and not node.style:
            self._note_cut_off(node, place)
        return None if node.value in ("", "~", "null") and not node.style else node.value

    def _note_cut_off(self, node: yaml.ScalarNode, place: Place) -> None:
        """Two spaces before '#' are how a comment is meant."""
        end = node.end_mark
        rest = self._lines[end.line][end.column :] if end.line < len(self._lines) else ""
        if rest.startswith(" #"):
            self._document.cut_off[place] = rest.strip()

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        document = self._document
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, mark = key_node.value, _mark(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                document.problems.append(
                    Problem(document.file, *mark, "a key must be plain text", "not-yaml")
                )
            elif key in mapping:
                first = document.key_marks[(*place, key)][0]
                message = f"duplicate key '{key}', first given in line {first}"
                document.problems.append(Problem(document.file, *mark, message, "duplicate-key"))
            else:
                document.key_marks[(*place, key)] = mark
                mapping[key] = self.build(value_node, (*place, key))
        return mapping


def _mark(read: yaml.Node | yaml.Event) -> tuple[int, int]:
    """Line and column from 1."""
    assert read.start_mark
    return read.start_mark.line + 1, read.start_mark.column + 1


def _after_comma(node: yaml.SequenceNode) -> list[int]:
    if not node.flow_style:
        return []
    plain = [isinstance(child, yaml.ScalarNode) and not child.style for child in node.value]
    return [number for number in range(1, len(plain)) if plain[number - 1] and plain[number]]
