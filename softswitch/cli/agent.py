"""softswitch agent: people who answer calls, and what they do just now."""

import functools
import json
import time
from collections.abc import Iterable
from typing import Any

import click

from softswitch.cli import desk
from softswitch.cli.queue_bulk import Duration
from softswitch.cli.text import line
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.node_lock import is_running
from softswitch.people import parties
from softswitch.people.parties import BY_HAND, Agent
from softswitch.publish import topics
from softswitch.store.people import agents
from softswitch.store.people.agents import Hired

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def agent() -> None:
    """Keep the people who answer calls, and say whether they are there."""


@agent.command(
    epilog="\b\nExamples:\n  softswitch agent add ann sip:ann@192.0.2.7 --skill german --skill billing\n"
    "  softswitch agent add bob +442079460000 --accept-key 1"
)
@click.argument("name")
@click.argument("address")
@click.option("--skill", "skills", multiple=True, help="What the agent is good for; may be repeated.")
@click.option("--ring-time", type=Duration(), help="The phone rings for so long [default: the queue's].")
@click.option("--wrap-up", type=Duration(), help="Pause after each talk [default: the queue's].")
@click.option("--accept-key", help="Key that takes a call, '' for none [default: the queue's].")
@click.option("--away", is_flag=True, help="Not at work yet.")
@as_json
@click.pass_obj
def add(
    config: Config,
    name: str,
    address: str,
    skills: tuple[str, ...],
    ring_time: float | None,
    wrap_up: float | None,
    accept_key: str | None,
    away: bool,
    json_: bool,
) -> None:
    """Add an agent, who is available from now on. ADDRESS is a SIP address, or a number (E.164)."""
    hired = Hired(
        parties.check_name(name),
        parties.check_address(address),
        parties.check_skills(skills),
        ring_time,
        wrap_up,
        None if accept_key is None else parties.check_key(accept_key),
        away,
    )
    agents.add(config.database_url, hired)
    click.echo(json.dumps({"added": name}) if json_ else f"{name} is {'away' if away else 'available'}")


@agent.command("list", epilog="\b\nExample:\n  softswitch agent list --json | jq '.agents[].state'")
@as_json
@click.pass_obj
def list_(config: Config, json_: bool) -> None:
    """List agents and what they do just now."""
    found = agents.listed(config.database_url)
    if json_:
        click.echo(json.dumps({"agents": list(map(_record, found))}))
    else:
        click.echo("\n".join(_table(found)) if found else "no agents; add one with softswitch agent add")


@agent.command(epilog="\b\nExample:\n  softswitch agent remove ann")
@click.argument("name")
@as_json
@click.pass_obj
def remove(config: Config, name: str, json_: bool) -> None:
    """Remove an agent for good. One who is rung or speaks with a caller stays."""
    agents.remove(config.database_url, name)
    click.echo(json.dumps({"removed": name}) if json_ else f"removed {name}")


@agent.command(
    epilog="\b\nExamples:\n  softswitch agent state ann away --reason lunch\n"
    "  softswitch agent state ann available"
)
@click.argument("name")
@click.argument("state", type=click.Choice(BY_HAND))
@click.option("--reason", default="", help="Why, for those who look.")
@as_json
@click.pass_obj
def state(config: Config, name: str, state: str, reason: str, json_: bool) -> None:
    """Say whether an agent is there. During a talk it counts from its end."""
    if is_running(config):  # which tells the broker as well
        told = desk.ask(config, "agent.state", name=name, state=state, reason=reason)
    else:
        tells = functools.partial(_message, config.node) if config.mqtt.url else None
        before, after = agents.set_state(config.database_url, name, state, reason, tells)
        told = {"name": name, "state": after.state, "before": before.state, "next_state": after.next_state}
    if json_:
        click.echo(json.dumps(told))
    elif told["next_state"]:
        click.echo(f"{name} is {told['state']} and will be {told['next_state']} after the talk")
    else:
        click.echo(f"{name} is {told['state']}, was {told['before']}")


@agent.command(epilog="\b\nExample:\n  softswitch agent code ann order-changed")
@click.argument("name")
@click.argument("code")
@as_json
@click.pass_obj
def code(config: Config, name: str, code: str, json_: bool) -> None:
    """Keep a wrap-up code with an agent's present or last talk: what came of it."""
    if not code or len(code) > 60:
        raise SoftswitchError("a wrap-up code has 1 to 60 letters")
    call_id = agents.put_code(config.database_url, name, code)
    told = {"name": name, "code": code, "call_id": call_id}
    click.echo(json.dumps(told) if json_ else f"{line(code)} for call {call_id[:8]} of {name}")


@agent.command(
    epilog="\b\nExamples:\n  softswitch agent send ann --to queue:billing\n"
    "  softswitch agent send 1f0c --to assistant\n  softswitch agent send ann --to +442079460000\n"
    "  softswitch agent send ann --to +442079460000 --attended"
)
@click.argument("call")
@click.option("--to", required=True, help="queue:NAME, assistant, a number (E.164) or a SIP address.")
@click.option("--attended", is_flag=True, help="The agent speaks there first; a number or address only.")
@as_json
@click.pass_obj
def send(config: Config, call: str, to: str, attended: bool, json_: bool) -> None:
    """End a talk, and have the caller go on elsewhere. CALL is the agent's name, or the call's id.

    To `assistant` means back to the dialplan, which goes on as the talk has ended. With --attended the caller
    hears music once the other has answered, until the agent hangs up: then the two are connected. The agent
    has the caller back when the other hangs up, or by pressing *1.
    """
    told = desk.ask(config, "agent.send", call=call, to=to, attended=attended)
    way = "is announced to" if attended else "goes to"
    click.echo(json.dumps(told) if json_ else f"call {told['call_id'][:8]} {way} {line(told['to'])}")


def _message(node: str, after: Agent, before: str) -> tuple[str, tuple[str, str]]:
    """As a node that runs would write it."""
    told = topics.encode(parties.changed(after, before), node)
    assert told
    return node, told


def _record(each: Agent) -> dict[str, Any]:
    return {
        "name": each.name,
        "address": each.address,
        "skills": sorted(each.skills),
        "state": each.state,
        "state_at": each.state_at,
        "reason": each.reason,
        "until": each.until,
        "next_state": each.next_state,
        "ring_time": each.ring_time,
        "wrap_up": each.wrap_up,
        "accept_key": each.accept_key,
        "node": each.node,
        "call_id": each.call_id if each.holder else "",
    }


def _table(found: Iterable[Agent]) -> Iterable[str]:
    row = "{:<20}  {:<9}  {:>6}  {:<32}  {:<24}  {}".format
    yield row("NAME", "STATE", "FOR", "ADDRESS", "SKILLS", "NOTE")
    for each in found:
        skills = ",".join(sorted(each.skills)) or "-"
        note = each.reason or (f"call {each.call_id[:8]}" if each.holder else "")
        if each.next_state:
            note = f"{note}, then {each.next_state}".removeprefix(", ")
        cells = (
            each.name,
            each.state,
            span(time.time() - each.state_at),
            each.address[:32],
            line(skills)[:24],
        )
        yield row(*cells, line(note)).rstrip()


def span(seconds: float) -> str:
    """'42 s', '3 min', '2 h'."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(max(0.0, seconds))} s"
