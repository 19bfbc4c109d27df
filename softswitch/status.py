"""Which dialplans a node runs, and what became of the last wish to load them anew: `plans.json` below the
run-time folder, written by control, read by whoever asks.
"""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from softswitch.errors import Problem
from softswitch.values import Section

FILE = "plans.json"


class PlanStatus(Section):
    """One dialplan of the configuration: the version that takes calls, and whether its files are that one.

    `refused` means that they are not: `problems` says why, or `reason` where it is no file's fault.
    """

    setting: str
    name: str
    version: str
    result: Literal["active", "refused"] = "active"
    problems: tuple[Problem, ...] = ()
    reason: str = ""


class Status(Section):
    """`began_at` and `finished_at` (Unix seconds) are those of the last load; it is not finished at None."""

    plans: tuple[PlanStatus, ...]
    began_at: float
    finished_at: float | None = None
    rendered: int = 0
    to_render: int = 0

    @property
    def refused(self) -> tuple[PlanStatus, ...]:
        return tuple(plan for plan in self.plans if plan.result == "refused")


def write(status: Status, run_dir: Path) -> None:
    """Whole, or not at all."""
    file = run_dir / FILE
    file.with_suffix(".new").write_text(status.model_dump_json(indent=2))
    file.with_suffix(".new").replace(file)


def read(run_dir: Path) -> Status | None:
    """None when there is none, or none that could be read."""
    try:
        return Status.model_validate_json((run_dir / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
