"""`softswitch dialplan check` and `schema`: what is wrong with a dialplan, told to people, editors and CI."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from softswitch.cli import sarif, unconfigured_actions
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.files import json_schema
from softswitch.dialplan.loader import Inspection
from softswitch.errors import Problem, SoftswitchError


@click.command()
@click.argument("path", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option(
    "--sarif",
    "sarif_file",
    is_flag=False,
    flag_value="-",
    metavar="FILE",
    help="Write what was found as SARIF 2.1.0; without a FILE print it.",
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.option("--no-ear", is_flag=True, help="Do not ask the ear which words it knows.")
@click.pass_context
def check(
    ctx: click.Context, path: str | None, as_json: bool, sarif_file: str | None, strict: bool, no_ear: bool
) -> None:
    """Report every problem of a dialplan with file, line and column; exit 1 when there is an error.

    Without PATH every configured dialplan is checked. Words of its sentences that the chosen ear does not
    know are warnings.

    \b
    Examples:
      softswitch dialplan check
      softswitch dialplan check ./myshop --strict
      softswitch dialplan check ./myshop --json
      softswitch dialplan check ./myshop --sarif problems.sarif
    """
    config: Config = ctx.obj
    folders = [loader.resolve(each) for each in ([path] if path else config.dialplan)]
    found = {folder: _inspect(config, folder, ask_ear=not no_ear) for folder in folders}
    problems = [problem for each in found.values() for problem in each.problems]
    if sarif_file:
        log = json.dumps(sarif.log(problems, Path.cwd()), indent=2)
        click.echo(log) if sarif_file == "-" else _write(Path(sarif_file), log)
    if as_json:
        records = [_record(folder, each, strict) for folder, each in found.items()]
        click.echo(json.dumps(records[0] if path or len(records) == 1 else records, indent=2))
    elif sarif_file != "-":
        for folder, each in found.items():
            _print(folder, each)
    ctx.exit(0 if all(_is_ok(each, strict) for each in found.values()) else 1)


def _inspect(config: Config, folder: Path, *, ask_ear: bool) -> Inspection:
    found = loader.inspect(folder, config.human)
    if found.plan is None:
        return found
    words = _unknown_words(config, folder) if ask_ear else []
    problems = [*found.problems, *words, *unconfigured_actions.problems(config, folder)]
    return Inspection(found.plan, sorted(problems, key=lambda each: (each.file, each.line, each.column)))


def _unknown_words(config: Config, folder: Path) -> list[Problem]:
    """What the plan's ears do not know; or that there is none to ask."""
    from softswitch.cli import unknown_words  # Vosk takes a while to import, and most checks fail before

    try:
        return unknown_words.warnings(config, folder)
    except SoftswitchError as error:
        message = f"its words cannot be checked: {error}"
        return [Problem(str(folder / "plan.yaml"), 1, 1, message, "no-ear", True)]


def _is_ok(found: Inspection, strict: bool) -> bool:
    return not (found.problems if strict else found.errors)


def _record(folder: Path, found: Inspection, strict: bool) -> dict[str, object]:
    warnings = [problem for problem in found.problems if problem.warning]
    record: dict[str, object] = {"path": str(folder), "ok": _is_ok(found, strict)}
    if found.plan:
        record |= {"name": found.plan.name, "version": found.plan.version}
    return record | {
        "problems": [asdict(problem) for problem in found.errors],
        "warnings": [asdict(problem) for problem in warnings],
    }


def _print(folder: Path, found: Inspection) -> None:
    for problem in found.problems:
        kind = "warning" if problem.warning else "error"
        click.echo(
            f"{problem.file}:{problem.line}:{problem.column}: {kind}: {problem.message} [{problem.rule}]"
        )
    errors, warnings = len(found.errors), len(found.problems) - len(found.errors)
    counts = [
        f"{number} {kind}{'' if number == 1 else 's'}"
        for number, kind in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    told = " and ".join(counts) or "no problem"
    if plan := found.plan:
        size = f"{len(plan.steps)} steps, {len(plan.static_prompts())} prompts"
        click.echo(f"{folder}: {plan.name} {plan.version}, {size}, {told}.")
    else:
        click.echo(f"{folder}: {told}.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SoftswitchError(f"{path} cannot be written: {error.strerror}.") from None


@click.command()
@click.argument("kind", type=click.Choice(list(json_schema.KINDS)), required=False)
@click.option(
    "--write", "folder", type=Path, metavar="DIR", help="Write KIND, or all of them, into this folder."
)
def schema(kind: str | None, folder: Path | None) -> None:
    """Print the JSON Schema of a kind of file, for editors that complete and validate with it.

    An editor with the YAML language server takes it from a file's first line:

    \b
      # yaml-language-server: $schema=.schema/flow.json

    \b
    Examples:
      softswitch dialplan schema flow
      softswitch dialplan schema --write myshop/.schema
    """
    if folder is None:
        if kind is None:
            raise click.UsageError(f"Give a KIND ({', '.join(json_schema.KINDS)}), or --write DIR for all.")
        click.echo(json_schema.text(kind), nl=False)
        return
    for each in [kind] if kind else json_schema.KINDS:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{each}.json", json_schema.text(each).rstrip("\n"))
        click.echo(f"{folder / each}.json: for {json_schema.WHERE[each]}")
