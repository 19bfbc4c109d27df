"""Actions as lines for people."""

import json
import time
from collections.abc import Iterable

from softswitch.cli.text import clock, date, line
from softswitch.store.outbox.looking import Entry

SHORT_ID = 8


def table(entries: Iterable[Entry]) -> Iterable[str]:
    row = "{:>8}  {:<9}  {:<24}  {:<19}  {:>5}  {:<8}  {}".format
    yield row("ACTION", "STATE", "NAME", "PROMISED", "TRIES", "CALL", "NOTE")
    for entry in entries:
        call = (entry.call_id or "-")[:SHORT_ID]
        promised = date(entry.promised_at)
        yield row(
            entry.id, entry.state, line(entry.name)[:24], promised, entry.attempts, call, _note(entry)
        ).rstrip()


def details(entry: Entry) -> Iterable[str]:
    plan = f" of {line(entry.plan)}" if entry.plan else ""
    yield f"action {entry.id}: {line(entry.name)}{plan}, {entry.state}"
    call = f"in call {entry.call_id}" if entry.call_id else "without a call"
    yield f"  promised {date(entry.promised_at)} {call}, {line(entry.key)}"
    yield f"  idempotency key {entry.idempotency_key}"
    if entry.order_key:
        waits = ", waits for an older one" if entry.blocked else ""
        yield f"  order key {line(entry.order_key)}{waits}"
    kind = f" by {entry.kind}" if entry.kind else ""
    yield f"  attempts {entry.attempts}{kind}"
    if entry.state == "failed" or (entry.state == "queued" and entry.run_at):
        yield f"  next attempt {date(entry.run_at)}"
    if entry.leased_by:
        yield f"  held by {line(entry.leased_by)}"
    if entry.finished_at:
        yield f"  {entry.state} {date(entry.finished_at)}"
    if entry.error:
        yield f"  error {line(entry.error)}"
    for name, value in entry.arguments.items():
        yield f"  {line(name)} = {line(str(value))}"
    if entry.result:
        yield f"  result {line(json.dumps(entry.result, ensure_ascii=False))}"


def _note(entry: Entry) -> str:
    if entry.blocked:
        return f"waits for an older one of {line(entry.order_key)}"
    if entry.state == "queued" and entry.run_at > time.time():
        return f"not before {date(entry.run_at)}"
    if entry.state == "failed":
        return f"again {clock(entry.run_at)}: {line(entry.error)}"
    return line(entry.error)
