"""Tests of a dialplan: conversations, turn by turn, with what is expected after each.

Each file maps a scenario's name to its turns; a scenario that depends on who calls when says so under `call`.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, RootModel, model_validator

from softswitch.dialplan.files.kinds import Keys, Language, Name, OneOrMany, Yes
from softswitch.dialplan.files.queue import Wait
from softswitch.values import Section

INPUTS = ("says", "interrupts", "presses", "silent", "failed", "queue", "person")
EXPECTED = (
    "step",
    "intent",
    "slots",
    "said",
    "not_said",
    "context",
    "actions",
    "ends",
    "language",
    "recording",
    "waits",
    "leaves",
)


def _at(value: object) -> object:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a date and time such as 2026-11-23 14:30") from None


class Call(Section):
    """The call as it arrives; `at` is local time in the plan's zone, `remembered` are caller variables."""

    trunk: str = ""
    from_: str = Field("", alias="from")
    to: str = ""
    at: Annotated[datetime, BeforeValidator(_at, json_schema_input_type=str)] = datetime(2026, 1, 7, 10, 0)
    answered_by: Literal["", "person", "voicemail"] = ""
    called_back: Name | Literal[""] = Field("", description="The queue in which he waited, in a call back.")
    remembered: dict[Name, str] = Field({})


class Expected(Section):
    """An action that must have been promised, with these of its arguments."""

    action: Name
    arguments: dict[Name, str] = Field({})


class Place(Section):
    """What a caller who waits is told: his place, and how long it is likely to take."""

    position: int = Field(ge=1)
    wait: Wait | None = None


WrittenActions = Name | Expected | list[Name | Expected]


def _expected(value: object) -> object:
    many = value if isinstance(value, list) else [value]
    return [{"action": item} if isinstance(item, str) else item for item in many]


class Turn(Section):
    """What the caller does, at most one of these, and what then must hold. A first turn without doing expects
    something of the greeting.

    `interrupts` is speech into a prompt that is still playing. `also` are the ear's second guesses, `sure`
    its confidence. `failed` is the SIP status of a transfer. `queue` is what one who waits is told: his
    place, or why nobody comes; with `person` the talk with a person is over. `said` are parts of the answer,
    in order. `waits` is the queue that he is in then, or `no`; `leaves` how he left one.
    """

    says: str | None = None
    interrupts: str | None = None
    also: Annotated[tuple[str, ...], OneOrMany] = ()
    sure: float = Field(0.9, ge=0, le=1)
    presses: Keys | None = None
    silent: Yes | None = None
    failed: int | None = Field(None, ge=300, le=699)
    queue: Place | Literal["closed", "empty", "full", "waited"] | None = None
    person: Literal["leaves", "gives_back", "is_lost"] | None = None
    step: Name | None = None
    intent: Name | Literal["none"] | None = None
    slots: dict[Name, str] | None = None
    said: Annotated[tuple[str, ...], OneOrMany] = ()
    not_said: Annotated[tuple[str, ...], OneOrMany] = ()
    context: dict[Name, str | None] = Field({}, description="Nothing after the colon: not set.")
    actions: Annotated[
        tuple[Expected, ...] | None, BeforeValidator(_expected, json_schema_input_type=WrittenActions | None)
    ] = None
    ends: Literal["hangup", "transfer", "no"] | None = None
    language: Language | None = None
    recording: Literal["on", "off", "paused"] | None = None
    waits: Name | None = None
    leaves: Literal["call_back", "message", "changed_mind"] | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "Turn":
        done = [name for name in INPUTS if getattr(self, name) is not None]
        if len(done) > 1:
            raise ValueError(f"expected one of {', '.join(INPUTS)}; found {' and '.join(done)}")
        return self

    @property
    def does(self) -> str:
        """Which of INPUTS the caller does, "" when nothing."""
        return next((name for name in INPUTS if getattr(self, name) is not None), "")


class Act(Section):
    """What comes of an action that the plan waits for, and what came back."""

    outcome: Literal["done", "noted", "refused", "found", "not_found", "late"]
    result: dict[Name, str] = Field({})


def _act(value: object) -> object:
    return value if isinstance(value, dict) else {"outcome": value}


Outcome = Annotated[Act, BeforeValidator(_act, json_schema_input_type=Act | str)]


def _scenario(value: object) -> object:
    return {"turns": value} if isinstance(value, list) else value


class Scenario(Section):
    """`acts` says what comes of actions that the plan waits for; else promises are noted, look-ups late."""

    call: Call = Call()
    acts: dict[Name, Outcome] = Field({})
    turns: tuple[Turn, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _someone_does_something(self) -> "Scenario":
        if any(not turn.does for turn in self.turns[1:]):
            raise ValueError(f"every turn but the first needs one of {', '.join(INPUTS)}")
        return self


class ScenarioFile(
    RootModel[
        dict[
            str, Annotated[Scenario, BeforeValidator(_scenario, json_schema_input_type=Scenario | list[Turn])]
        ]
    ]
):
    """tests/dialplans/PLAN/NAME.yaml"""
