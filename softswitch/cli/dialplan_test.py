"""`softswitch dialplan test`: hold a plan to its scenarios."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from softswitch.complaints import suggest
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan
from softswitch.dialplan.testing import coverage, junit, report, running, scenarios
from softswitch.dialplan.testing.coverage import Coverage
from softswitch.dialplan.testing.report import Told
from softswitch.dialplan.testing.scenarios import Case
from softswitch.errors import SoftswitchError

SOMEBODY = "sip:human@example.invalid"
"""Whom `transfer: human` leads to where nothing is real and the configuration names nobody."""
SHOWN = 20
"""Steps, ways or intents that were not covered, of which the names are printed."""


@click.command("test")
@click.argument("path", required=False)
@click.option("--tests", type=click.Path(path_type=Path), metavar="DIR", help="Where the scenarios are.")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Scenarios with this in their name; may be repeated."
)
@click.option("--audio", is_flag=True, help="Over real calls: spoken, heard and keyed.")
@click.option(
    "--noise",
    type=click.FloatRange(-10, 60),
    metavar="DB",
    help="With --audio: noise so far below the speech.",
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit's XML."
)
@click.option("--coverage", "covers", is_flag=True, help="Print what no scenario went through.")
@click.option("--least", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail below this coverage.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def test(
    ctx: click.Context,
    path: str | None,
    tests: Path | None,
    only: tuple[str, ...],
    audio: bool,
    noise: float | None,
    junit_file: Path | None,
    covers: bool,
    least: float | None,
    as_json: bool,
) -> None:
    """Hold a dialplan to its scenarios; exit 1 when one fails, or too little is covered.

    The scenarios of dialplans/NAME are the YAML files of tests/dialplans/NAME; those of any other folder are
    in its own folder `tests`. Without --audio they are typed to the plan, thousands in a second.

    \b
    Examples:
      softswitch dialplan test
      softswitch dialplan test dialplans/order_desk --coverage --least 90 --junit report.xml
      softswitch dialplan test order_desk --audio --noise 15 --only "opening hours"
    """
    if noise is not None and not audio:
        raise click.UsageError("--noise needs --audio: typed words have no noise.")
    config: Config = ctx.obj
    folder = loader.resolve(path or config.dialplan[0])
    plan = loader.load(folder, config.human or SOMEBODY)
    cases = scenarios.read(tests or scenarios.home(folder))
    scenarios.check(cases, plan)
    chosen = _chosen(cases, only)
    told = _called(config, folder, plan, chosen, noise) if audio else _typed(plan, chosen)
    covered = _covered(plan, told) if covers or least is not None else None
    if junit_file:
        junit_file.write_bytes(junit.xml(plan.name, told))
    ok = not any(each.failed for each in told) and not (covered and covered.percent < (least or 0))
    if as_json:
        click.echo(json.dumps(_record(plan, told, covered, ok), indent=2))
    else:
        _print(folder, told, covered, least)
    ctx.exit(0 if ok else 1)


def _chosen(cases: list[Case], only: tuple[str, ...]) -> list[Case]:
    chosen = [case for case in cases if not only or any(part.lower() in case.name.lower() for part in only)]
    if not chosen:
        near = suggest(only[0], [case.name for case in cases])
        raise SoftswitchError(f"--only {only[0]}: no scenario has that in its name{near}")
    return chosen


def _typed(plan: Plan, cases: Sequence[Case]) -> list[Told]:
    told = []
    for case in cases:
        began = time.perf_counter()
        result = running.run(plan, case)
        told.append(report.tell(result, time.perf_counter() - began))
    return told


def _called(
    config: Config, folder: Path, plan: Plan, cases: Sequence[Case], noise: float | None
) -> list[Told]:
    from softswitch.cli import dialplan_audio  # PJSIP and the voice take a while to load

    return dialplan_audio.run(config, folder, plan, cases, noise)


def _covered(plan: Plan, told: Sequence[Told]) -> Coverage:
    return coverage.measure(plan, (exchange for each in told for exchange in each.exchanges))


def _record(plan: Plan, told: Sequence[Told], covered: Coverage | None, ok: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"plan": plan.name, "version": plan.version, "ok": ok}
    found["scenarios"] = [each.record() for each in told]
    if covered:
        found["coverage"] = {"percent": round(covered.percent, 1)} | {
            each.kind: {"percent": round(each.percent, 1), "of": each.of, "missed": list(each.missed)}
            for each in covered.each
        }
    return found


def _print(folder: Path, told: Sequence[Told], covered: Coverage | None, least: float | None) -> None:
    for each in told:
        if each.failed:
            click.echo("\n".join([f"FAILED {each.name}", *each.lines(), ""]))
        elif each.left_out:
            click.echo(f"left out {each.name}: {each.left_out}")
    failed, left_out = sum(bool(each.failed) for each in told), sum(bool(each.left_out) for each in told)
    seconds = sum(each.seconds for each in told)
    passed = len(told) - failed - left_out
    counts = f"{passed} passed, {failed} failed" + (f", {left_out} left out" if left_out else "")
    many = "scenario" if len(told) == 1 else "scenarios"
    click.echo(f"{folder}: {len(told)} {many}, {counts}, {seconds:.2f} s.")
    for kind in covered.each if covered else ():
        click.echo(f"{kind.kind}: {kind.reached} of {kind.of} ({kind.percent:.0f} %){_never(kind.missed)}")
    if covered:
        short = f", less than {least:g} %" if least is not None and covered.percent < least else ""
        click.echo(f"covered: {covered.percent:.0f} %{short}")


def _never(missed: Sequence[str]) -> str:
    more = f" and {len(missed) - SHOWN} more" if len(missed) > SHOWN else ""
    return f"; never: {', '.join(missed[:SHOWN])}{more}" if missed else ""
