"""Errors that know where inside a value the mistake is, so that its line is found."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Made = TypeVar("Made")


def at(place: Iterable[str | int], message: str) -> ValueError:
    """An error that says by its attribute `place` where inside the value it is."""
    error = ValueError(message)
    error.place = tuple(place)  # type: ignore[attr-defined]
    return error


def placed(read: Callable[[Any], Made], value: object, place: str | int) -> Made:
    """What `read` makes of the value, which is at that place in a larger one."""
    try:
        return read(value)
    except ValueError as error:
        raise at((place, *getattr(error, "place", ())), str(error)) from None
