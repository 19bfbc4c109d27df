"""softswitch answer: what is remembered of a model's answers, and what people say to it."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import click

from softswitch.cli.answer_choosing import Filter, filtering
from softswitch.cli.answer_review import approve, edit, forget
from softswitch.cli.answer_warm import warm
from softswitch.cli.text import date, line
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import answers

Row = Mapping[str, Any]

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


@click.group()
def answer() -> None:
    """Review what a language model has answered, before callers hear it again."""


for command in (approve, edit, forget, warm):
    answer.add_command(command)


@answer.command(
    "list", epilog="\b\nExamples:\n  softswitch answer list --state new\n  softswitch answer list --json"
)
@filtering
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 50_000), help="At most so many."
)
@as_json
@click.pass_obj
def list_(config: Config, plan: str, state: str | None, language: str, limit: int, json_: bool) -> None:
    """List remembered answers, those that were used last first."""
    found = Filter(plan, state, language).read(config, limit)
    if json_:
        click.echo(json.dumps({"answers": found}))
    else:
        click.echo("\n".join(_table(found)) if found else "no answers")


@answer.command(epilog="\b\nExample:\n  softswitch answer show 17")
@click.argument("number", type=int)
@as_json
@click.pass_obj
def show(config: Config, number: int, json_: bool) -> None:
    """Show one answer, and when it is given. NUMBER is that of `answer list`."""
    found = answers.find(config.database_url, number)
    if found is None:
        raise SoftswitchError(f"there is no answer {number}; see softswitch answer list")
    click.echo(json.dumps(found) if json_ else "\n".join(_details(found)))


@answer.command(epilog="\b\nExample:\n  softswitch answer stats --json")
@as_json
@click.pass_obj
def stats(config: Config, json_: bool) -> None:
    """Count what is remembered, and the requests to a model that it has saved."""
    counted = answers.counts(config.database_url, time.time())
    avoided = sum(row["uses"] for row in counted)
    if json_:
        click.echo(json.dumps({"answers": counted, "requests_avoided": avoided}))
        return
    row = "{:<20}  {:<8}  {:<9}  {:<7}  {:>8}  {:>8}".format
    click.echo(row("PLAN", "LANGUAGE", "STATE", "FOR", "ANSWERS", "USES"))
    for each in counted:
        whom = "caller" if each["scope"] == "caller" else "all"
        names = line(each["plan"])[:20], line(each["language"]), each["state"], whom
        click.echo(row(*names, each["answers"], each["uses"]))
    click.echo(f"requests avoided: {avoided}")


UNKNOWN = "(the model does not know)"


def _table(found: Iterable[Row]) -> Iterable[str]:
    row = "{:>7}  {:<9}  {:>5}  {:<14}  {:<36}  {}".format
    yield row("ANSWER", "STATE", "USES", "PLAN", "QUESTION", "ANSWER")
    for each in found:
        question, text = line(each["question"])[:36], (line(each["answer"]) or UNKNOWN)[:60]
        yield row(each["id"], each["state"], each["uses"], line(each["plan"])[:14], question, text)


def _details(found: Row) -> Iterable[str]:
    yield f"answer {found['id']}: {found['state']}, used {found['uses']} times"
    yield f"  dialplan {line(found['plan'])} {found['version']}, language {line(found['language'])}"
    if found["intent"]:
        yield f"  intent {line(found['intent'])}"
    yield f"  question {line(found['question'])}"
    yield f"  taken as {line(found['key'])}"
    yield f"  answer {line(found['answer']) or UNKNOWN}"
    caller = line(found["caller"])
    yield f"  for caller {caller} only" if caller else "  for every caller"
    for name, value in found["fields"].items():
        yield f"  where {line(name)} = {line(value)}"
    if found["known"]:
        yield f"  where nothing else is known than {line(', '.join(found['known']))}"
    ended = "expired" if found["expires_at"] <= time.time() else "until"
    yield f"  made or reviewed {date(found['made_at'])}, {ended} {date(found['expires_at'])}"
