"""Control killed while calls are up: how soon each caller is in conversation again, and who is lost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from figures.callers import run_child
from figures.figure import Measurement, Spec, Workshop
from figures.node import Node
from softswitch.errors import SoftswitchError

CALLS = 10
RESUMED = "Sorry, we were cut off for a moment."
"""The dialplan's `lines.resumed`."""


@dataclass(frozen=True, slots=True)
class Killing:
    """Whom to call, which process to kill, the resumed prompt's text, and the folder that holds its audio."""

    uri: str
    pid: int
    resumed: str
    prompts: str


def recovery(workshop: Workshop) -> Sequence[float]:
    """The longest time of all callers in s, and the calls lost: cut off, or without an answer afterwards."""
    with Node(workshop, "turns") as node:
        killing = Killing(node.uri, node.control_pid, RESUMED, str(Path(node.prompts).resolve()))
        outcome = run_child("figures.takeover", asdict(killing), limit_s=120)
    times, lost = outcome["times"], outcome["lost"]
    workshop.tell(f"{len(times)} of {CALLS} callers heard the node again; {lost} calls lost")
    if len(times) + lost < CALLS:
        raise SoftswitchError(
            "a caller went on talking, but the resumed prompt was not found in what he heard"
        )
    if not times:
        raise SoftswitchError(f"all {CALLS} calls were lost")
    return (max(times), lost)


RECOVERY = Measurement(
    f"control killed with {CALLS} calls up",
    (
        Spec("control killed, in conversation again, worst", "s", at_most=3),
        Spec("control killed, calls lost", "calls", at_most=0),
    ),
    recovery,
)
