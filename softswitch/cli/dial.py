"""softswitch dial: have the running node call a number for a dialplan, and follow the call to its end."""

import json
from collections.abc import Generator
from typing import Any

import click

from softswitch.cli import desk
from softswitch.config import Config
from softswitch.events import Cause


def _context(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name}: expected VARIABLE=VALUE, such as patient_name='Alex Green'")
    return {name: value for name, _, value in pairs}


@click.command(
    epilog="\b\nExamples:\n"
    "  softswitch dial +442079460000 --plan appointment_reminder --context patient_name='Alex Green'\n"
    "  softswitch dial 020 7946 0000 --plan appointment_reminder --trunk backup --json"
)
@click.argument("number", nargs=-1, required=True)
@click.option("--plan", required=True, metavar="NAME", help="The dialplan that speaks with whoever answers.")
@click.option(
    "--context",
    multiple=True,
    callback=_context,
    metavar="VARIABLE=VALUE",
    help="Value of one of the plan's variables; may be given again.",
)
@click.option("--trunk", default="", metavar="NAME", help="By this trunk and no other.")
@click.option("--caller-id", default="", metavar="NUMBER", help="The number to show, where trunks allow it.")
@click.option(
    "--ring-for",
    type=click.FloatRange(1, 180),
    metavar="SECONDS",
    help="Give up when nobody has answered [default: dialing.ring_timeout].",
)
@click.option("--json", "json_", is_flag=True, help="Print one JSON object at the end, and nothing else.")
@click.pass_context
def dial(
    ctx: click.Context,
    number: tuple[str, ...],
    plan: str,
    context: dict[str, str],
    trunk: str,
    caller_id: str,
    ring_for: float | None,
    json_: bool,
) -> None:
    """Call NUMBER from the running node, and let a dialplan talk with whoever answers.

    Trunks are tried one after the other until one gets through. Ctrl-C hangs up. The exit status is 0 when
    the call was answered, by a person or a machine.
    """
    config: Config = ctx.obj
    order = {"number": " ".join(number), "plan": plan, "context": context, "trunk": trunk}
    calling = desk.follow(config, "dial", **order, caller_id=caller_id, ring_for=ring_for)
    result = _follow(calling, json_)
    click.echo(json.dumps(result) if json_ else _ending(result))
    if not result["answered"]:
        ctx.exit(1)


def _follow(calling: Generator[dict[str, Any], None, Any], silent: bool) -> dict[str, Any]:
    """The call's result. Who leaves early, as by Ctrl-C, makes the node hang up."""
    while True:
        try:
            progress = next(calling)
        except StopIteration as over:
            result: dict[str, Any] = over.value
            return result
        if not silent and (line := told(progress)):
            click.echo(line)


def told(progress: dict[str, Any]) -> str:
    """One thing that happened on the way, in words."""
    trunk = progress.get("trunk", "")
    match progress["event"]:
        case "trying":
            return f"trying {trunk} at {progress['target']}"
        case "passed over":
            return f"not by {trunk}: {progress['reason']}"
        case "failed":
            return f"  {trunk}: {_answer(progress['status'], progress['reason'])}"
        case "ringing":
            return "  ringing" + (", with early media" if progress["early_media"] else "")
        case "answered":
            return "  answered; listening who it is"
        case "answered by":
            by = {"person": "a person", "voicemail": "a voicemail", "unknown": "somebody or something"}
            return f"answered by {by[progress['by']]}, known after {progress['after_s']:.1f} s"
    return ""


def _answer(status: int, reason: str) -> str:
    return " ".join(filter(None, [str(status) if status else "", reason])) or "no answer"


def _ending(result: dict[str, Any]) -> str:
    if result["answered"]:
        return (
            f"ended by {result['ended_by']} ({_cause(result['ended_cause'])}); call {result['call_id'][:8]}"
        )
    why = _answer(result["status"], result["reason"])
    return f"{result['outcome']}: {why}"


def _cause(cause: int) -> str:
    known = cause in set(Cause)
    return Cause(cause).name.lower().replace("_", " ") if known else f"cause {cause}"
