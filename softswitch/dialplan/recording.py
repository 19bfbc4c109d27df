"""Recording as the interpreter sees it: who is recorded was told before, also where the call was interrupted.

A state's `recording` is "" (never yet), "starting" (being told), "on", "paused" or "stopped".
"""

from typing import Literal

from softswitch.dialplan.steps import Step
from softswitch.dialplan.turn import Turn
from softswitch.events import Record

ON = ("starting", "on")


def begin(turn: Turn) -> None:
    """As the call begins."""
    if turn.plan.settings.recording.mode == "always":
        _start(turn)


def resume(turn: Turn) -> None:
    """After an interruption, which has ended every recording."""
    if turn.recording == "starting":  # he may not have heard all of it
        turn.recording = ""
        _start(turn)
    elif turn.recording in ("on", "paused"):
        turn.actions.append(Record("start"))
        if turn.recording == "paused":
            turn.actions.append(Record("pause"))


def answered(turn: Turn) -> None:
    """The caller's turn has come, so that he has heard what he was told."""
    if turn.recording == "starting":
        turn.recording = "on"


def follow(turn: Turn, step: Step) -> None:
    """What the step wants, where it makes a difference."""
    if step.record is None or turn.plan.settings.recording.mode == "off":
        return
    match step.record.what:
        case "start" if turn.recording in ("", "stopped"):
            _start(turn)
        case "stop" if turn.recording in (*ON, "paused"):
            turn.recording = "stopped"
            turn.actions.append(step.record)
            turn.say(turn.plan.lines.recording_stopped)
        case "pause" if turn.recording in ON:
            turn.recording = "paused"
            turn.actions.append(step.record)
        case "resume" if turn.recording == "paused":
            turn.recording = "on"
            turn.actions.append(step.record)


def _start(turn: Turn) -> None:
    lines = turn.plan.lines
    first, again = lines.consent or lines.recording_started, lines.recording_started or lines.consent
    quiet, turn.quiet, before = turn.quiet, True, len(turn.actions)
    turn.say(again if turn.recording == "stopped" else first)
    turn.quiet = quiet
    if len(turn.actions) == before:  # its variables are not set: who was told nothing is not recorded
        return
    turn.recording = "starting"
    turn.actions.append(Record("start"))
    turn.told = len(turn.actions)


def told(recording: str, sensitive: bool) -> Literal["on", "off", "paused"]:
    """Whether what is said now is recorded; `sensitive`: the question asks for a secret."""
    if recording in ON:
        return "paused" if sensitive else "on"
    return "paused" if recording == "paused" else "off"
