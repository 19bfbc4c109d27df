"""What came of actions that nobody does: as a scenario says, else as where nothing is configured."""

from collections.abc import Mapping

from softswitch.dialplan.files.scenario import Act
from softswitch.events import Acted, Await


def acted(awaited: Await, acts: Mapping[str, Act]) -> Acted:
    """A promise is noted, a look-up late, unless `acts` knows better."""
    act = acts.get(awaited.name) or Act(outcome="late" if awaited.look_up else "noted")
    return Acted(awaited.key, act.outcome, dict(act.result))


def told(awaited: Await, came: Acted) -> str:
    """As a line for people."""
    return f"{awaited.name} is {came.outcome.replace('_', ' ')}"
