"""The files of a dialplan, read and checked, before they are made into a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from softswitch.dialplan.files.data import ExamplesFile, IntentFile, ListFile, TableFile
from softswitch.dialplan.files.flow import FlowFile
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.files.variables import FACTS

ROUTE = "_route"
BEGIN = "_begin"
"""The step where a call begins in the stead of its route's: what that needs is down."""
"""Which route a call came by, counted from 0, among its facts. No variable can have this name."""


@dataclass(frozen=True)
class Parts:
    """By name of their files. `human` is the configured SIP URI for `transfer: human`."""

    folder: Path
    version: str
    human: str | None
    plan: PlanFile
    intents: Mapping[str, IntentFile]
    flows: Mapping[str, FlowFile]
    lists: Mapping[str, ListFile]
    tables: Mapping[str, TableFile]
    knowledge: Mapping[str, str] = field(default_factory=dict)
    """Markdown texts."""
    examples: Mapping[str, ExamplesFile] = field(default_factory=dict)

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """What is known of every call, by type."""
        return {**FACTS, **{f"hours_{name}": "yes_no" for name in self.plan.hours}}

    @cached_property
    def types(self) -> Mapping[str, str]:
        """The type of everything that a condition or a prompt may name."""
        columns = {
            column: "text" for table in self.tables.values() for row in table.rows.values() for column in row
        }
        declared = {name: variable.type for name, variable in self.plan.variables.items()}
        return {**columns, **self.facts, **declared}

    @cached_property
    def sensitive(self) -> frozenset[str]:
        return frozenset(name for name, variable in self.plan.variables.items() if variable.sensitive)

    @cached_property
    def collected(self) -> tuple[str, ...]:
        """The variables that some step asks for."""
        steps = [step for flow in self.flows.values() for step in flow.steps.values()]
        return tuple(dict.fromkeys(name for step in steps if step.collect for name in step.collect.fields))

    @cached_property
    def flow_of(self) -> Mapping[str, str]:
        """The flow of each step."""
        return {step: name for name, flow in self.flows.items() for step in flow.steps}

    @cached_property
    def first_steps(self) -> Mapping[str, str]:
        """The step where each flow is entered."""
        return {name: next(iter(flow.steps)) for name, flow in self.flows.items()}
