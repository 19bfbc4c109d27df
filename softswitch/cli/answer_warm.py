"""`softswitch answer warm`: has the running node ask a model ahead of its callers."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import click

from softswitch.answer.prompting import MOST_QUESTION
from softswitch.cli import desk
from softswitch.cli.text import line
from softswitch.config import Config
from softswitch.errors import SoftswitchError

AT_ONCE = 20
"""Questions of one request to the node, whose lines are bounded."""
MOST = 5_000


@click.command(
    epilog="\b\nExamples:\n  softswitch answer warm shop questions.txt\n"
    "  softswitch answer list --plan shop --json | jq -r '.answers[].question' "
    "| softswitch answer warm shop -"
)
@click.argument("plan")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--language", default="", metavar="CODE", help="Of the questions [default: the plan's first].")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object at the end, and nothing else.")
@click.pass_obj
def warm(config: Config, plan: str, file: TextIO, language: str, json_: bool) -> None:
    """Ask PLAN's model the questions of FILE, one a line, and remember the answers.

    A line may begin with @INTENT for a question that the dialplan takes for an intent. Empty lines, and those
    that begin with #, are passed over. Ctrl-C ends it; what was answered until then is remembered.
    """
    questions = _questions(file)
    counted = Counter[str]()
    for at in range(0, len(questions), AT_ONCE):
        part = questions[at : at + AT_ONCE]
        for told in desk.follow(config, "answer.warm", plan=plan, language=language, questions=part):
            counted[told["came"]] += 1
            if not json_:
                click.echo(_told(told))
    if json_:
        click.echo(json.dumps({"questions": len(questions), "came": dict(counted)}))
    else:
        kinds = ", ".join(f"{count} {came}" for came, count in sorted(counted.items()))
        click.echo(f"{len(questions)} questions: {kinds or 'nothing to do'}")


def _questions(file: TextIO) -> Sequence[dict[str, str]]:
    """Raises SoftswitchError for a line that no question can be."""
    found = list(_read(file))
    if len(found) > MOST:
        raise SoftswitchError(f"{file.name}: {len(found)} questions, expected {MOST} at most; cut the file")
    return found


def _read(file: TextIO) -> Iterator[dict[str, str]]:
    for number, text in enumerate(file, 1):
        words = " ".join(text.split())
        if not words or words.startswith("#"):
            continue
        intent, _, rest = words[1:].partition(" ") if words.startswith("@") else ("", "", words)
        if len(rest) > MOST_QUESTION:
            raise SoftswitchError(f"{file.name}:{number}: a question has {MOST_QUESTION} letters at most")
        yield {"question": rest or intent.replace("_", " "), "intent": intent}


def _told(told: dict[str, Any]) -> str:
    answer = f": {line(told['answer'])}" if told["answer"] else ""
    return f"{told['came']:<10}  {line(told['question'])}{answer}"
