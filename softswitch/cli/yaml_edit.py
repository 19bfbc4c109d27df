"""One value set in a YAML file that a person wrote: comments, order and layout of all else stay.

The text is edited at the place where the parser says that the value stands. Then it is read again: unless it
means exactly what it meant before, but for the new value, nothing is written.
"""

import copy
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from softswitch import marked_yaml
from softswitch.errors import InvalidFile, SoftswitchError

INDENT = 2
PLAIN = r"[A-Za-z/~][A-Za-z0-9_./~-]*"
"""What YAML takes for text without quotes, unless it is one of WORDS."""
WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~")


def write(
    path: Path, changes: dict[tuple[str, ...], str], check: Callable[[marked_yaml.Document], Any]
) -> None:
    """Set every value at its place (keys from the outside in), and replace the file at once.

    `check` raises when the new text is not to be written. The file need not exist yet.
    """
    target = path.resolve()
    try:
        edited = target.read_bytes().decode() if target.exists() else ""
        for place, value in changes.items():
            edited = with_value(edited, place, value, str(path))
        check(marked_yaml.parse(edited, str(path)))
        _replace(target, edited)
    except OSError as error:
        raise SoftswitchError(f"{path} cannot be written: {error.strerror}; {_by_hand(changes)}") from None
    except UnicodeDecodeError:
        raise SoftswitchError(f"{path} is not UTF-8 text; save it as UTF-8") from None


def with_value(text: str, place: Sequence[str], value: str, file: str) -> str:
    """`text` with `value` at `place`. Raises InvalidFile, or SoftswitchError where that is not safe."""
    before = marked_yaml.parse(text, file)
    if before.problems:
        raise InvalidFile(before.problems)
    edited = _edited(text, place, value)
    after = marked_yaml.parse(edited, file)
    if after.problems or after.value != _expected(before.value, place, value):
        raise SoftswitchError(
            f"{file} is laid out so that it is not changed here: {_by_hand({tuple(place): value})}"
        )
    return edited


def _expected(before: Any, place: Sequence[str], value: str) -> Any:
    expected = copy.deepcopy(before) if before is not None else {}
    target = expected
    for key in place[:-1]:
        if not isinstance(target, dict):
            return None
        if target.get(key) in (None, ""):  # a section of which everything is commented out
            target[key] = {}
        target = target[key]
    if not isinstance(target, dict):
        return None
    target[place[-1]] = value
    return expected


def _edited(text: str, place: Sequence[str], value: str) -> str:
    # The parser written in Python: only its marks count characters reliably.
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return _appended(text, place, value)
    key_node = None
    for depth, key in enumerate(place):
        if not isinstance(node, yaml.MappingNode):
            return _under_key(text, key_node, place[depth:], value) if key_node else text
        found = next((pair for pair in node.value if pair[0].value == key), None)
        if found is None:
            return _inserted(text, node, key_node, place[depth:], value)
        key_node, node = found
    assert node is not None
    return _spliced(text, node, value)


def _spliced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end else ""  # after the colon of a key without a value
    return f"{text[:start]}{space}{_scalar(value)}{text[end:]}"


def _inserted(
    text: str, node: yaml.MappingNode, key_node: yaml.Node | None, keys: Sequence[str], value: str
) -> str:
    """A new entry in a mapping: behind its opening bracket, or as its first lines."""
    if node.flow_style:
        at = node.start_mark.index + 1
        return f"{text[:at]}{_flow(keys, value)}{', ' if node.value else ''}{text[at:]}"
    if key_node is None:
        return _appended(text, keys, value)
    return _under_key(text, key_node, keys, value, node.start_mark.column)


def _under_key(
    text: str, key_node: yaml.Node, keys: Sequence[str], value: str, column: int | None = None
) -> str:
    """New lines behind the line that the key of their mapping stands on."""
    end = text.find("\n", key_node.end_mark.index)
    head, rest = (text, "") if end < 0 else (text[:end], text[end:])
    indent = key_node.start_mark.column + INDENT if column is None else column
    newline = _newline(text)
    head = head.removesuffix("\r")
    lines = newline.join(_block(keys, value, indent))
    return f"{head}{newline}{lines}{rest if not rest or newline == chr(10) else chr(13) + rest}"


def _appended(text: str, keys: Sequence[str], value: str) -> str:
    newline = _newline(text)
    gap = "" if not text or text.endswith("\n") else newline
    return f"{text}{gap}{newline.join(_block(keys, value, 0))}{newline}"


def _block(keys: Sequence[str], value: str, indent: int) -> list[str]:
    lines = [f"{' ' * (indent + INDENT * n)}{_scalar(key)}:" for n, key in enumerate(keys)]
    lines[-1] += f" {_scalar(value)}"
    return lines


def _flow(keys: Sequence[str], value: str) -> str:
    inner = f"{_scalar(keys[-1], True)}: {_scalar(value, True)}"
    for key in reversed(keys[:-1]):
        inner = f"{_scalar(key, True)}: {{{inner}}}"
    return inner


def _scalar(value: str, quoted: bool = False) -> str:
    """Plain where that is safe. In brackets always quoted, so that JSON stays JSON."""
    plain = re.fullmatch(PLAIN, value) and value.lower() not in WORDS
    return value if plain and not quoted else json.dumps(value, ensure_ascii=False)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _by_hand(changes: dict[tuple[str, ...], str]) -> str:
    return "set " + " and ".join(f"{'.'.join(place)} to {value}" for place, value in changes.items())


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        new.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
