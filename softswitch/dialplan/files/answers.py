"""Answers beyond the dialplan's own words: `answers` of plan.yaml, and the way `answer` of a step."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from softswitch.dialplan.files.kinds import Name, OneOrMany, Written
from softswitch.values import DAY, Duration, Section, seconds

LONGEST = 20_000


class Answer(Section):
    """Answers what the caller has just said, from what is remembered or by a thought of a language model, and
    goes on at `next`. `unknown`: nobody knows the answer; `failed`: it could not be had, or broke off. `do`:
    where it leads when the model finds that the caller wants an action of the plan instead; what he said of
    its arguments is set by then.
    """

    next: Name
    unknown: Name
    failed: Name | None = Field(None, description="Not given, where `unknown` leads.")
    do: dict[Name, Name] = Field({}, max_length=20, description="Steps by action.")


def _remember(value: object) -> object:
    return {"no": 0, "off": 0}.get(value, value) if isinstance(value, str) else value


class Answers(Section):
    """How questions are answered that the plan has no words for: from `instructions`, and from the Markdown
    files of the plan's folder `knowledge`.
    """

    model: Name = Field("main", description="A model of the node's `llm`.")
    instructions: str = Field("", max_length=LONGEST, description="Who speaks, for whom, and how.")
    tools: Annotated[tuple[Name, ...], OneOrMany] = Field(
        (), max_length=20, description="Actions of the plan, of kind `lookup`, that the model may ask for."
    )
    remember: Annotated[Duration, BeforeValidator(_remember)] = Field(
        30 * DAY, ge=0, description="Answers are given again for so long; `no`: never."
    )
    reuse: Literal["all", "approved"] = Field(
        "all", description="Which remembered answers are given: all, or those that a person has approved."
    )
    longest: int = Field(60, ge=10, le=300, description="Words of an answer.")
    forbidden: Annotated[tuple[str, ...], OneOrMany] = Field(
        (), max_length=200, description="Words and phrases that no answer may speak of."
    )
    hedge_after: Duration = Field(0.0, ge=0, description="Ask a second time when nothing came for so long.")
    at_once: int = Field(20, ge=1, le=1000, description="Requests of this plan under way at once.")
    warm: Annotated[float, BeforeValidator(seconds, json_schema_input_type=Written)] = Field(
        0.0,
        ge=0,
        le=DAY / 2,
        description="So long before the first of the plan's `hours` of a day begins, what callers asked "
        "before is asked ahead.",
    )
