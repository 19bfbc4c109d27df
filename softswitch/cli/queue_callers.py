"""`softswitch queue callers`: who waits for a person, or speaks with one."""

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

import click

from softswitch.cli.agent import span
from softswitch.cli.text import line
from softswitch.config import Config
from softswitch.people import choosing
from softswitch.people.parties import Caller
from softswitch.store.people import looking


@click.command(
    epilog="\b\nExamples:\n  softswitch queue callers\n  softswitch queue callers --queue sales --json"
)
@click.option("--queue", default="", help="Only of this queue.")
@click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
@click.pass_obj
def callers(config: Config, queue: str, json_: bool) -> None:
    """List callers who want a person, of all nodes: best place first, then call backs and talks."""
    found = looking.callers(config.database_url, queue)
    if json_:
        click.echo(json.dumps({"callers": [_record(each, found) for each in found]}))
    else:
        click.echo("\n".join(_table(found)) if found else "nobody waits")


def _record(each: Caller, found: Sequence[Caller]) -> dict[str, Any]:
    return {
        "call_id": each.call_id,
        "queue": each.queue,
        "position": choosing.position(found, each.call_id) or None,
        "state": each.state,
        "waits_s": round(max(0.0, time.time() - each.since), 1),
        "priority": each.priority,
        "skills": sorted(each.skills),
        "reason": each.reason,
        "number": each.number,
        "agent": each.agent,
        "tries": each.tries,
        "due_at": each.due_at,
        "node": each.node,
    }


def _table(found: Sequence[Caller]) -> Iterable[str]:
    row = "{:<8}  {:<16}  {:>3}  {:<9}  {:>6}  {:>4}  {:<16}  {:>5}  {}".format
    yield row("CALL", "QUEUE", "POS", "STATE", "FOR", "PRIO", "AGENT", "TRIES", "REASON")
    for each in found:
        position = choosing.position(found, each.call_id) or "-"
        waits = span(time.time() - each.since)
        agent = each.agent if each.state in ("offered", "talking", "calling") else "-"
        cells = (each.call_id[:8], line(each.queue)[:16], position, each.state, waits, each.priority)
        yield row(*cells, agent[:16], each.tries, line(each.reason)).rstrip()
