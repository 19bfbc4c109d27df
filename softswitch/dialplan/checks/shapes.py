"""Where in a dialplan's files names stand, and of what kind each is."""

from collections.abc import Mapping
from typing import Any

KEYS, VALUES = "the keys", "the values"
"""Of a mapping whose keys an author chooses."""

Shape = Mapping[str, Any] | str
"""What kind of name stands where: by key, down to the kind. Of a list every item has the shape."""

REPAIRS: Mapping[str, Shape] = {
    kind: {"then": "step"} for kind in ("no_input", "no_match", "low_confidence", "shouting", "silent")
}
CHOICES: Mapping[str, Shape] = {
    "on": {KEYS: "intent", VALUES: "target"},
    "digress": {KEYS: "intent", VALUES: "flow"},
}
STEP: Shape = {
    **REPAIRS,
    "set": {KEYS: "settable variable"},
    "listen": {**CHOICES, "otherwise": "target"},
    "collect": {**CHOICES, "slot": "settable variable", "form": {KEYS: "settable variable"}, "next": "step"},
    "dtmf": {"slot": "settable variable", "next": "step"},
    "lookup": {
        "table": "table",
        "key": "variable",
        "action": "look-up action",
        "found": "step",
        "not_found": "step",
        "late": "step",
    },
    "do": {"action": "queue action", "next": "step", "done": "step", "noted": "step", "refused": "step"},
    "answer": {
        "next": "step",
        "unknown": "step",
        "failed": "step",
        "do": {KEYS: "queue action", VALUES: "step"},
    },
    "if": {"then": "step"},
    "then": "step",
    "else": "step",
    "call": "flow",
    "language": "language",
    "transfer": {"failed": "step"},
    "queue": {**CHOICES, "name": "queue", "served": "step", "over": "step"},
    "leave": {"number": "variable", "next": "step"},
    "next": "step",
}
PLAN: Shape = {
    "start": "step",
    "routes": {"start": "step", "language": "language", "set": {KEYS: "settable variable"}},
    "variables": {VALUES: {"of": "list"}},
    "prefetch": {"table": "table", "key": "variable", "action": "look-up action"},
    "actions": {VALUES: {"arguments": "variable", "order_by": "variable", "result": "settable variable"}},
    "answers": {"tools": "look-up action"},
    "universal": CHOICES,
    "repair": {**REPAIRS, "then": "step"},
    "ladder": {
        "lookups": {KEYS: "look-up action"},
        **{each: {"then": "step"} for each in ("recogniser", "synthesiser", "sql", "mqtt")},
    },
}
SHAPES: Mapping[str, Shape] = {
    "plan": PLAN,
    "flows": {"repair": REPAIRS, "steps": {VALUES: STEP}},
    "examples": {"answered_by": "intent"},
}
NAMED_IN: Mapping[str, frozenset[str]] = {
    "plan": frozenset(
        {"variable", "settable variable", "queue action", "look-up action", "queue", "language", "target"}
    ),
    "flows": frozenset({"step", "target"}),
    "tables": frozenset({"variable"}),
    "intents": frozenset(),
    "lists": frozenset(),
    "examples": frozenset(),
}
"""Kinds of names that stand in a kind of file: where one cannot be read, what it names is not known."""
