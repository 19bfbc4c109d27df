"""What the trunk commands share: settings from `--set`, passwords that nobody sees, their output."""

import copy
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from softswitch import marked_yaml, validation
from softswitch.complaints import suggest
from softswitch.config import Config
from softswitch.errors import InvalidFile, Problem, SoftswitchError
from softswitch.marked_yaml import Document
from softswitch.secret_file import MOST_BYTES, first_line
from softswitch.store import declared, sealing
from softswitch.trunks.declared import Declared
from softswitch.trunks.settings import Trunk

Command = TypeVar("Command", bound=Callable[..., Any])
NOT_SET = ("name", "password")
"""Keys that have ways of their own."""

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
set_option = click.option(
    "--set",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other key, as in limits.calls=10; lists with commas, rules as [{match: …, to: …}].",
)


def password_options(command: Command) -> Command:
    from_file = click.option(
        "--password-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Take the password from a file's first line.",
    )
    stdin = click.option("--password-stdin", is_flag=True, help="Take the password from standard input.")
    return stdin(from_file(command))


def password_from(stdin: bool, file: Path | None, ask: bool) -> str | None:
    """The password given by one of these ways; None when none was. `ask` asks at the terminal."""
    if stdin and file:
        raise click.UsageError("give one of --password-stdin and --password-file")
    if file:
        return first_line(file, what="password")
    if stdin:
        password = sys.stdin.readline(MOST_BYTES).rstrip("\r\n")
        if not password:
            raise SoftswitchError("--password-stdin: standard input is empty; its first line is the password")
        return password
    if ask:
        prompted: str = click.prompt(
            "Password (empty for none)", hide_input=True, default="", show_default=False
        )
        return prompted or None
    return None


def fields(model: type[BaseModel] = Trunk, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of a trunk, such as `limits.calls`; sections with their own keys behind them."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, f"{prefix}{name}.")


def trunk_from(
    name: str,
    settings: Mapping[str, Any],
    options: Mapping[str, tuple[str, Any]],
    given: Sequence[str] = (),
    unset: Sequence[str] = (),
) -> Trunk:
    """A trunk of what is kept, changed by options (key to option and value) and by KEY=VALUE texts.
    Raises SoftswitchError that names every option or key that is wrong.
    """
    document = Document(f"trunk {name}", copy.deepcopy(dict(settings)))
    document.marks[()] = (1, 1)
    for key in unset:
        _unset(document.value, key)
    document.put(("name",), name, "NAME")
    for key, (option, value) in options.items():
        document.put((key,), value, option)
    for text in given:
        _set(document, text)
    try:
        return validation.validate(document, Trunk)
    except InvalidFile as error:
        raise SoftswitchError("; ".join(map(_told, error.problems))) from None


def _told(problem: Problem) -> str:
    """By the option that is wrong; its key is not said twice."""
    key = "name" if problem.file == "NAME" else problem.file.removeprefix("--set ")
    return f"{problem.file}: {problem.message.removeprefix('file: ').removeprefix(f'{key}: ')}"


def _set(document: Document, text: str) -> None:
    key, equals, value = text.partition("=")
    if not equals:
        raise SoftswitchError(f"--set {text}: expected key=value, for instance --set limits.calls=10")
    if key == "password":
        raise SoftswitchError(
            "--set password: command lines can be seen by others; use --password-stdin or --password-file"
        )
    document.put(tuple(key.split(".")), _value(key, value), f"--set {key}")


def _value(key: str, text: str) -> Any:
    if text.startswith(("{", "[{")):
        parsed = marked_yaml.parse(text, f"--set {key}")
        if parsed.problems:
            raise InvalidFile(parsed.problems)
        return parsed.value
    field = dict(fields()).get(key)
    if field and get_origin(field.annotation) is tuple:
        return [part.strip() for part in text.split(",")] if text and text != "[]" else []
    return text


def _unset(settings: dict[str, Any], key: str) -> None:
    known = {name for name, _ in fields()} - {"name"}
    if key not in known:
        raise SoftswitchError(f"--unset {key}: unknown key{suggest(key, known)}")
    *sections, last = key.split(".")
    for section in sections:
        settings = settings.get(section, {})
    settings.pop(last, None)


def in_file(config: Config, name: str) -> Declared | None:
    """The trunk of that name in the file of trunks."""
    return next((each for each in declared.from_file(config) if each.name == name), None)


def not_in_file(config: Config, name: str) -> None:
    """Raises SoftswitchError when the trunk is one of the file, which commands do not write."""
    if found := in_file(config, name):
        raise SoftswitchError(f"trunk {name} is declared in {found.place}: change it there")


def sealed(config: Config, name: str, password: str | None) -> bytes | None:
    return sealing.keys_for(config, [name]).seal(name, password) if password else None


def say(json_: bool, result: Mapping[str, Any], sentence: str) -> None:
    """The outcome of a command, for programs or for people."""
    click.echo(json.dumps(result) if json_ else sentence)


def written(value: Any) -> Any:
    """Settings as people write them: every number with a fraction is a duration in seconds."""
    if isinstance(value, dict):
        return {key: written(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [written(inner) for inner in value]
    return f"{value:g}s" if isinstance(value, float) else value
