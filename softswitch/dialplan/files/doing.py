"""Steps that look something up, or promise an action."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from softswitch.dialplan.files.kinds import Name, Written
from softswitch.values import Section, seconds

MOST_BUDGET_S = 10.0
Budget = Annotated[
    float, BeforeValidator(seconds, json_schema_input_type=Written), Field(ge=0, le=MOST_BUDGET_S)
]
"""How long a caller is kept waiting."""


class Lookup(Section):
    """Finds the row of `table` under the value of `key`; its columns become variables. Or has an integration
    look up an `action` of the plan's catalogue, of kind `lookup`; its `result` becomes variables. What is not
    there `within` the time is `late`.
    """

    table: Name | None = None
    key: Name | None = None
    action: Name | None = None
    within: Budget | None = None
    found: Name
    not_found: Name
    late: Name | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Lookup":
        if (self.table is None) == (self.action is None) or (self.table is None) != (self.key is None):
            raise ValueError("expected `table` and `key`, or `action`")
        if (self.action is None) != (self.late is None):
            raise ValueError(
                "`action` needs `late`, where it goes on without an answer; a table is never late"
            )
        if self.table and self.within is not None:
            raise ValueError("a table is never late: leave `within` out")
        return self


class Do(Section):
    """Promises an action of the plan's catalogue, with what its arguments' variables hold now. With `within`
    it is tried at once, and the call goes on by what is true then: it is `done`, it is `noted` and will be
    done, or it is `refused` and never can be.
    """

    action: Name
    next: Name | None = None
    within: Budget | None = None
    done: Name | None = None
    noted: Name | None = None
    refused: Name | None = None

    @model_validator(mode="after")
    def _goes_on(self) -> "Do":
        ways = (self.done, self.noted, self.refused)
        if self.within is None and (self.next is None or any(ways)):
            raise ValueError("expected `next`; or `within` with `done`, `noted` and `refused`")
        if self.within is not None and (self.next or not all(ways)):
            raise ValueError("with `within` expected `done`, `noted` and `refused`, and no `next`")
        return self

    @property
    def ways(self) -> dict[str, str]:
        """Where it goes on, by what came of it; nothing without `within`."""
        ways = {"done": self.done, "noted": self.noted, "refused": self.refused}
        return {outcome: target for outcome, target in ways.items() if target}
