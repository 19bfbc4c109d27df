"""Where a sound part's texts stand in its file, so that each is told at its own line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from softswitch.dialplan.files.texts import ByLanguage
from softswitch.dialplan.reading import Draft
from softswitch.marked_yaml import Document, Place


@dataclass(frozen=True, slots=True)
class Given:
    """Texts as they were given at a place, plainly or by language."""

    document: Document
    place: Place
    texts: ByLanguage

    def each(self) -> Iterator[tuple[str, Place, Any]]:
        """Language ("" when given plainly), place and text of each."""
        for language, many in self.texts.given.items():
            place = (*self.place, language) if language else self.place
            for number, text in enumerate(many):
                at: Place = (*place, number)
                yield language, at if at in self.document.marks else place, text


def all_given(draft: Draft) -> Iterator[Given]:
    """All texts of all sound parts."""
    if draft.plan:
        yield from given(draft.plan_document, draft.plan)
    parts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("intents", draft.intents),
        ("flows", draft.flows),
        ("lists", draft.lists),
    )
    for kind, models in parts:
        for name, model in models.items():
            yield from given(draft.documents[kind][name], model)


def examples_given(draft: Draft) -> Iterator[Given]:
    """What callers said: no text that the plan says or matches as it stands."""
    for name, model in draft.examples.items():
        yield from given(draft.documents["examples"][name], model)


def given(document: Document, value: Any, place: Place = ()) -> Iterator[Given]:
    """The texts in a model. A key that was left out, as in `no_match: Pardon?`, adds nothing to a place."""
    if isinstance(value, ByLanguage):
        yield Given(document, place, value)
    elif isinstance(value, BaseModel):
        for name in value.model_fields_set:
            key = type(value).model_fields[name].alias or name
            inner: Place = (*place, key)
            yield from given(document, getattr(value, name), inner if inner in document.marks else place)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from given(document, each, (*place, key))
