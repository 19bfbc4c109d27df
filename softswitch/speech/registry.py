"""The models that can be pulled by name: what they are, and where their publishers keep them."""

import functools
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from softswitch import marked_yaml, validation
from softswitch.speech.models import DATA
from softswitch.values import Section

Kind = Literal["ear", "voice"]
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
"""A model's name is its folder's name too: no separators, and no dot in front."""


class File(Section):
    """Something to fetch. Without `sha256`, what comes first is trusted and recorded."""

    url: str
    bytes: int | None = Field(None, gt=0)
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")


class Entry(Section):
    """A model: a zip archive for an ear; the .onnx and its .json for a voice."""

    kind: Kind
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")
    size: str  # of the download, for people
    licence: str
    files: tuple[File, ...] = Field(min_length=1, max_length=2)


class Registry(Section):
    models: dict[Annotated[str, Field(pattern=NAME)], Entry]


@functools.cache
def known() -> Mapping[str, Entry]:
    """Every model of the registry by its name."""
    return validation.validate(marked_yaml.read(DATA / "registry.yaml"), Registry).models
