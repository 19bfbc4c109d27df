"""A dialplan while it is read: the parts that are sound, the documents of all, the problems so far."""

from dataclasses import dataclass, field
from typing import Any

from softswitch.dialplan.schema import IntentFile, PlanFile, Step, TableFile
from softswitch.errors import Problem
from softswitch.marked_yaml import Document


@dataclass
class Draft:
    """Documents are kept for unsound parts too: their names exist, and others may refer to them."""

    plan: PlanFile | None = None
    intents: dict[str, IntentFile] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    tables: dict[str, TableFile] = field(default_factory=dict)
    plan_document: Document = field(default_factory=lambda: Document("plan.yaml"))
    intent_documents: dict[str, Document] = field(default_factory=dict)
    step_documents: dict[str, Document] = field(default_factory=dict)
    table_documents: dict[str, Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def step_problem(self, step: str, message: str, *place: str | int) -> Problem:
        """At a place inside the step, or at its name when no place is given."""
        document = self.step_documents[step]
        return document.problem(("steps", step, *place), message, key=not place)


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """The mapping found by going down `keys`, empty when the author wrote something else there."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
