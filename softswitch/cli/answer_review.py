"""`softswitch answer approve | edit | forget`: what people decide of what a model answered."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from softswitch.answer.guarding import speakable
from softswitch.cli.answer_choosing import Filter, filtering
from softswitch.cli.queue_bulk import Duration
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.store import answers

MOST_WORDS = 300
MOST_LETTERS = 2000
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments and options of a review of many."""
    command = filtering(command)
    for option in (
        as_json,
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]..."),
    ):
        command = option(command)
    return click.pass_obj(command)


@click.command(
    epilog="\b\nExamples:\n  softswitch answer approve 17 18\n"
    "  softswitch answer approve --plan shop --state new --for 90d"
)
@_selecting
@click.option("--for", "last", type=Duration(), help="Give them for so long from now on: 90d.")
def approve(config: Config, last: float | None, **chosen: Any) -> None:
    """Approve answers: plans that demand it give only those, and no model's answer replaces them."""
    new = {} if last is None else {"expires_at": time.time() + last}
    _review(config, "approved", new, **chosen)


@click.command(
    epilog="\b\nExamples:\n  softswitch answer forget 17\n  softswitch answer forget --plan shop --yes"
)
@_selecting
def forget(config: Config, **chosen: Any) -> None:
    """Give answers no more. Their questions are thought about anew, and nothing is remembered of that until
    the forgotten answers would have expired.
    """
    _review(config, "forgotten", {}, **chosen)


@click.command(
    epilog='\b\nExamples:\n  softswitch answer edit 17 "We open at nine."\n'
    "  echo 'We open at nine.' | softswitch answer edit 17 -"
)
@click.argument("number", type=int)
@click.argument("text")
@as_json
@click.pass_obj
def edit(config: Config, number: int, text: str, json_: bool) -> None:
    """Give other words instead of an answer's, and approve them. TEXT as it is spoken; - reads it."""
    said = checked(sys.stdin.read(MOST_LETTERS + 1) if text == "-" else text)
    if not answers.review(config.database_url, [number], time.time(), answer=said, state="approved"):
        raise SoftswitchError(f"there is no answer {number}; see softswitch answer list")
    click.echo(json.dumps({"edited": number}) if json_ else f"answer {number} edited and approved")


def checked(text: str) -> str:
    """The text on one line. Raises SoftswitchError where it cannot be spoken, or is too long to listen to."""
    said = " ".join(text.split())
    if not said or speakable(said) != said:
        raise SoftswitchError("the text cannot be spoken as it is: write plain words, no markup, no links")
    if len(said) > MOST_LETTERS or len(said.split()) > MOST_WORDS:
        raise SoftswitchError(f"the text is too long: {MOST_WORDS} words and {MOST_LETTERS} letters at most")
    return said


def _review(
    config: Config,
    verdict: str,
    new: dict[str, Any],
    numbers: tuple[int, ...],
    plan: str,
    state: str | None,
    language: str,
    yes: bool,
    json_: bool,
) -> None:
    wanted = Filter(plan, state, language)
    if bool(numbers) == bool(wanted):
        raise click.UsageError("Give numbers of `answer list`, or options that choose, such as --state new.")
    found = list(dict.fromkeys(numbers))
    if wanted:
        found = [row["id"] for row in wanted.read(config) if row["state"] != verdict or new]
        if len(found) > 1 and not yes and not json_:
            click.confirm(f"{len(found)} answers: go on?", abort=True)
    count = answers.review(config.database_url, found, time.time(), state=verdict, **new)
    if numbers and count < len(found):
        raise SoftswitchError(
            f"{count} of {len(found)} answers {verdict}: the others are not there; see softswitch answer list"
        )
    click.echo(json.dumps({verdict: count}) if json_ else f"{count} {verdict}")
