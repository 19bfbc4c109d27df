"""`ladder` of plan.yaml: how long callers' answers may take, and what is not asked for a while."""

from pydantic import Field

from softswitch.values import Duration, Section


class Tripping(Section):
    """When a language model is not asked any more, and when it is tried again."""

    slow: Duration | None = Field(
        None, gt=0, description="Where every tenth reply begins later; not given, as the node's `llm` says."
    )
    failures: float = Field(0.5, gt=0, le=1, description="Or where this share of requests fails.")
    least: int = Field(5, ge=1, le=1000, description="Of so many requests, at least.")
    window: Duration = Field(10.0, gt=0, le=600, description="Within this time.")
    again_after: Duration = Field(2.0, gt=0, le=600, description="It is tried again after this time.")
    good: int = Field(2, ge=1, le=100, description="After so many good replies it is asked as before.")


class Ladder(Section):
    """What counts as late or down in the calls of this plan. What comes then is said where it is asked for:
    `failed` of an answer, `late` of a look-up, `then` of `repair`, which should lead to a person.
    """

    answer_timeout: Duration = Field(
        4.0, gt=0, le=60, description="An answer that has not begun by then fails; fillers are heard before."
    )
    recogniser: Duration = Field(
        1.5, gt=0, le=30, description="An ear that takes longer at the end of speech has understood nothing."
    )
    synthesiser: Duration = Field(
        2.0,
        gt=0,
        le=30,
        description="A voice that takes longer for a text fails, and the call goes on at `then`.",
    )
    llm: Tripping = Tripping()
