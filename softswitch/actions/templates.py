"""Texts with `{name}` in them, filled in from an action: replaced, never evaluated.

`{secret:name}` is a secret of the file of actions; `{name:number}` and `{name:boolean}`, standing alone in
JSON, become a number and true or false. `{{` and `}}` are braces.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from softswitch.actions.action import Action

NAME = r"[a-z][a-z0-9_]*"
_TOKEN = re.compile(
    rf"\{{\{{|\}}\}}|\{{(?P<secret>secret:)?(?P<name>{NAME})(?::(?P<kind>number|boolean))?\}}|[{{}}]"
)
KNOWN = ("action", "call_id", "plan", "idempotency_key")
"""What every action has besides its arguments."""
MOST_DEEP = 10

Quote = Callable[[str], str]


class Unfilled(Exception):
    """An action does not have what a template speaks of."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str = ""
    secret: bool = False

    def __str__(self) -> str:
        before, behind = "secret:" if self.secret else "", f":{self.kind}" if self.kind else ""
        return f"{{{before}{self.name}{behind}}}"


@dataclass(frozen=True, slots=True)
class Template:
    """Literal text and fields in turn. `parse` makes one."""

    parts: tuple[str | Field, ...]

    @property
    def fields(self) -> Iterator[Field]:
        return (part for part in self.parts if isinstance(part, Field))

    @property
    def is_literal(self) -> bool:
        return not any(self.fields)

    def __str__(self) -> str:
        """As it is written."""
        return "".join(_brace(part) if isinstance(part, str) else str(part) for part in self.parts)

    def fill(self, values: Mapping[str, str], secrets: Mapping[str, str], quote: Quote = str) -> str:
        """The text; `quote` is applied to values, not to secrets. Raises Unfilled for a name not given."""
        return "".join(
            part if isinstance(part, str) else _value(part, values, secrets, quote) for part in self.parts
        )

    def value(self, values: Mapping[str, str], secrets: Mapping[str, str]) -> str | int | float | bool | None:
        """What stands in JSON: null for a number or boolean that is not set."""
        (only, *more) = self.parts or ("",)
        if more or isinstance(only, str) or not only.kind:
            return self.fill(values, secrets)
        text = _value(only, values, secrets, str).strip()
        return _typed(only, text) if text else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_read)


Json = Template | tuple[Any, ...] | dict[str, Any]


def parse(text: str) -> Template:
    """Raises ValueError where a brace stands alone."""
    parts: list[str | Field] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts.append(text[end : token.start()])
        end = token.end()
        if token["name"]:
            parts.append(Field(token["name"], token["kind"] or "", bool(token["secret"])))
        elif token[0] in ("{{", "}}"):
            parts.append(token[0][0])
        else:
            raise ValueError(
                f"expected {{name}} or {{secret:name}} at column {token.start() + 1}; write {{{{ for a brace"
            )
    return Template(tuple(_joined([*parts, text[end:]])))


def parse_json(value: Any, depth: int = 0) -> Json:
    """Templates wherever JSON has a text; mappings and lists as they are."""
    if depth > MOST_DEEP:
        raise ValueError(f"expected at most {MOST_DEEP} levels")
    if isinstance(value, dict):
        return {str(key): parse_json(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(parse_json(inner, depth + 1) for inner in value)
    return parse("" if value is None else str(value))


def fill_json(body: Json, values: Mapping[str, str], secrets: Mapping[str, str]) -> Any:
    if isinstance(body, Template):
        return body.value(values, secrets)
    if isinstance(body, dict):
        return {key: fill_json(inner, values, secrets) for key, inner in body.items()}
    return [fill_json(inner, values, secrets) for inner in body]


def fields_of(body: Json) -> Iterator[Field]:
    if isinstance(body, Template):
        yield from body.fields
    else:
        for inner in body.values() if isinstance(body, dict) else body:
            yield from fields_of(inner)


def values_of(action: Action) -> dict[str, str]:
    """What an action's templates may speak of; its arguments go before what every action has."""
    known = (action.name, action.call_id, action.plan, action.idempotency_key)
    return {**dict(zip(KNOWN, known, strict=True)), **action.arguments}


def _joined(parts: list[str | Field]) -> Iterator[str | Field]:
    """Literal text in as few parts as can be, none of them empty."""
    literal = ""
    for part in parts:
        if isinstance(part, str):
            literal += part
            continue
        if literal:
            yield literal
        yield part
        literal = ""
    if literal:
        yield literal


def _read(value: object) -> Template:
    if isinstance(value, Template):
        return value
    if isinstance(value, dict | list):
        raise ValueError("expected a text")
    return parse("" if value is None else str(value))


def _brace(literal: str) -> str:
    return literal.replace("{", "{{").replace("}", "}}")


def _value(field: Field, values: Mapping[str, str], secrets: Mapping[str, str], quote: Quote) -> str:
    if field.secret:
        return secrets[field.name]
    try:
        return quote(values[field.name])
    except KeyError:
        raise Unfilled(f"there is no {{{field.name}}} among the arguments of the action") from None


def _typed(field: Field, text: str) -> int | float | bool:
    if field.kind == "boolean":
        if text not in ("true", "false", "yes", "no"):
            raise Unfilled(f"{{{field.name}}} is no yes or no")
        return text in ("true", "yes")
    try:
        number = float(text)
    except ValueError:
        raise Unfilled(f"{{{field.name}}} is no number") from None
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise Unfilled(f"{{{field.name}}} is no number")
    return number if "." in text else int(text)
