"""intents/NAME.yaml, lists/NAME.yaml, tables/NAME.yaml, examples/INTENT.yaml."""

from typing import Annotated

from pydantic import Field

from softswitch.dialplan.files.kinds import Name, OneOrMany
from softswitch.dialplan.files.texts import Prompts, Texts, Words
from softswitch.values import Section


class IntentFile(Section):
    """What a caller may mean, by the sentences that say it; `confirm` asks when that is not sure."""

    sentences: Texts
    confirm: Prompts = Prompts()


class ListFile(Section):
    """Values, and how each is said; the first form is how it is spoken to the caller. Forms are templates."""

    values: dict[str, Texts] = Field(min_length=1)


class ExamplesFile(Section):
    """What callers said, word for word, who meant the intent that the file is named after; `none` is for
    those who meant nothing that the plan knows.
    """

    said: Words
    answered_by: Annotated[tuple[Name, ...], OneOrMany] = Field(
        (), description="Only of `none`: the intents, without examples of their own, that tell callers so."
    )


class TableFile(Section):
    """Rows by key; every row gives the same columns, which become variables."""

    rows: dict[str, dict[Name, str]]
