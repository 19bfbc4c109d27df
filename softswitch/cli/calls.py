"""softswitch calls: what was recorded of calls, for people and for programs."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from softswitch.cli.text import clock, date, line
from softswitch.config import Config
from softswitch.events import Cause
from softswitch.news import TurnFinished
from softswitch.store import queries
from softswitch.store.following import Tail
from softswitch.store.queries import CallHistory, CallRecord

FOLLOW_S = 0.5
SHORT_ID = 8  # digits of a call's id that are shown; any unique beginning is understood

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def calls() -> None:
    """See calls: those now up and those of the past, turn by turn."""


@calls.command("list", epilog="\b\nExample:\n  softswitch calls list --limit 50 --live")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="At most so many."
)
@click.option("--since", type=click.DateTime(), help="Only calls that started then or later (local time).")
@click.option("--live", is_flag=True, help="Only calls that have not ended.")
@as_json
@click.pass_obj
def list_(config: Config, limit: int, since: datetime | None, live: bool, json_: bool) -> None:
    """List calls, newest first."""
    start = since.timestamp() if since else None
    found = queries.list_calls(config.database_url, limit=limit, since=start, live=live)
    if json_:
        click.echo(json.dumps({"calls": [asdict(call) for call in found]}))
    elif found:
        click.echo("\n".join(_table(found)))
    else:
        click.echo("no calls recorded")


@calls.command(epilog="\b\nExample:\n  softswitch calls show 1f0c")
@click.argument("call")
@as_json
@click.pass_obj
def show(config: Config, call: str, json_: bool) -> None:
    """Show one call and its conversation. CALL is its id, or the beginning of it."""
    history = queries.show_call(config.database_url, call)
    told = _history(history, config.recordings_dir)
    click.echo(json.dumps(asdict(history)) if json_ else "\n".join(told))


@calls.command(epilog="\b\nExample:\n  softswitch calls tail --follow --json | jq .heard")
@click.option("--follow", is_flag=True, help="Go on with new turns as they happen, until Ctrl-C.")
@click.option(
    "--last", default=10, show_default=True, type=click.IntRange(0, 500), help="Turns to begin with."
)
@as_json
@click.pass_obj
def tail(config: Config, follow: bool, last: int, json_: bool) -> None:
    """Print the latest turns of all calls; with --json one object a line."""
    turns = Tail(config.database_url, last)
    _print_turns(turns.new(), json_)
    with suppress(KeyboardInterrupt):
        while follow:
            time.sleep(FOLLOW_S)
            _print_turns(turns.new(), json_)


def _print_turns(turns: Iterable[TurnFinished], json_: bool) -> None:
    for turn in turns:
        if json_:
            click.echo(json.dumps(asdict(turn)))
        else:
            click.echo(f"{clock(turn.at)} {turn.call_id[:SHORT_ID]}")
            click.echo("\n".join(_turn(turn)))


def _table(found: list[CallRecord]) -> Iterable[str]:
    row = "{:<8}  {:<19}  {:<28}  {:>7}  {:>5}  {:>4}  {:<14}  {}".format
    yield row("CALL", "STARTED", "WITH", "LASTED", "TURNS", "MOS", "STEP", "END")
    for call in found:
        started = date(call.started_at)
        lasted = f"{(call.ended_at or time.time()) - call.started_at:.0f} s"
        mos = f"{call.mos:.1f}" if call.mos else "-"
        where = (_other_end(call)[:28], lasted, call.turns, mos, line(call.step)[:14])
        yield row(call.call_id[:SHORT_ID], started, *where, _end(call))


def _other_end(call: CallRecord) -> str:
    return f"-> {line(call.to_uri)}" if call.direction == "out" else line(call.from_uri)


def _history(history: CallHistory, recordings: Path) -> Iterable[str]:
    call = history.call
    yield f"call {call.call_id}"
    yield f"  {call.direction}, from {line(call.from_uri)} ({line(call.source)}) to {line(call.to_uri)}"
    trunk = f"trunk {call.trunk}" if call.trunk else ""
    by = f"answered by {call.answered_by}" if call.answered_by else ""
    identity = f"identity {line(call.attestation)}" if call.attestation else ""
    if beside := ", ".join(filter(None, [trunk, by, identity])):
        yield f"  {beside}"
    yield f"  SIP Call-ID {line(call.sip_call_id)}"
    route = f" by route {call.route}" if call.route else ""
    yield f"  dialplan {call.plan} {call.plan_version}{route}, now at step {call.step or '-'}"
    answered = f"answered {clock(call.answered_at)} {call.codec}" if call.answered_at else "not answered"
    yield f"  started {date(call.started_at)}, {answered}"
    yield f"  {_end(call)}"
    if call.ended_at:
        yield (
            f"  packets received {call.packets_received}, lost {call.packets_lost}, sent {call.packets_sent}"
            f"; jitter {call.jitter_ms:.1f} ms; round trip {call.round_trip_ms:.0f} ms"
            f"; underruns {call.underruns}; MOS {f'{call.mos:.2f}' if call.mos else '-'}"
        )
    if call.recording:
        note = f" ({line(call.recording_note)})" if call.recording_note else ""
        yield f"  recording {recordings / call.recording}{note}"
    for turn in history.turns:
        yield ""
        yield f"{turn.number}. {clock(turn.at)} at {turn.step}"
        yield from _turn(turn)


def _turn(turn: TurnFinished) -> Iterable[str]:
    match turn.via:
        case "speech":
            yield f"   caller: {line(turn.heard)} ({turn.confidence:.2f}) -> {turn.intent or 'no match'}"
        case "dtmf":
            yield f"   caller pressed {line(turn.heard)} -> {turn.intent or 'no match'}"
        case "silence":
            yield "   caller said nothing"
        case other:
            yield f"   {other} {line(turn.heard)}".rstrip()
    if turn.said:
        yield f"   answer: {line(turn.said)}"
        cut = "all of it" if turn.said_heard_s >= turn.said_s else f'"{line(turn.said_heard)}"'
        yield f"   heard of it: {cut} ({turn.said_heard_s:.1f} of {turn.said_s:.1f} s)"
    if turn.stages_ms:
        yield "   ms: " + ", ".join(f"{stage} {ms:.0f}" for stage, ms in turn.stages_ms.items())


def _end(call: CallRecord) -> str:
    if call.cause is None:
        return "live"
    cause = Cause(call.cause).name.lower().replace("_", " ") if call.cause in set(Cause) else "cause"
    return " ".join(filter(None, [f"{cause} ({call.cause})", f"by {call.ended_by}", line(call.reason)]))
