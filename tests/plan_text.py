"""Dialplans written in a test as one text, and talking to them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from softswitch.dialplan import plan as plans
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.files.data import ExamplesFile, IntentFile, ListFile, TableFile
from softswitch.dialplan.files.flow import FlowFile
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.parts import Parts
from softswitch.dialplan.plan import Plan
from softswitch.events import Action, Do, Heard, Hypothesis, NoInput, Pressed, Say, TransferFailed

FACTS = {"today": "2026-11-23", "now": "10:00", "trunk": "main", "caller_number": "+442079460000"}
"""A Monday morning."""

REPAIR = """
repair:
  no_input: [I did not hear you., Still nothing.]
  no_match: [I did not get that., Still not.]
  then: give_up
"""
GIVE_UP = """
  ending:
    steps:
      give_up: {say: Sorry. Goodbye., hangup: "yes"}
"""


def plan_of(text: str, human: str | None = "sip:desk@127.0.0.1") -> Plan:
    """The plan of a text with the keys plan, intents, flows, lists, tables and examples. Name, start (the
    step `start`), repair and the step `give_up` are there unless they are given.
    """
    raw: dict[str, Any] = yaml.load(text, yaml.CBaseLoader)
    settings = {"name": "test", "start": "start", **_repair(), **(raw.get("plan") or {})}
    flows = {**raw["flows"], **yaml.load(GIVE_UP, yaml.CBaseLoader)}
    return plans.build(
        Parts(
            Path("/plan"),
            "v1",
            human,
            PlanFile.model_validate(settings),
            {
                name: IntentFile.model_validate(value if "sentences" in value else {"sentences": value})
                for name, value in (raw.get("intents") or {}).items()
            },
            {name: FlowFile.model_validate(value) for name, value in flows.items()},
            {
                name: ListFile.model_validate({"values": value})
                for name, value in raw.get("lists", {}).items()
            },
            {
                name: TableFile.model_validate({"rows": value})
                for name, value in raw.get("tables", {}).items()
            },
            examples={
                name: ExamplesFile.model_validate({"said": value})
                for name, value in raw.get("examples", {}).items()
            },
        )
    )


def _repair() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(REPAIR, yaml.CBaseLoader)
    return found


class Talk:
    """A conversation with a plan: what is done returns what is said, as one text."""

    def __init__(
        self, plan: Plan | str, facts: Mapping[str, str] | None = None, language: str = "", begin: bool = True
    ) -> None:
        self.plan = plan_of(plan) if isinstance(plan, str) else plan
        self.conversation = Conversation(self.plan, {**FACTS, **(facts or {})}, language)
        self.actions: tuple[Action, ...] = self.conversation.start() if begin else ()

    def says(self, text: str, *also: str, sure: float = 0.9, barged_in: bool = False) -> str:
        others = tuple(Hypothesis(other, sure / 2) for other in also)
        self.actions = self.conversation.take(Heard(text, sure, others, barged_in))
        return self.said

    def presses(self, digits: str) -> str:
        self.actions = self.conversation.take(Pressed(digits))
        return self.said

    def silent(self) -> str:
        self.actions = self.conversation.take(NoInput())
        return self.said

    def transfer_fails(self) -> str:
        self.actions = self.conversation.take(TransferFailed(486))
        return self.said

    def cut_off(self) -> str:
        """The call is taken up again by another process."""
        state = self.conversation.dump()
        self.conversation = Conversation(self.plan, FACTS)
        self.actions = self.conversation.resume(state)
        return self.said

    @property
    def said(self) -> str:
        return " ".join(action.text for action in self.actions if isinstance(action, Say))

    @property
    def does(self) -> list[Do]:
        return [action for action in self.actions if isinstance(action, Do)]

    @property
    def end(self) -> str:
        return type(self.actions[-1]).__name__

    @property
    def step(self) -> str:
        return self.conversation.step

    @property
    def context(self) -> Mapping[str, str]:
        return self.conversation.context
