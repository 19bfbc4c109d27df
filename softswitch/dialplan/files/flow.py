"""flows/NAME.yaml: steps, each something to say and exactly one way on."""

from typing import Literal

from pydantic import Field, model_validator

from softswitch.dialplan.files.answers import Answer
from softswitch.dialplan.files.asking import Collect, Dtmf, Listen
from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.doing import Do, Lookup
from softswitch.dialplan.files.kinds import Destination, Expression, Language, Name, Yes
from softswitch.dialplan.files.placing import at
from softswitch.dialplan.files.plan import Repairs, Timing
from softswitch.dialplan.files.queue import Leave, Queue
from softswitch.dialplan.files.texts import Prompts, Words
from softswitch.events import BargeIn
from softswitch.values import Section

RESERVED_TARGETS = frozenset({"repeat", "slower", "faster", "back", "restart", "return"})
"""Targets that are no steps: say the last thing again, slower, faster; the question before this one; the
whole call anew; the place that called this flow.
"""


class Branch(Section):
    when: Expression
    then: Name


class Transfer(Section):
    """`to` is `human` (from the configuration) or a SIP URI; `failed` is where a failed one goes on."""

    to: Destination
    failed: Name


def _branches(value: object) -> object:
    return value if isinstance(value, list) else [value]


class Step(Repairs):
    """Something to say, and exactly one way on. `if` is one expression with `then`, or a list of `when` and
    `then`; both need `else`. `set` gives variables values before anything is said.
    """

    set: dict[Name, Expression] = Field({})
    say: Prompts = Prompts()
    reprompt: Prompts = Prompts()
    barge_in: BargeIn | None = None
    backchannel: Words | None = None
    timing: Timing = Timing()
    listen: Listen | None = None
    collect: Collect | None = None
    dtmf: Dtmf | None = None
    lookup: Lookup | None = None
    do: Do | None = None
    answer: Answer | None = None
    if_: tuple[Branch, ...] | None = Field(None, alias="if")
    else_: Name | None = Field(None, alias="else")
    call: Name | None = Field(None, description="A flow; when it returns, `next` follows.")
    language: Language | None = Field(None, description="Spoken from here on.")
    record: Literal["start", "stop", "pause", "resume"] | None = Field(
        None, description="What becomes of the recording."
    )
    transfer: Transfer | None = None
    queue: Queue | None = None
    leave: Leave | None = None
    hangup: Yes | None = None
    return_: Yes | None = Field(None, alias="return")
    next: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_branch_is_a_list(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("expected the keys of a step, for instance `say:` and `next:`")
        if isinstance(value.get("if"), str):
            value = dict(value)
            value["if"] = [{"when": value["if"], "then": value.pop("then", None)}]
        return value

    @model_validator(mode="after")
    def _goes_on_one_way(self) -> "Step":
        if (self.if_ is None) != (self.else_ is None):
            raise ValueError("`if` and `else` need each other")
        if self.call is not None and self.next is None:
            raise ValueError("`call` needs `next`: where to go on when the flow returns")
        ways = [name for name, field in WAYS.items() if getattr(self, field) is not None]
        if self.call is not None:
            ways.remove("next")
        if len(ways) != 1:
            found = " and ".join(ways) or "none"
            raise at(ways[-1:], f"expected exactly one of {', '.join(WAYS)}; found {found}")
        if ways[0] in SPEAKING:
            self._speaks_first(ways[0])
        return self

    def _speaks_first(self, way: str) -> None:
        if self.record:
            raise at(["record"], f"`record` stands in a step of its own, with `next`; found {way}")
        if not self.say and not (self.collect and self.collect.form):
            raise ValueError(f"a step with {way} needs `say`: the caller must never hear nothing")

    @property
    def hears(self) -> bool:
        """Whether the caller's turn comes here."""
        return bool(self.listen or self.collect or self.dtmf or self.queue)

    @property
    def choices(self) -> Choices | None:
        """What may be said or pressed here; None where only keys are heard, or nothing."""
        return self.listen or self.collect or self.queue

    @property
    def choosing(self) -> str:
        """The key under which its choices stand, "" where it has none."""
        return next((key for key in ("listen", "collect", "queue") if getattr(self, key)), "")


WAYS = {
    "listen": "listen",
    "collect": "collect",
    "dtmf": "dtmf",
    "lookup": "lookup",
    "do": "do",
    "answer": "answer",
    "if": "if_",
    "call": "call",
    "transfer": "transfer",
    "queue": "queue",
    "leave": "leave",
    "hangup": "hangup",
    "return": "return_",
    "next": "next",
}
"""The ways on, as the author writes them, with the field of each."""
SPEAKING = ("listen", "collect", "dtmf", "transfer", "queue", "hangup")
"""Where something must be said."""


class FlowFile(Section):
    """Steps' names are the plan's, not the file's; the first step is where `call` and `digress` enter."""

    timing: Timing = Timing()
    repair: Repairs = Repairs()
    steps: dict[Name, Step] = Field(min_length=1)
