"""Queues of callers who want a person."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from softswitch.values import Duration, Section, shaped

AfterMiss = Literal["available", "pause", "away"]

"""What becomes of an agent who did not take a call."""
WHISPERED = ("caller", "queue", "reason", "said", "waited")
LINKED = ("call_id", "caller", "queue")


def whisper_template(text: str) -> str:
    return _with_known(text, WHISPERED)


def link_template(text: str) -> str:
    _with_known(text, LINKED)
    if text and not re.fullmatch(r"https?://[^\s<>\"]+", text):
        raise ValueError("expected an address such as https://crm.example.com/calls/{call_id}")
    return text


def _with_known(text: str, names: tuple[str, ...]) -> str:
    if unknown := set(re.findall(r"\{(.*?)\}", text)) - set(names):
        raise ValueError(f"unknown {{{min(unknown)}}}; known are {', '.join(names)}")
    return text


class Queue(Section):
    """Where callers wait for a person. A queue that is not named here has all the defaults."""

    open: bool = Field(
        True, description="`no`: nobody is let in, the dialplan goes on as for a closed queue."
    )
    ring_time: Duration = Field(
        20.0, gt=0, le=180, description="An agent's phone rings for so long before the next one is rung."
    )
    offer_at_once: int = Field(
        1, ge=1, le=20, description="Agents that are rung at once for one caller; the first to accept wins."
    )
    relax_after: Duration = Field(
        0.0,
        ge=0,
        description="Who has waited for so long is offered to agents without the skills too; 0: never.",
    )
    most_waiting: int = Field(
        100, ge=1, le=10_000, description="Callers that may wait; for others it is full."
    )
    announce_every: Duration = Field(
        60.0, ge=0, description="Between two times that a caller is told his position and wait; 0: never."
    )
    whisper: Annotated[str, AfterValidator(whisper_template)] = Field(
        "Call from {caller}. {reason}. The caller said: {said}.",
        max_length=500,
        description="What an agent hears before the talk, ten seconds at most: `{caller}`, `{queue}`, "
        "`{reason}`, `{said}` (the last words), `{waited}` (minutes). A sentence with a gap is left out; "
        "empty: none.",
    )
    link: Annotated[str, AfterValidator(link_template)] = Field(
        "",
        max_length=300,
        description="Address of the call's page for the agent's screen; `{call_id}`, `{caller}`, `{queue}` "
        "are put in. It is in the INVITE as Call-Info, and in `agents/NAME/offered`.",
    )
    accept_key: Annotated[str, shaped("[0-9*#]?", "one key, 0-9, * or #, or nothing")] = Field(
        "", description="Key by which an agent takes the call; empty: by answering."
    )
    decline_key: Annotated[str, shaped("[0-9*#]", "one key, 0-9, * or #")] = Field(
        "2", description="Key by which he declines it."
    )
    accept_within: Duration = Field(
        15.0, gt=0, le=120, description="Without a key for so long after the answer the next one is rung."
    )
    wrap_up: Duration = Field(15.0, ge=0, description="After a talk an agent is left alone for so long.")
    no_answer: AfterMiss = Field("away", description="What becomes of an agent who does not answer.")
    busy: AfterMiss = Field("pause", description="Of one whose phone is busy.")
    decline: AfterMiss = Field("pause", description="Of one who declines.")
    failed: AfterMiss = Field("away", description="Of one whose phone cannot be reached.")
    pause: Duration = Field(30.0, ge=1, description="How long such a pause is.")
    call_back_for: Duration = Field(
        14400.0, ge=0, description="A call back that nobody answers is tried again for so long."
    )
    service_level: Duration = Field(
        20.0, gt=0, description="Waits up to here count as in time in the metrics."
    )
