"""`ladder` of plan.yaml: what counts as late or down in the calls of a plan, and where they go then."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from softswitch.dialplan.files.kinds import Name
from softswitch.values import Duration, Section


class Tripping(Section):
    """When something is not asked any more, and when it is tried again."""

    slow: Duration | None = Field(
        None, gt=0, description="What every tenth answer takes longer; not given, what the node says of it."
    )
    failures: float = Field(0.5, gt=0, le=1, description="Or where this share of requests fails.")
    least: int = Field(
        5, ge=1, le=1000, description="Of so many requests, at least; or the latest so many, all of them."
    )
    window: Duration = Field(10.0, gt=0, le=600, description="Within this time.")
    again_after: Duration = Field(2.0, gt=0, le=600, description="It is tried again after this time.")
    good: int = Field(2, ge=1, le=100, description="After so many good answers it is asked as before.")


class Engine(Tripping):
    """The ear or the voice: one text or one utterance at a time is waited for, for `slow` at the most."""

    slow: Duration = Field(
        2.0, gt=0, le=30, description="A call waits no longer for it: what takes longer has failed."
    )
    then: Name | None = Field(None, description="Where calls begin while it is down; else as ever.")


def _engine(value: Any) -> Any:
    return value if isinstance(value, dict | Engine) else {"slow": value}


class Ear(Engine):
    """The recogniser. In calls that are up, what is not understood leads on as `repair` says."""

    slow: Duration = Field(
        1.2, gt=0, le=30, description="At the end of speech; what takes longer has not been understood."
    )


class Away(Section):
    """What calls need only now and then: it goes on without, and may begin elsewhere meanwhile."""

    down: Duration = Field(3.0, gt=0, le=600, description="Away for so long, it counts as down.")
    again_after: Duration = Field(3.0, gt=0, le=600, description="Back for so long, it counts as well.")
    then: Name | None = Field(None, description="Where calls begin while it is down; else as ever.")


class Control(Section):
    """The node without its control process: its gateway has the calls hear the node's `survival.line`."""

    transfer_after: Duration | None = Field(
        None, gt=0, description="Then it transfers them to `human`; not given, as the node's `survival` says."
    )
    give_up_after: Duration | None = Field(None, gt=0, description="Then it ends them; the same.")


class Ladder(Section):
    """What counts as late or down in the calls of this plan. What comes then is said where it is asked for:
    `failed` of an answer, `late` of a look-up, `then` of `repair`, which should lead to a person.
    """

    answer_timeout: Duration = Field(
        4.0, gt=0, le=60, description="An answer that has not begun by then fails; fillers are heard before."
    )
    llm: Tripping = Tripping()
    lookups: dict[Name, Tripping] = Field({}, description="The same for look-ups of `actions`, by name.")
    recogniser: Annotated[Ear, BeforeValidator(_engine, json_schema_input_type=Duration | Ear)] = Ear()
    synthesiser: Annotated[Engine, BeforeValidator(_engine, json_schema_input_type=Duration | Engine)] = (
        Engine()
    )
    sql: Away = Away()
    mqtt: Away = Away()
    control: Control = Control()
