"""Where a trunk was declared, and all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from softswitch.errors import SoftswitchError
from softswitch.trunks.settings import Trunk


@dataclass(frozen=True, slots=True)
class Declared:
    """A trunk and where it comes from: SQL, or `place` (FILE:LINE) in the file of trunks.

    `problem`: why its password could not be had, in one sentence; the trunk is without it then.
    """

    trunk: Trunk
    source: Literal["sql", "file"]
    place: str = ""
    has_password: bool = False
    problem: str = ""

    @property
    def name(self) -> str:
        return self.trunk.name


@dataclass(frozen=True, slots=True)
class Trunks:
    """All that can be used, by name, and of each row that cannot why, in one sentence."""

    declared: tuple[Declared, ...]
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> Declared | None:
        return next((each for each in self.declared if each.name == name), None)


def together(sql: Sequence[Declared], file: Sequence[Declared]) -> tuple[Declared, ...]:
    """All trunks by name. Raises SoftswitchError when the database and the file have one of the same name."""
    both = {each.name: each for each in file}
    for each in sql:
        if each.name in both:
            raise SoftswitchError(
                f"trunk {each.name} is declared twice, in {both[each.name].place} and in the database: "
                f"rename or remove it there, or run softswitch trunk remove {each.name}"
            )
    return tuple(sorted((*sql, *file), key=lambda each: each.name))
