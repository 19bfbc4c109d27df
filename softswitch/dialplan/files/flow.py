"""flows/NAME.yaml: steps, each something to say and exactly one way on."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from softswitch.dialplan.files.answers import Answer
from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.plan import Repairs, Timing
from softswitch.dialplan.files.queue import Leave, Queue
from softswitch.dialplan.files.texts import (
    Destination,
    Expression,
    Key,
    Language,
    Name,
    Prompts,
    Texts,
    Words,
    Written,
    Yes,
    at,
)
from softswitch.events import BargeIn
from softswitch.values import Section, seconds

MOST_BUDGET_S = 10.0
RESERVED_TARGETS = frozenset({"repeat", "slower", "faster", "back", "restart", "return"})
"""Targets that are no steps: say the last thing again, slower, faster; the question before this one; the
whole call anew; the place that called this flow.
"""


class Listen(Choices):
    """Waits for one of the intents. With `otherwise` the whole vocabulary is listened for, and what means
    none of them leads there: to a step with `answer`, for instance.
    """

    otherwise: Name | None = None


class Ask(Section):
    """One variable of a form: how it is asked for, and what makes it valid."""

    ask: Prompts = Prompts()
    reask: Prompts = Prompts()
    sentences: Texts = Texts()
    valid: Expression | None = None
    invalid: Prompts = Prompts()


class Collect(Choices):
    """Fills one `slot`, or the variables of a `form` in order; a caller may give several at once, and correct
    them. With `confirm` he is asked whether it is right: always, or only when the ear was `unsure`.
    """

    slot: Name | None = None
    form: dict[Name, Ask] = Field({})
    sentences: Texts = Texts()
    valid: Expression | None = None
    invalid: Prompts = Prompts()
    confirm: Prompts = Prompts()
    confirm_when: Literal["always", "unsure"] = "always"
    terminator: Key = "#"
    next: Name

    @model_validator(mode="after")
    def _collects_something(self) -> "Collect":
        if (self.slot is None) == (not self.form):
            raise ValueError("expected `slot`, or `form` with its variables")
        if self.form and (self.valid or self.invalid):
            raise ValueError("in a form each variable has its own `valid` and `invalid`")
        return self

    @property
    def fields(self) -> dict[str, Ask]:
        """By variable: those of the form, or the one slot as a form of one."""
        if self.slot is None:
            return dict(self.form)
        return {self.slot: Ask(valid=self.valid, invalid=self.invalid)}


class Dtmf(Section):
    """Keys alone, speech is not heard: a menu, or a variable that is keyed in."""

    menu: dict[Key, Name] = Field({})
    slot: Name | None = None
    valid: Expression | None = None
    invalid: Prompts = Prompts()
    terminator: Key = "#"
    next: Name | None = None

    @model_validator(mode="after")
    def _is_menu_or_slot(self) -> "Dtmf":
        if (self.slot is None) == (not self.menu):
            raise ValueError("expected `menu`, or `slot` and `next`")
        if (self.slot is None) != (self.next is None):
            raise ValueError("`slot` needs `next`; a menu has none")
        return self


Budget = Annotated[
    float, BeforeValidator(seconds, json_schema_input_type=Written), Field(ge=0, le=MOST_BUDGET_S)
]
"""How long a caller is kept waiting."""


class Lookup(Section):
    """Finds the row of `table` under the value of `key`; its columns become variables. Or has an integration
    look up an `action` of the plan's catalogue, of kind `lookup`; its `result` becomes variables. What is not
    there `within` the time is `late`.
    """

    table: Name | None = None
    key: Name | None = None
    action: Name | None = None
    within: Budget | None = None
    found: Name
    not_found: Name
    late: Name | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Lookup":
        if (self.table is None) == (self.action is None) or (self.table is None) != (self.key is None):
            raise ValueError("expected `table` and `key`, or `action`")
        if (self.action is None) != (self.late is None):
            raise ValueError(
                "`action` needs `late`, where it goes on without an answer; a table is never late"
            )
        if self.table and self.within is not None:
            raise ValueError("a table is never late: leave `within` out")
        return self


class Do(Section):
    """Promises an action of the plan's catalogue, with what its arguments' variables hold now. With `within`
    it is tried at once, and the call goes on by what is true then: it is `done`, it is `noted` and will be
    done, or it is `refused` and never can be.
    """

    action: Name
    next: Name | None = None
    within: Budget | None = None
    done: Name | None = None
    noted: Name | None = None
    refused: Name | None = None

    @model_validator(mode="after")
    def _goes_on(self) -> "Do":
        ways = (self.done, self.noted, self.refused)
        if self.within is None and (self.next is None or any(ways)):
            raise ValueError("expected `next`; or `within` with `done`, `noted` and `refused`")
        if self.within is not None and (self.next or not all(ways)):
            raise ValueError("with `within` expected `done`, `noted` and `refused`, and no `next`")
        return self

    @property
    def ways(self) -> dict[str, str]:
        """Where it goes on, by what came of it; nothing without `within`."""
        ways = {"done": self.done, "noted": self.noted, "refused": self.refused}
        return {outcome: target for outcome, target in ways.items() if target}


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
        if self.record and ways[0] in SPEAKING:
            raise at(["record"], f"`record` stands in a step of its own, with `next`; found {ways[0]}")
        if not self.say and ways[0] in SPEAKING and not (self.collect and self.collect.form):
            raise ValueError(f"a step with {ways[0]} needs `say`: the caller must never hear nothing")
        return self

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
