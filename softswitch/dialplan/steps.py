"""A plan's steps as the interpreter walks them: everything looked up, parsed and inherited beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from softswitch.dialplan.expressions import Expression
from softswitch.dialplan.prompts import Script
from softswitch.events import BargeIn, Listen, Record, Say

Kind = Literal["no_input", "silent", "no_match", "shouting", "low_confidence"]
"""What can go wrong at a question."""
KINDS: tuple[Kind, ...] = ("no_input", "silent", "no_match", "shouting", "low_confidence")


class Way(NamedTuple):
    """Where an intent or a key leads: to a step, or (`digressed`) into a flow and back."""

    target: str
    digressed: bool
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """What is said at each failure of one kind in a row, and where the `times`th leads."""

    say: Script
    times: int
    then: str


@dataclass(frozen=True, slots=True)
class Field:
    """A variable that a question collects. `ask` and `reask` are what is said for it at first and again."""

    name: str
    ask: Script
    reask: Script
    valid: Expression | None
    invalid: Script
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a step understands.

    `ways` by intent; `keys` by telephone key; `names` are those under which Sentences knows what is listened
    for, by the variable that is asked for ("" for none) and whether a yes is waited for. With `opening` the
    step's `say` asks first; a form without asks for its first variable. What means nothing leads to
    `otherwise`, "" for nowhere.
    """

    ways: Mapping[str, Way]
    keys: Mapping[str, Way]
    names: Mapping[tuple[str, bool], frozenset[str]]
    fields: tuple[Field, ...]
    by_name: Mapping[str, Field]
    opening: bool
    confirm: Script
    always: bool
    next: str
    speech: bool
    sensitive: bool
    otherwise: str
    listen: Callable[[str, str, bool], Listen]
    """By language, and as `names` are."""


@dataclass(frozen=True, slots=True)
class Branch:
    when: Expression
    then: str


@dataclass(frozen=True, slots=True)
class Do:
    """`order_by` is the variable whose value orders the actions, "" for none."""

    action: str
    arguments: tuple[str, ...]
    order_by: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a step waits for: what comes of the action that it promises, or of looking something up.

    `ways` by what Acted may say; `result` are the variables that it may fill, all of them where something was
    found. `filler` by language.
    """

    action: str
    arguments: tuple[str, ...]
    look_up: bool
    within: float
    ways: Mapping[str, str]
    result: tuple[str, ...]
    filler_after: float
    filler: Mapping[str, tuple[Say, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where it goes on without an answer, and, by action, with what is to be done instead; with one, at the
    step's `next`.
    """

    unknown: str
    failed: str
    do: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lookup:
    table: Mapping[str, Mapping[str, str]]
    key: str
    found: str
    not_found: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """`uri` is None when there is nobody to transfer to."""

    uri: str | None
    failed: str


@dataclass(frozen=True, slots=True)
class Queue:
    """`hours` is the fact that says whether it is open, "" where it always is; `music` that of Listen;
    `position` is None where no position is told. See waiting.Enqueue.
    """

    name: str
    skills: tuple[str, ...]
    same_language: bool
    priority: int
    max_wait: float
    most_waiting: int
    hours: str
    music: str | None
    position: Script | None
    reason: Script
    served: str
    over: str


@dataclass(frozen=True, slots=True)
class Leave:
    """`number` is the variable that holds where to call back, "" for the number of the far end."""

    how: Literal["call_back", "message"]
    number: str


@dataclass(frozen=True, slots=True)
class Step:
    """`next` is where it goes on by itself; which of the others is set is its way on. `call` is the first
    step of the flow that it calls.
    """

    name: str
    flow: str
    barge_in: BargeIn
    sets: tuple[tuple[str, Expression], ...]
    say: Script
    reprompt: Script
    failings: Mapping[Kind, Failing]
    next: str = ""
    question: Question | None = None
    branches: tuple[Branch, ...] = ()
    call: str = ""
    do: Do | None = None
    lookup: Lookup | None = None
    awaited: Awaited | None = None
    answer: Answer | None = None
    language: str = ""
    record: Record | None = None
    transfer: Transfer | None = None
    queue: Queue | None = None
    leave: Leave | None = None
    hangup: bool = False
    returns: bool = False
