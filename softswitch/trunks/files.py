"""The YAML file of trunks, for those who keep configuration in git: a list of them under `trunks:`.

A trunk's keys are those of Trunk. Its password may stand elsewhere: `password_file` names a file whose first
line it is (relative to the file of trunks), `password_env` a variable of the environment. All mistakes are
told at once, with their lines.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from softswitch import marked_yaml, validation
from softswitch.errors import InvalidFile, Problem, SoftswitchError
from softswitch.marked_yaml import Document
from softswitch.secret_file import first_line
from softswitch.trunks.declared import Declared
from softswitch.trunks.settings import Trunk
from softswitch.values import Section

PASSWORDS = ("password", "password_file", "password_env")


class Entry(Trunk):
    """A trunk in the file."""

    password_file: Path | None = Field(
        None, exclude=True, description="File whose first line is the password; in the file of trunks only."
    )
    password_env: str = Field(
        "", exclude=True, description="Variable that holds the password; in the file of trunks only."
    )

    @model_validator(mode="after")
    def _has_one_password(self) -> "Entry":
        given = [key for key in PASSWORDS if key in self.model_fields_set]
        if len(given) > 1:
            raise ValueError(f"give one of {' and '.join(given)}")
        return self

    @property
    def has_password(self) -> bool:
        return bool(self.password.get_secret_value() or self.password_file or self.password_env)

    def trunk(self, password: str) -> Trunk:
        settings = {name: getattr(self, name) for name in self.model_fields_set - set(PASSWORDS)}
        return Trunk.model_validate({**settings, "password": SecretStr(password)})


def _none_is_empty(value: object) -> object:
    return () if value is None else value


class TrunksFile(Section):
    trunks: Annotated[tuple[Entry, ...], BeforeValidator(_none_is_empty)] = Field(
        (), max_length=1000, description="The trunks, in any order."
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """`warnings` are no reason to refuse the file."""

    trunks: tuple[Declared, ...]
    warnings: tuple[Problem, ...] = ()


def load(path: Path, *, passwords: bool = True) -> Loaded:
    """The trunks of a file; without `passwords` those are not looked for. Raises InvalidFile with all
    problems: of the file, and of passwords that are not where it says.
    """
    return parse(marked_yaml.read(path), path.parent, passwords=passwords)


def parts(path: Path) -> tuple[Path, ...]:
    """The file and those that it has passwords in, whatever else may be wrong with it."""
    try:
        entries = _entries(marked_yaml.read(path).value)
    except SoftswitchError:
        return (path,)
    named = (entry.get("password_file") for entry in entries if isinstance(entry, dict))
    return (path, *(path.parent / name for name in named if isinstance(name, str) and name))


def parse(document: Document, folder: Path, *, passwords: bool = True) -> Loaded:
    """The same from a document that was read; paths in it are relative to `folder`."""
    twice = list(_duplicates(document))
    try:
        file = validation.validate(document, TrunksFile)
    except InvalidFile as error:
        raise InvalidFile([*error.problems, *twice]) from None
    problems, warnings, declared = twice, list[Problem](), list[Declared]()
    for number, entry in enumerate(file.trunks):
        place = ("trunks", number)
        try:
            password = _password(entry, folder) if passwords else ""
        except SoftswitchError as error:
            key = "password_file" if entry.password_file else "password_env"
            problems.append(document.problem((*place, key), f"{key}: {error}", rule="wrong-value"))
            continue
        name, line, _ = document.where(place)
        warnings.extend(_exposed(document, number, entry, folder))
        declared.append(Declared(entry.trunk(password), "file", f"{name}:{line}", entry.has_password))
    if problems:
        raise InvalidFile(problems)
    return Loaded(tuple(declared), tuple(warnings))


def _duplicates(document: Document) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, name in enumerate(map(_name, _entries(document.value))):
        if name and name in seen:
            first = document.where(("trunks", seen[name]))[1]
            message = f"trunk '{name}' is declared twice, first in line {first}"
            yield document.problem(("trunks", number, "name"), message, rule="duplicate-name")
        seen.setdefault(name, number)


def _entries(value: Any) -> list[Any]:
    entries = value.get("trunks") if isinstance(value, dict) else None
    return entries if isinstance(entries, list) else []


def _name(entry: Any) -> str:
    return str(entry.get("name") or "") if isinstance(entry, dict) else ""


def _password(entry: Entry, folder: Path) -> str:
    if entry.password_file:
        return first_line(folder / entry.password_file, what="password")
    if entry.password_env:
        password = os.environ.get(entry.password_env, "")
        if not password:
            raise SoftswitchError(f"the variable {entry.password_env} is not set; set it to the password")
        return password
    return entry.password.get_secret_value()


def _exposed(document: Document, number: int, entry: Entry, folder: Path) -> Iterator[Problem]:
    """Whether every user of the machine can read the password."""
    inline = bool(entry.password.get_secret_value())
    holder = Path(document.file) if inline else folder / entry.password_file if entry.password_file else None
    try:
        exposed = bool(holder and stat.S_IMODE(holder.stat().st_mode) & 0o004)
    except OSError:
        return
    if exposed:
        key = "password" if inline else "password_file"
        message = f"every user of this machine can read the password in {holder}: run chmod 600 {holder}"
        file, line, column = document.where(("trunks", number, key), key=True)
        yield Problem(file, line, column, message, "exposed-password", warning=True)
