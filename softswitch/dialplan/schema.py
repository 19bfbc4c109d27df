"""The dialplan language: what plan.yaml, intents/*.yaml, flows/*.yaml and tables/*.yaml may hold."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from softswitch.config import Duration, Section, sip_uri
from softswitch.dialplan import prompts, templates
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.spoken import normalise
from softswitch.events import BargeIn

RESERVED_TARGETS = frozenset({"repeat", "back"})
"""Targets that are no steps: say the last thing again; return to the question before this one."""


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError("expected a name of small letters, digits and _, for instance opening_hours")
    return text


def _key(text: str) -> str:
    if not re.fullmatch(r"[0-9*#A-D]", text):
        raise ValueError("expected one telephone key: 0-9, '*', '#' or A-D")
    return text


def _one_or_many(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not value:
        raise ValueError("expected a text, or a list of texts")
    return tuple(value)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"expected one of: {', '.join(LANGUAGES)}")
    return text


def _length(value: object) -> object:
    match = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", str(value))
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= low <= high <= 40:
        raise ValueError("expected a number of digits such as 4, or a range such as 4-6 (1 to 40)")
    return (low, high)


def _destination(text: str) -> str:
    return text if text == "human" else sip_uri(text)


def _words(text: str) -> str:
    if not (words := normalise(text)):
        raise ValueError("expected words")
    return words


def _template(text: str) -> str:
    templates.expand(text)
    return text


Name = Annotated[str, AfterValidator(_name)]
Key = Annotated[str, AfterValidator(_key)]
Prompt = Annotated[str, AfterValidator(prompts.check)]
Prompts = Annotated[tuple[Prompt, ...], BeforeValidator(_one_or_many)]
Words = Annotated[tuple[Annotated[str, AfterValidator(_words)], ...], BeforeValidator(_one_or_many)]
Sentences = Annotated[tuple[Annotated[str, AfterValidator(_template)], ...], BeforeValidator(_one_or_many)]
Wait = Annotated[Duration, Field(gt=0, le=120)]


class Timing(Section):
    """By the names of RFC 6787; what is not given is inherited (step from plan, plan from events.Listen)."""

    no_input_timeout: Wait | None = None
    speech_complete_timeout: Wait | None = None
    speech_incomplete_timeout: Wait | None = None
    interdigit_timeout: Wait | None = None


class Matching(Section):
    """What counts as understood: see grammar.py, and RFC 6787 for `confidence_threshold` (0 to 1)."""

    threshold: float = Field(0.75, ge=0.5, le=1)
    margin: float = Field(0.1, ge=0, le=1)
    confidence_threshold: float = Field(0.4, ge=0, le=1)


class Repair(Section):
    """Declared once for the plan: what is said at each failure in a row, and where the last leads."""

    no_input: Prompts
    no_match: Prompts
    strikes: int = Field(3, ge=1, le=10)
    then: Name


class Lines(Section):
    """What is said when something outside the flows happens."""

    resumed: Prompt
    no_human: Prompt
    transfer_failed: Prompt


class Universal(Section):
    """Understood at every listen and collect."""

    on: dict[Name, Name] = Field({})
    dtmf: dict[Key, Name] = Field({})


class Slot(Section):
    type: Literal["digits"]
    length: Annotated[tuple[int, int], BeforeValidator(_length)]

    def fits(self, digits: str) -> bool:
        return self.length[0] <= len(digits) <= self.length[1]


class PlanFile(Section):
    """plan.yaml"""

    name: Name
    language: Annotated[str, AfterValidator(_language)] = "en"
    start: Name
    timing: Timing = Timing()
    barge_in: BargeIn = BargeIn.SPEECH
    backchannel: Words = ()
    skip_words: Words = ()
    matching: Matching = Matching()
    slots: dict[Name, Slot] = Field({})
    universal: Universal = Universal()
    repair: Repair
    lines: Lines


class IntentFile(Section):
    """intents/NAME.yaml"""

    sentences: Sentences


class TableFile(Section):
    """tables/NAME.yaml: rows by key; every row gives the same columns, which become variables."""

    rows: dict[str, dict[Name, str]]


class Listen(Section):
    on: dict[Name, Name]
    dtmf: dict[Key, Name] = Field({})


class Collect(Section):
    """Digits, spoken or keyed. The terminator ends keying; `sentences` say more than the digits alone."""

    slot: Name
    sentences: Sentences = ()
    terminator: Key = "#"
    on: dict[Name, Name] = Field({})
    dtmf: dict[Key, Name] = Field({})
    next: Name


class Lookup(Section):
    table: Name
    key: Name
    found: Name
    not_found: Name


class Transfer(Section):
    """`to` is `human` (from the configuration) or a SIP URI; `failed` is where a failed one goes on."""

    to: Annotated[str, AfterValidator(_destination)]
    failed: Name


class Step(Section):
    """Something to say, and exactly one way on."""

    say: Prompts = ()
    reprompt: Prompts = ()
    barge_in: BargeIn | None = None
    backchannel: Words | None = None
    timing: Timing = Timing()
    no_input: Prompts = ()
    no_match: Prompts = ()
    listen: Listen | None = None
    collect: Collect | None = None
    lookup: Lookup | None = None
    transfer: Transfer | None = None
    hangup: Literal[True] | None = None
    next: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("expected the keys of a step, for instance `say:` and `next:`")
        return value | {"hangup": True} if value.get("hangup") in ("yes", "true") else value

    @model_validator(mode="after")
    def _goes_on_one_way(self) -> "Step":
        ways = [name for name in WAYS if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError(
                f"expected exactly one of {', '.join(WAYS)}; found {' and '.join(ways) or 'none'}"
            )
        if not self.say and ways[0] not in ("lookup", "next"):
            raise ValueError(f"a step with {ways[0]} needs `say`: the caller must never hear nothing")
        return self

    @property
    def ear(self) -> Listen | Collect | None:
        return self.listen or self.collect

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that may be said in this step."""
        return self.say + self.reprompt + self.no_input + self.no_match


WAYS = ("listen", "collect", "lookup", "transfer", "hangup", "next")


class FlowFile(Section):
    """flows/NAME.yaml; the names of steps are the plan's, not the file's."""

    steps: dict[Name, Step]
