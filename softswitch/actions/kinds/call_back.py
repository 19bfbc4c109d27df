"""What a call later takes: whom, for which dialplan, and with what known."""

from typing import Any, Literal

from pydantic import Field

from softswitch.actions.settings import Integration, Name, Retry
from softswitch.actions.templates import Template, parse
from softswitch.values import Duration


class CallBack(Integration):
    """A call to a number, for a dialplan. It is done when somebody has answered; the conversation goes on."""

    kind: Literal["call_back"] = Field(description="This kind.")
    number: Template = Field(
        parse("{number}"), description="Who is called, E.164 or as the plan's country has it."
    )
    plan: Template = Field(
        parse("{plan}"), description="Which dialplan speaks; without, the one that promised."
    )
    context: dict[Name, Template] = Field(
        {},
        max_length=50,
        description="Variables of that plan, and their values; those that are empty are not set.",
    )
    trunk: str = Field("", description="The only trunk to call by.")
    caller_id: str = Field("", description="The number to show.")
    ring_for: Duration = Field(0.0, ge=0, le=120, description="How long it rings; 0: as `dialing` has it.")
    voicemail: Literal["leave", "later"] = Field(
        "leave", description="Where a machine answers: have the plan speak to it, or hang up and call later."
    )
    timeout: Duration = Field(180.0, gt=0, le=300, description="Until somebody has answered, at the most.")
    retry: Retry = Retry(first=300.0, last=3600.0, give_up_after=86_400.0)

    @property
    def fields(self) -> list[Any]:
        templates = (self.number, self.plan, *self.context.values())
        return [field for template in templates for field in template.fields]
