"""How long it takes to check a plan of a thousand steps, 500 intents and 5,000 sentences."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from figures.dialplan_plan import intents
from figures.figure import Measurement, Spec, Workshop
from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError

STEPS = 1_000
FLOWS = 25
LISTENED = 12
"""Intents at one question besides the universal ones; over all questions every intent has its turn."""
ROUNDS = 5

PLAN: Mapping[str, Any] = {
    "name": "large",
    "country": "GB",
    "start": "step_0",
    "variables": {
        "reference": {"type": "digits", "length": 6},
        "day": {"type": "date"},
        "amount": {"type": "money", "from": "1.00", "to": "999.00"},
    },
    "actions": {"note": {"arguments": ["reference", "amount"]}},
    "universal": {
        "on": {"human": "person", "goodbye": "farewell"},
        "digress": {"help": "help"},
        "dtmf": {"0": "human"},
    },
    "repair": {
        "no_input": "I did not hear anything.",
        "no_match": ["Sorry, I did not get that.", "Sorry, I still do not understand."],
        "then": "farewell",
    },
}
END: Mapping[str, Any] = {
    "person": {"say": "One moment please.", "transfer": {"to": "human", "failed": "farewell"}},
    "farewell": {"say": "Thank you for calling. Goodbye.", "hangup": "yes"},
}
HELP: Mapping[str, Any] = {"explain": {"say": "You can ask for anything that we do.", "return": "yes"}}


def write(folder: Path) -> Path:
    """The plan's folder: every seventh step asks, fills a form, compares, promises, tells and goes on."""
    names = list(intents())
    _put(folder / "plan.yaml", PLAN)
    _put(folder / "flows/end.yaml", {"steps": END})
    _put(folder / "flows/help.yaml", {"steps": HELP})
    steps = {f"step_{number}": _step(number, names) for number in range(STEPS - len(END) - len(HELP))}
    each = -(-len(steps) // FLOWS)
    for flow in range(FLOWS):
        part = dict(list(steps.items())[flow * each : (flow + 1) * each])
        _put(folder / f"flows/part_{flow}.yaml", {"steps": part})
    for name, sentences in intents().items():
        _put(folder / f"intents/{name}.yaml", {"sentences": list(sentences)})
    return folder


def _put(path: Path, value: Mapping[str, Any]) -> None:
    """One key a line, as authors write; JSON is YAML too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_lines(value, "")) + "\n", encoding="utf-8")


def _lines(value: Mapping[str, Any], indent: str) -> list[str]:
    found: list[str] = []
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            found += [f"{indent}{json.dumps(key)}:", *_lines(inner, indent + "  ")]
        else:
            found.append(f"{indent}{json.dumps(key)}: {json.dumps(inner)}")
    return found


def _step(number: int, names: Sequence[str]) -> dict[str, Any]:
    """Seven kinds of steps in turn."""
    here, following = number // 7, f"step_{(number + 1) % (STEPS - len(END) - len(HELP))}"
    kinds: tuple[dict[str, Any], ...] = (
        {"say": f"This is desk {here}. What is it?", "listen": {"on": _listened(here, names, following)}},
        {
            "say": "Which reference is it?",
            "collect": {"slot": "reference", "sentences": "it is {reference}", "next": following},
        },
        {
            "say": "When, and for how much?",
            "collect": {
                "form": {
                    "day": {"ask": "Which day?"},
                    "amount": {"ask": "How much?", "valid": "amount < 500"},
                },
                "confirm": "{amount} on {day}, is that right?",
                "next": following,
            },
        },
        {"if": "amount > 100", "then": following, "else": following},
        {"do": {"action": "note", "next": following}},
        {"say": "Your reference {reference} is noted for {day}.", "next": following},
        {"say": "Thank you. Let us go on.", "next": following},
    )
    return kinds[number % 7]


def _listened(here: int, names: Sequence[str], following: str) -> dict[str, str]:
    return {names[(here * LISTENED + place) % len(names)]: following for place in range(LISTENED)}


def _run(workshop: Workshop) -> Sequence[float]:
    """Seconds to find every mistake; and besides to make what the plan needs to run."""
    folder = write(workshop.folder / "large")
    if errors := loader.inspect(folder).errors:
        raise SoftswitchError(f"The plan to be checked has a mistake: {errors[0]}")
    return _median(lambda: loader.inspect(folder)), _median(lambda: loader.load(folder))


def _median(work: Callable[[], object]) -> float:
    """The middle one of several rounds: the machine has other things to do too."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[ROUNDS // 2]


CHECK = Measurement(
    "checking a plan of 1,000 steps, 500 intents and 5,000 sentences",
    (Spec("check 1,000 steps, 500 intents", "s", at_most=2), Spec("check and load them to run", "s")),
    _run,
)
