"""Texts of others, before they go into headers, logs and the table of actions."""

import re
from collections.abc import Iterable

MOST_SAID = 200


def one_line(value: str) -> str:
    """What callers said makes no header of its own."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()


def said(text: str, secrets: Iterable[str]) -> str:
    """What the other side said, in short, and without secrets: it may repeat what it was sent."""
    text = one_line(text)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text[:MOST_SAID]
