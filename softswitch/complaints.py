"""What is wrong with a value or a name, in words of the author whose file it is."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

MOST_SUGGESTED = 20
"""Names that are listed where none is near."""
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
_CURLY = frozenset("“”„‘’‚«»")


def begins_with(sign: str) -> str:
    """Of a text that is none to YAML."""
    return f"a text that begins with '{sign}' needs quotes around it"


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
        return f", got {value!r}{curly(str(value))}"
    return ", got a list" if isinstance(value, list) and value else ""


def suggest(name: str, known: Iterable[str]) -> str:
    """'; did you mean …?', or what is known, or nothing."""
    names = sorted(known)
    more = f" and {len(names) - MOST_SUGGESTED} more" if len(names) > MOST_SUGGESTED else ""
    listed = f"; expected one of: {', '.join(names[:MOST_SUGGESTED])}{more}"
    return nearest(name, names) or (listed if names else "")


def nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def curly(text: str) -> str:
    """Word processors and telephones write them; in YAML they are letters like any other."""
    return "; curly quotes are none here, write straight ones" if _CURLY & set(text) else ""


def _some_of(keys: Sequence[str]) -> str:
    return f"keys, such as {', '.join(keys[:6])}" if keys else "names, each with a value after a colon"
