"""Words cut to the room that there is for them."""

import textwrap


def first_words(text: str, most: int) -> str:
    """The first words, with an ellipsis where there are more."""
    return textwrap.shorten(text, most, placeholder=" …") if text else ""


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """At most so many lines of so many characters."""
    return textwrap.wrap(text, width, max_lines=lines, placeholder=" …") if text else []
