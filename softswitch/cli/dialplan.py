"""`softswitch dialplan`: check a plan, or talk to one by typing."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.conversation import Conversation
from softswitch.dialplan.plan import Plan
from softswitch.errors import InvalidFile, Problem, SoftswitchError
from softswitch.events import Action, Hangup, Heard, Input, NoInput, Pressed, Say, Transfer, TransferFailed

BUSY_HERE = 486


@click.group()
def dialplan() -> None:
    """Check a dialplan, or talk to it by typing.

    PATH is a folder or a bundled dialplan's name; without it the configured dialplan is taken.
    """


@dialplan.command()
@click.argument("path", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.pass_context
def check(ctx: click.Context, path: str | None, as_json: bool, strict: bool) -> None:
    """Report every problem of a dialplan with file, line and column; exit 1 when there is one.

    Words of its sentences that the chosen ear does not know are warnings.

    \b
    Examples:
      softswitch dialplan check
      softswitch dialplan check ./myshop --strict
      softswitch dialplan check ./myshop --json
    """
    config: Config = ctx.obj
    folder = loader.resolve(path or config.dialplan[0])
    try:
        plan = loader.load(folder, config.human)
    except InvalidFile as error:
        if not as_json:
            raise
        problems = [asdict(problem) for problem in error.problems]
        click.echo(json.dumps({"path": str(folder), "ok": False, "problems": problems}, indent=2))
        ctx.exit(1)
    warnings = _warnings(config, folder, plan)
    ok = not (strict and warnings)
    if as_json:
        found = {"path": str(folder), "ok": ok, "problems": [], "name": plan.name, "version": plan.version}
        click.echo(json.dumps(found | {"warnings": [asdict(warning) for warning in warnings]}, indent=2))
    else:
        for warning in warnings:
            click.echo(f"{warning.file}:{warning.line}:{warning.column}: warning: {warning.message}")
        size = f"{len(plan.steps)} steps, {len(plan.static_prompts())} prompts"
        told = f"{len(warnings)} warnings" if warnings else "no problem"
        click.echo(f"{folder}: {plan.name} {plan.version}, {size}, {told}.")
    ctx.exit(0 if ok else 1)


def _warnings(config: Config, folder: Path, plan: Plan) -> list[Problem]:
    """What the plan's ear does not know; or that there is none to ask."""
    from softswitch.cli import vocabulary  # Vosk takes a while to import, and most checks fail before

    try:
        return vocabulary.warnings(config, folder, plan)
    except SoftswitchError as error:
        return [Problem(str(folder / "plan.yaml"), 1, 1, f"its words cannot be checked: {error}")]


@dialplan.command()
@click.argument("path", required=False)
@click.pass_obj
def simulate(config: Config, path: str | None) -> None:
    """Talk to a dialplan: type what a caller would say.

    Digits, * and # are keys; an empty line is silence; `failed` lets a transfer fail.

    \b
    Examples:
      softswitch dialplan simulate
      softswitch dialplan simulate ./myshop
      printf 'where is my order\\n1002\\nbye\\n' | softswitch dialplan simulate reception
    """
    plan = loader.load(loader.resolve(path or config.dialplan[0]), config.human)
    conversation = Conversation(plan)
    actions = conversation.start()
    _show(actions, conversation.step)
    while not isinstance(actions[-1], Hangup):
        transferring = isinstance(actions[-1], Transfer)
        try:
            typed = click.prompt("caller", default="", show_default=False, prompt_suffix="> ").strip()
        except click.Abort:
            return
        if transferring and typed != "failed":
            return
        actions = conversation.take(_input(typed, transferring))
        _show(actions, conversation.step, conversation.intent or "none")


def _input(typed: str, transferring: bool) -> Input:
    if transferring:
        return TransferFailed(BUSY_HERE)
    if not typed:
        return NoInput()
    if set(typed) <= set("0123456789*#"):
        return Pressed(typed.removesuffix("#") or "#")
    return Heard(typed, 1.0)


def _show(actions: Iterable[Action], step: str, intent: str = "") -> None:
    for action in actions:
        if isinstance(action, Say):
            click.echo(f"  says: {action.text}")
        elif isinstance(action, Transfer):
            click.echo(f"  transfers to {action.uri}")
        elif isinstance(action, Hangup):
            click.echo("  hangs up")
    click.secho(f"  [{f'intent {intent}, ' if intent else ''}step {step}]", dim=True)
