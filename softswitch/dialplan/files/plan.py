"""plan.yaml: who is answered, in which languages, what is known, what is understood everywhere, how failures
are repaired.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from softswitch.dialplan.files.answers import Answers
from softswitch.dialplan.files.kinds import (
    Country,
    Currency,
    Destination,
    Key,
    Language,
    Name,
    OneOrMany,
    Wait,
    YesNo,
)
from softswitch.dialplan.files.ladder import Ladder
from softswitch.dialplan.files.queue import QueueFile
from softswitch.dialplan.files.texts import Prompts, Texts, Words
from softswitch.dialplan.files.variables import Variable
from softswitch.events import BargeIn
from softswitch.values import Section


class Timing(Section):
    """By the names of RFC 6787; what is not given is inherited: step from flow, flow from plan, plan from
    events.Listen.
    """

    no_input_timeout: Wait | None = None
    speech_complete_timeout: Wait | None = None
    speech_incomplete_timeout: Wait | None = None
    interdigit_timeout: Wait | None = None


class Matching(Section):
    """When something counts as understood. At `confidence_threshold` (RFC 6787, 0 to 1) the ear is believed;
    between `confirm_threshold` and that the caller is asked whether he was heard right. Where examples leave
    it open what he meant, he is asked about an intent that is ahead of all others by `confirm_margin`.
    """

    threshold: float = Field(0.75, ge=0.5, le=1)
    margin: float = Field(0.1, ge=0, le=1)
    confidence_threshold: float = Field(0.4, ge=0, le=1)
    confirm_threshold: float = Field(0.25, ge=0, le=1)
    confirm_margin: float = Field(0.1, ge=0, le=1)


class Failure(Section):
    """One way to fail. The first time in a row the first text is said, and so on; the `times`th time leads to
    the step `then`.
    """

    say: Prompts = Prompts()
    times: int = Field(3, ge=1, le=10)
    then: Name | None = Field(None, description="Where it ends; not given, where three strikes end.")


def _failure(value: object) -> object:
    """Texts alone are what is said."""
    if isinstance(value, dict) and value.keys() & {"say", "times", "then"}:
        return value
    return value if value is None else {"say": value}


Failing = Annotated[Failure, BeforeValidator(_failure, json_schema_input_type=Failure | Prompts)]


class Repairs(Section):
    """What may be declared for the plan, a flow or a step; the nearest holds."""

    no_input: Failing | None = Field(None, description="The question stays without an answer.")
    no_match: Failing | None = Field(None, description="What was said or pressed means nothing here.")
    low_confidence: Failing | None = Field(None, description="Asks whether `{heard}` was said.")
    shouting: Failing | None = Field(None, description="Talks over the prompt, and is not understood.")


class Repair(Repairs):
    """Declared once for the plan. `silent` counts silences of a caller who has not said a word yet; `strikes`
    counts failures of every kind in a row, and `then` is where they end.
    """

    no_input: Failing
    no_match: Failing
    silent: Failing | None = None
    strikes: int = Field(3, ge=1, le=10)
    then: Name


class Filler(Section):
    """Said when an answer takes longer than `after`; seldom the same twice in a row."""

    after: Wait = 1.0
    say: Prompts


class Lines(Section):
    """What is said when something outside the flows happens; the language has lines for the others."""

    resumed: Prompts = Prompts()
    no_human: Prompts = Prompts()
    transfer_failed: Prompts = Prompts()
    corrected: Prompts = Prompts()
    returning: Prompts = Prompts()
    position: Prompts = Prompts()
    still_waiting: Prompts = Prompts()


class Universal(Section):
    """Understood at every listen and collect. `on` leads away; `digress` calls a flow and comes back."""

    on: dict[Name, Name] = Field({})
    digress: dict[Name, Name] = Field({})
    dtmf: dict[Key, Name] = Field({})


class When(Section):
    """All that is given must hold."""

    trunk: Annotated[tuple[str, ...], OneOrMany] = ()
    from_: Annotated[tuple[str, ...], OneOrMany] = Field((), alias="from")
    to: Annotated[tuple[str, ...], OneOrMany] = ()
    hours: str = Field("", description="`open` or `not open`, of the plan's named hours.")
    holiday: YesNo | None = None
    attestation: Annotated[tuple[Literal["A", "B", "C", "none", "failed"], ...], OneOrMany] = ()


class Route(Section):
    """Calls that enter the plan: the first route that holds says where and in which language."""

    name: str = ""
    when: When = When()
    start: Name | None = None
    language: Language | None = None
    set: dict[Name, str] = Field({}, description="Variables by value.")


class Prefetch(Section):
    """Looked up when the call arrives. Of a table the row's columns become variables; what an `action` finds
    is there when a step looks the same up.
    """

    table: Name | None = None
    key: Name | None = None
    action: Name | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Prefetch":
        if (self.table is None) == (self.action is None) or (self.table is None) != (self.key is None):
            raise ValueError("expected `table` and `key`, or `action`")
        return self


class Action(Section):
    """Of the kind `queue`, something that `do` promises: it is written down with the turn, and done by a
    worker. Once. Of the kind `lookup`, something that `lookup` asks an integration for: it changes nothing.
    """

    kind: Literal["queue", "lookup"] = "queue"
    arguments: Annotated[tuple[Name, ...], OneOrMany] = ()
    order_by: Name | None = Field(None, description="Actions with the same value of this are done in order.")
    result: Annotated[tuple[Name, ...], OneOrMany] = Field((), description="Variables that the answer fills.")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Action":
        if self.kind == "lookup" and not self.result:
            raise ValueError("a look-up needs `result`: the variables that it fills")
        if self.kind == "lookup" and self.order_by:
            raise ValueError("a look-up has no `order_by`: it changes nothing")
        return self


class Recording(Section):
    """Calls are recorded `always`, `on_demand` (by steps with `record`), or not. Who is recorded was told."""

    mode: Literal["off", "on_demand", "always"] = "off"
    consent: Prompts = Field(Prompts(), description="Said before anything of a call is recorded.")
    started: Prompts = Field(Prompts(), description="Said before a step starts to record; else `consent`.")
    stopped: Prompts = Field(Prompts(), description="Said when a step has stopped the recording.")

    @model_validator(mode="after")
    def _tells(self) -> "Recording":
        if self.mode == "always" and not self.consent:
            raise ValueError("`mode: always` needs `consent`: what callers are told before they are recorded")
        if self.mode == "on_demand" and not (self.consent or self.started):
            raise ValueError("`mode: on_demand` needs `consent` or `started`: what callers are told before")
        return self


class PlanFile(Section):
    """plan.yaml"""

    name: Name
    language: Language | None = Field(None, description="The plan's only language.")
    languages: Annotated[tuple[Language, ...], OneOrMany] = Field((), description="Several; the first first.")
    start: Name
    routes: tuple[Route, ...] = ()
    time_zone: str = "UTC"
    country: Country = Field("", description="How national numbers are read.")
    currency: Currency = Field("", description="How money is said.")
    hours: dict[Name, Annotated[tuple[str, ...], OneOrMany]] = Field({})
    holidays: Annotated[tuple[str, ...], OneOrMany] = ()
    variables: dict[Name, Variable] = Field({})
    prefetch: tuple[Prefetch, ...] = ()
    actions: dict[Name, Action] = Field({})
    rules: dict[Name, Texts] = Field({})
    timing: Timing = Timing()
    barge_in: BargeIn = BargeIn.SPEECH
    backchannel: Words = Words()
    skip_words: Words = Words()
    filler: Filler | None = None
    matching: Matching = Matching()
    universal: Universal = Universal()
    repair: Repair
    lines: Lines = Lines()
    recording: Recording = Recording()
    ladder: Ladder = Ladder()
    answers: Answers | None = Field(None, description="What steps with `answer` need.")
    queues: dict[Name, QueueFile] = Field({}, description="Where callers wait for a person.")
    human: Destination | None = Field(
        None, description="Where `transfer: human` leads, if not where the node says."
    )

    @model_validator(mode="after")
    def _speaks(self) -> "PlanFile":
        if self.language and self.languages:
            raise ValueError("give `language` or `languages`, not both")
        return self

    @property
    def spoken(self) -> tuple[str, ...]:
        """The plan's languages, the first one first."""
        return self.languages or (self.language or "en",)
