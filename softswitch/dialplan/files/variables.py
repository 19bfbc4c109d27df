"""Variables as they are declared: what a caller may say or key, what is known of him, what holds for all."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from softswitch.dialplan.files.kinds import Name, YesNo
from softswitch.values import Section

Type = Literal["number", "digits", "money", "date", "time", "phone", "letters", "yes_no", "list", "text"]
Scope = Literal["call", "caller", "plan"]
LENGTHS = ("digits", "letters")
RANGES = ("number", "money", "date", "time")

FACTS: dict[str, Type] = {
    "caller_number": "phone",
    "called_number": "phone",
    "trunk": "text",
    "direction": "text",
    "diverted_from": "phone",
    "attestation": "text",
    "today": "date",
    "now": "time",
    "holiday": "yes_no",
    "language": "text",
    "answered_by": "text",
    "last_heard": "text",
    "queue_over": "text",
    "agent": "text",
    "agent_left": "text",
    "called_back": "text",
}
"""What is known of every call; besides these `hours_NAME` (yes_no) for each named hours of the plan.

Numbers are not set when they are withheld or are none; `diverted_from` is whose call was forwarded here.
`direction` is `in` or `out`, `attestation` how far the caller's identity is vouched for; `answered_by` is
`person` or `voicemail` in calls that the node made. Dates and times are those of the call's arrival.
`last_heard` is what the caller really heard of the last answer. `queue_over` tells why nobody came, `agent`
whom he spoke with, `agent_left` how that ended; `called_back` in which queue one has waited whom the node
calls back.
"""
GIVEN = frozenset({"called_back"})
"""Facts that are given to a call which the node makes, as variables are."""


def _length(value: object) -> object:
    match = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", str(value))
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= low <= high <= 40:
        raise ValueError("expected a number of digits such as 4, or a range such as 4-6 (1 to 40)")
    return (low, high)


class Variable(Section):
    """`from` and `to` bound numbers, money, dates and times. A `plan` variable has a `value` and never
    changes; a `caller` variable is remembered from call to call under the caller's number; all others end
    with the call.
    """

    type: Type
    length: Annotated[tuple[int, int], BeforeValidator(_length, json_schema_input_type=str)] | None = None
    minimum: str = Field("", alias="from")
    maximum: str = Field("", alias="to")
    of: Name | None = Field(None, description="The list whose values it takes; with type list.")
    scope: Scope = "call"
    value: str | None = Field(None, description="Where it starts; of a plan variable what it is.")
    sensitive: YesNo = Field(False, description="Never said, never logged, never recorded, keys included.")

    @model_validator(mode="after")
    def _holds_together(self) -> "Variable":
        if (self.length is not None) != (self.type in LENGTHS):
            raise ValueError("digits and letters need a `length`, such as 4 or 4-6; no other type has one")
        if (self.minimum or self.maximum) and self.type not in RANGES:
            raise ValueError(f"`from` and `to` are for {', '.join(RANGES)}")
        if (self.of is not None) != (self.type == "list"):
            raise ValueError("a list variable needs `of: LIST`; no other type has it")
        if self.scope == "plan" and self.value is None:
            raise ValueError("a plan variable needs its `value`")
        if self.sensitive and self.scope != "call":
            raise ValueError("a sensitive variable lives for one call only; leave out `scope`")
        return self
