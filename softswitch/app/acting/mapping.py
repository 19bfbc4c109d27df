"""What is kept of an answer: names of the operator's, and where in the answer their values stand."""

from collections.abc import Mapping
from typing import Any

MOST_VALUE = 10_000
"""Letters of a value that are kept."""


def mapped(document: Any, wanted: Mapping[str, str]) -> dict[str, str]:
    """The values, as text; what is not there, or is no single value, is left out."""
    found = {name: at(document, path) for name, path in wanted.items()}
    return {name: value[:MOST_VALUE] for name, value in found.items() if value is not None}


def at(document: Any, path: str) -> str | None:
    """The value at a path such as `items.0.id`, as text."""
    for key in path.split("."):
        if isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict) and key in document:
            document = document[key]
        else:
            return None
    if isinstance(document, bool):
        return "true" if document else "false"
    return str(document) if isinstance(document, str | int | float) else None
