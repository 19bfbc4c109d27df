"""Callers with scripts, in a process of their own: `hold` starts one, `python -m figures.callers` is it.

They speak with the embedded voice. Their CPU time is the machine's too: node and callers share its cores,
at the same priority.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from softswitch.errors import SoftswitchError

QUIET_S = 0.35
"""So long a silence is the end of what the node says: longer than any pause within the bench's prompts."""
LONGEST_CALL_S = 300.0

Words = list[tuple[str, float | None]]
"""What a caller says, in order; with a number, so many seconds after the prompt began (a barge-in)."""


@dataclass(frozen=True, slots=True)
class Job:
    """Calls to one URI, one script each, every one `stagger` seconds after the one before."""

    uri: str
    scripts: Sequence[Words]
    stagger: float = 0.0


def hold(job: Job, limit_s: float, module: str = "figures.callers") -> list[dict[str, Any]]:
    """Hold these calls in a child process; a report per call, as `softswitch call --json` prints it."""
    return list(run_child(module, asdict(job), limit_s))


def run_child(module: str, job: dict[str, Any], limit_s: float) -> Any:
    """Give a job to a child of ours, JSON in and out. SoftswitchError when it fails or takes too long."""
    command = [sys.executable, "-m", module]
    try:
        done = subprocess.run(
            command, input=json.dumps(job).encode(), stdout=subprocess.PIPE, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise SoftswitchError(f"{module} was not done after {limit_s:g} s") from None
    if done.returncode:
        raise SoftswitchError(f"{module} ended with status {done.returncode}; its reason is above")
    return json.loads(done.stdout)


def turns_of(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All turns of all calls. SoftswitchError when a call went wrong: its figures would be worth nothing."""
    problems = [report["problem"] for report in reports if not report["ok"]]
    if problems:
        raise SoftswitchError(f"{len(problems)} of {len(reports)} calls went wrong: {problems[0]}")
    return [turn for report in reports for turn in report["turns"]]


def main() -> None:
    # Only the child loads PJSIP and the voice.
    from figures import scripted
    from softswitch.cli.call import as_dict

    job = Job(**json.load(sys.stdin))
    json.dump([as_dict(report) for report in scripted.run(job)], sys.stdout)


if __name__ == "__main__":
    main()
