"""What a look-up in a database takes."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from softswitch.actions.settings import FieldPath, Integration, Name
from softswitch.actions.templates import NAME, Template
from softswitch.actions.templates import Field as TemplateField

PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""As in a text() of SQLAlchemy: not the `::` of PostgreSQL's casts."""


def _database(url: Template) -> Template:
    (only, *more) = url.parts or ("",)
    is_secret = isinstance(only, TemplateField) and only.secret
    is_file = isinstance(only, str) and re.match(r"sqlite:///.", only)
    if more or not (is_secret or is_file):
        raise ValueError("expected a URL in a secret, as in {secret:shop_db}, or sqlite:////var/lib/shop.db")
    return url


def _query(text: str) -> str:
    text = text.strip()
    if not re.match(r"(select|with|values)\b", text, re.IGNORECASE) or ";" in text:
        raise ValueError("expected one SELECT, without semicolon: nothing is written here")
    for name in PARAMETER.findall(text):
        if not re.fullmatch(NAME, name):
            raise ValueError(f"expected parameters such as :customer_number, got :{name}")
    return text


class Sql(Integration):
    """A look-up in a database of yours, PostgreSQL or SQLite. Nothing can be written with it."""

    kind: Literal["sql"] = Field(description="This kind.")
    database: Annotated[Template, AfterValidator(_database)] = Field(
        description="Its URL, a secret: `postgresql://user:password@host/name`, or `sqlite:////a/file.db`."
    )
    query: Annotated[str, AfterValidator(_query)] = Field(
        description="One SELECT. `:name` is an argument of the action, bound and never pasted in."
    )
    parameters: dict[Name, Template] = Field(
        {}, description="Values of `:name` that are no arguments, as in `{n:number}`."
    )
    most_rows: int = Field(1, ge=1, le=100, description="No more rows are read.")
    result: dict[Name, FieldPath] = Field(
        {},
        description="What is kept: names, and columns, of further rows as in `1.city`. "
        "Without, the first row's columns by their own names. `rows` is how many there are.",
    )

    @model_validator(mode="after")
    def _knows_its_parameters(self) -> "Sql":
        if unused := self.parameters.keys() - set(self.names):
            raise ValueError(f"the query has no :{min(unused)}")
        return self

    @property
    def names(self) -> list[str]:
        """The parameters of the query."""
        return list(dict.fromkeys(PARAMETER.findall(self.query)))

    @property
    def fields(self) -> list[Any]:
        bound = [self.parameters.get(name) or Template((TemplateField(name),)) for name in self.names]
        return [field for template in (self.database, *bound) for field in template.fields]
