"""Lessons and what was learnt from them, as files between the stages."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from voice.halves import Halves
from voice.lessons import Lesson, Read
from voice.prosody import Prosody

Arrays = TypeVar("Arrays", Prosody, Halves, Read)
_SMALL = ("cepstra", "strengths")  # half precision is far below what averaging blurs


def save_lessons(path: Path, lessons: Iterable[Lesson]) -> None:
    columns: dict[str, NDArray[Any]] = {}
    for number, lesson in enumerate(lessons):
        parts = {name: getattr(lesson, name) for name in _LESSON} | _arrays(lesson.read)
        for name, array in parts.items():
            columns[f"{number}/{name}"] = array.astype(np.float16) if name in _SMALL else array
    _save(path, columns)


def load_lessons(paths: Sequence[Path]) -> list[Lesson]:
    return [lesson for path in paths for lesson in _loaded(path)]


def save(path: Path, held: Prosody | Halves) -> None:
    _save(path, _arrays(held))


def load(path: Path, kind: type[Arrays]) -> Arrays:
    with np.load(path) as held:
        return kind(**{field.name: held[field.name] for field in fields(kind)})


_LESSON = tuple(field.name for field in fields(Lesson) if field.name != "read")


def _arrays(held: Prosody | Halves | Read) -> dict[str, NDArray[Any]]:
    return {field.name: getattr(held, field.name) for field in fields(held)}


def _save(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _loaded(path: Path) -> Iterable[Lesson]:
    with np.load(path) as held:
        count = len({name.partition("/")[0] for name in held.files})
        for number in range(count):
            read = Read(**{field.name: held[f"{number}/{field.name}"] for field in fields(Read)})
            parts = {name: held[f"{number}/{name}"] for name in _LESSON}
            for name in _SMALL:
                parts[name] = parts[name].astype(np.float32)
            yield Lesson(read=read, **parts)
