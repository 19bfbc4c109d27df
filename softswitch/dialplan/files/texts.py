"""Texts that callers hear or say: prompts, sentences, words; and in which language.

A plan of one language gives a text plainly; a plan of several gives it by language:
`say: {en: Goodbye., es: Adiós.}`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from softswitch.dialplan.files.kinds import AUDIO_FILE, LANGUAGE
from softswitch.dialplan.files.placing import placed
from softswitch.dialplan.spoken import normalise

Made = TypeVar("Made")
MAX_TEXT = 2000
MAX_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say: synthesised text, or a recording of the plan's `audio/` folder that says it."""

    text: str
    audio: str = ""


class ByLanguage:
    """Something given plainly (under the language "") or once per language."""

    __slots__ = ("given",)

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        self.given: Mapping[str, Any] = given or {}

    def __bool__(self) -> bool:
        return bool(self.given)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.given == other.given

    def __hash__(self) -> int:
        return hash(tuple(self.given.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.given!r})"

    @property
    def languages(self) -> frozenset[str]:
        """The languages that it is given in; empty when it is plain."""
        return frozenset(self.given) - {""}

    @classmethod
    def read(cls, value: object) -> "ByLanguage":
        """Raises ValueError. `value` is as PyYAML's nodes give it: str, list, dict."""
        if isinstance(value, cls):
            return value
        if isinstance(value, dict) and value and all(re.fullmatch(LANGUAGE, str(key)) for key in value):
            return cls({str(key): placed(cls.one, inner, str(key)) for key, inner in value.items()})
        return cls({"": cls.one(value)})

    def written(self) -> object:
        """As an author would write it, for JSON: {} where it is not given."""
        plain = {language: [_written(each) for each in many] for language, many in self.given.items()}
        return plain.get("", plain)

    @classmethod
    def one(cls, value: object) -> object:
        """What is given for one language."""
        raise NotImplementedError

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """JSON Schema of what is given for one language."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(cls.written)
        return core_schema.no_info_plain_validator_function(cls.read, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        one = cls.json_schema()
        several = {
            "type": "object",
            "patternProperties": {f"^{LANGUAGE}$": one},
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {"title": cls.__name__, "anyOf": [one, several]}


class Prompts(ByLanguage):
    """Texts to say: one, or a list; each plain text, or `{audio: FILE.wav, text: what it says}`."""

    def in_language(self, language: str) -> tuple[Line, ...]:
        found: tuple[Line, ...] = self.given.get(language, self.given.get("", ()))
        return found

    @classmethod
    def one(cls, value: object) -> tuple[Line, ...]:
        return _each(_line, value)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        recording = {
            "type": "object",
            "properties": {
                "audio": {"type": "string", "pattern": f"^{AUDIO_FILE}$"},
                "text": {"type": "string", "minLength": 1},
            },
            "required": ["audio", "text"],
            "additionalProperties": False,
        }
        text = {"anyOf": [{"type": "string", "minLength": 1}, recording]}
        return {"anyOf": [*text["anyOf"], {"type": "array", "items": text, "minItems": 1}]}


class Texts(ByLanguage):
    """Plain texts, one or a list: sentence templates, words, spoken forms."""

    def in_language(self, language: str) -> tuple[str, ...]:
        found: tuple[str, ...] = self.given.get(language, self.given.get("", ()))
        return found

    @classmethod
    def one(cls, value: object) -> tuple[str, ...]:
        return _each(_text, value)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        text = {"type": "string", "minLength": 1}
        return {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}


class Words(Texts):
    """Words and phrases as they are heard: lower case, no punctuation."""

    @classmethod
    def one(cls, value: object) -> tuple[str, ...]:
        return _each(_words, value)


def _each(read: Callable[[object], Made], value: object) -> tuple[Made, ...]:
    """One or a list; the place of one that is wrong is its number in the list."""
    if not isinstance(value, list):
        return (read(value),)
    if not value or len(value) > MAX_TEXTS:
        raise ValueError(f"expected a text, or a list of 1 to {MAX_TEXTS} texts")
    return tuple(placed(read, each, number) for number, each in enumerate(value))


def _written(value: object) -> object:
    if isinstance(value, Line):
        return {"audio": value.audio, "text": value.text} if value.audio else value.text
    return value


def _line(value: object) -> Line:
    if isinstance(value, dict):
        if value.keys() != {"audio", "text"}:
            raise ValueError(
                "expected a text, or a recording: {audio: FILE.wav, text: what it says}; "
                "a text with ': ' in it needs quotes around it"
            )
        if not re.fullmatch(AUDIO_FILE, str(value["audio"])):
            raise ValueError("expected the name of a file in the plan's audio folder, such as welcome.wav")
        return Line(_text(value["text"]), str(value["audio"]))
    return Line(_text(value))


def _words(value: object) -> str:
    words = normalise(_text(value))
    if not words:
        raise ValueError("expected words")
    return words


def _text(value: object) -> str:
    if isinstance(value, dict):
        raise ValueError("expected a text; one with ': ' in it needs quotes around it")
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    if len(value) > MAX_TEXT:
        raise ValueError(f"expected a text of at most {MAX_TEXT} characters")
    return value
