"""Callers who want a person: the plan's queues, and the steps at which callers wait in one and leave it."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.kinds import AUDIO_FILE, Name, OneOrMany, Written, YesNo
from softswitch.dialplan.files.texts import Prompts
from softswitch.values import Section, seconds

OFF = "off"
CALLER = "caller_number"
LONGEST_WAIT_S = 7200.0

Wait = Annotated[
    float, BeforeValidator(seconds, json_schema_input_type=Written), Field(gt=0, le=LONGEST_WAIT_S)
]


def _music(value: object) -> object:
    if not isinstance(value, str) or not (value == OFF or re.fullmatch(AUDIO_FILE, value)):
        raise ValueError("expected a file in the plan's audio folder, such as waltz.wav, or off")
    return value


def _position(value: object) -> object:
    return None if value == OFF else value


Music = Annotated[
    str, BeforeValidator(_music), Field(json_schema_extra={"pattern": rf"^({AUDIO_FILE}|{OFF})$"})
]
Position = Annotated[
    Prompts | None, BeforeValidator(_position, json_schema_input_type=Prompts | Literal["off"])
]


class QueueSettings(Section):
    """How callers wait in a queue; what a step gives holds there instead."""

    skills: Annotated[tuple[Name, ...], OneOrMany] = ()
    same_language: YesNo = Field(False, description="Only who has the skill `en`, `es` … too.")
    priority: int | None = Field(None, ge=-100, le=100, description="Higher is served first; not given: 0.")
    max_wait: Wait | None = Field(None, description="Then nobody comes any more; not given: no bound.")
    most_waiting: int | None = Field(
        None, ge=0, le=10_000, description="So many wait at most; 0, or not given: any number."
    )
    music: Music | None = Field(None, description="Not given: the node's own.")
    position: Position = Field(Prompts(), description="Said from time to time; `off`: never.")


class QueueFile(QueueSettings):
    """One of the plan's queues. Outside of its `hours` it is closed."""

    hours: Name | None = None


class Queue(QueueSettings, Choices):
    """Waits in a queue of the plan for a person, and may ask and choose meanwhile. `on` leaves the queue;
    `digress` keeps the place. `served`: the talk is over; `over`: nobody comes.
    """

    name: Name
    reason: Prompts = Field(Prompts(), description="What the person is told in short.")
    served: Name
    over: Name


class Leave(Section):
    """Waits no longer, by choice: to be called back when it is the caller's turn, or for a message."""

    for_: Literal["call_back", "message"] = Field(alias="for")
    number: Name | None = Field(None, description="Where he is called back; not given: his number.")
    next: Name

    @model_validator(mode="after")
    def _calls_that_number(self) -> "Leave":
        if self.number and self.for_ != "call_back":
            raise ValueError("`number` is for a call back")
        return self
