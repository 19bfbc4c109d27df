"""`softswitch dialplan reload`: have the running node take a plan's files as they are now."""

import json
from pathlib import Path

import click

from softswitch import status
from softswitch.cli import reloading
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.errors import InvalidFile, SoftswitchError
from softswitch.status import PlanStatus


@click.command()
@click.argument("path", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what became of it as JSON.")
@click.pass_context
def reload(ctx: click.Context, path: str | None, as_json: bool) -> None:
    """Check the configured dialplans, or the one that is PATH, and have the running node load all anew.

    Calls in progress finish on the version that they began with. What does not check is refused, the version
    that runs stays, and the exit status is 1.

    \b
    Examples:
      softswitch dialplan reload
      softswitch --config /etc/softswitch.yaml dialplan reload --json
    """
    config: Config = ctx.obj
    _check(config, path)
    known = status.read(config.run_dir)
    before = {plan.setting: plan.version for plan in known.plans} if known else {}
    after = reloading.reload(config)
    if as_json:
        plans = [plan.model_dump(mode="json") | {"before": before.get(plan.setting)} for plan in after.plans]
        click.echo(json.dumps({"ok": not after.refused, "plans": plans}, indent=2))
    else:
        for plan in after.plans:
            click.echo(_told(plan, before.get(plan.setting, "")))
    ctx.exit(1 if after.refused else 0)


def _check(config: Config, path: str | None) -> None:
    """Raises InvalidFile with every error of them all, before the node is asked."""
    folders = [loader.resolve(name) for name in config.dialplan]
    if path is not None:
        wanted = loader.resolve(path)
        folders = [folder for folder in folders if _same(folder, wanted)]
        if not folders:
            configured = ", ".join(config.dialplan)
            raise SoftswitchError(f"{path} is none of the node's dialplans, which are: {configured}")
    problems = [problem for folder in folders for problem in loader.inspect(folder, config.human).errors]
    if problems:
        raise InvalidFile(problems)


def _same(first: Path, second: Path) -> bool:
    return first.resolve() == second.resolve()


def _told(plan: PlanStatus, before: str) -> str:
    if plan.result == "refused":
        why = "\n".join(f"  {problem}" for problem in plan.problems) or f"  {plan.reason}"
        return f"{plan.setting}: refused, version {plan.version} stays\n{why}"
    if plan.version == before:
        return f"{plan.setting}: {plan.name} {plan.version}, nothing has changed"
    return f"{plan.setting}: {plan.name} {before or 'nothing'} -> {plan.version}"
