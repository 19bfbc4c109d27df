"""What pydantic and the YAML parser complain of, in words of the author whose file it is."""

import re
from collections.abc import Sequence
from typing import Any

_KINDS = {
    "string_type": "a text",
    "string_too_short": "a text",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "names, each with a value after a colon",
    "mapping_type": "names, each with a value after a colon",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


_VALUE = re.compile(r"^[\s-]*(?:[^\s:\"'\[{]+:\s+)?(?P<value>[\[{\"'].*[\]}\"'])\s*$")
"""What stands before the place of a complaint, where that is a bracket or a quote and its end."""
_KEY = re.compile(r":\s")
_ENDS = {"[": "]", "{": "}", '"': '"', "'": "'"}
_CURLY = frozenset("“”„‘’‚«»")


def syntax(problem: str, written: str, column: int) -> str:
    """Where a text in the line wants quotes; "" where something else is wrong. `column` is from 1."""
    before, at = written[: column - 1], written[column - 1 :]
    if "cannot start any token" in problem:
        return f"a text that begins with '{at[:1]}' needs quotes around it"
    if "alias" in problem or "alphabetic or numeric" in problem:
        sign = "*" if "*" in written[: column + 1] else "&"
        return f"a text or key that begins with '{sign}' needs quotes around it"
    if "mapping values are not allowed" in problem and _KEY.search(before):
        return f"a text with ': ' in it needs quotes around it{_curly(written)}"
    if "block sequence entries are not allowed" in problem:
        return "'- ' begins an item of a list, in a line of its own; a text that begins so needs quotes"
    around = _VALUE.match(before)
    if around and at.strip() and _ENDS[around["value"][0]] == around["value"][-1]:
        closing = "bracket" if around["value"][-1] in "]}" else "quote"
        return f"there is more after the closing {closing}; put quotes around the whole text"
    return ""


def expected(item: Any, keys: Sequence[str]) -> str:
    """A complaint's message; that of an own validator as it is. `keys` are what a mapping may have there."""
    kind, about = item["type"], item.get("ctx", {})
    if kind in _BOUNDS:
        how, limit = _BOUNDS[kind]
        return f"expected {how} {about[limit]:g}"
    if kind in ("literal_error", "enum"):
        return f"expected {about['expected'].replace(chr(39), '')}"
    if kind in ("model_type", "model_attributes_type"):
        return f"expected {_some_of(keys)}"
    if kind == "too_short":
        return "expected at least one, got none"
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}"
    message: str = item["msg"]
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def choices(item: Any) -> list[str]:
    """What might have been meant, where only a few words are taken."""
    if item["type"] not in ("literal_error", "enum"):
        return []
    return re.findall(r"'([^']*)'", item["ctx"]["expected"])


def got(value: object) -> str:
    """What was written instead, where that is short enough to be told."""
    if value is None:
        return ", got nothing"
    if isinstance(value, str | int | float):
        return f", got {value!r}{_curly(str(value))}"
    return ", got a list" if isinstance(value, list) and value else ""


def _curly(text: str) -> str:
    """Word processors and telephones write them; in YAML they are letters like any other."""
    return "; curly quotes are none here, write straight ones" if _CURLY & set(text) else ""


def _some_of(keys: Sequence[str]) -> str:
    return f"keys, such as {', '.join(keys[:6])}" if keys else "names, each with a value after a colon"
