"""`scripts/bench`: runs measurements and prints their figures as a table or as JSON."""

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from figures.figure import Estimate, Figure, Measurement, Workshop, figures_of, table
from figures.groups import GROUPS, SOAK
from softswitch.errors import SoftswitchError


@click.command()
@click.argument("group", type=click.Choice(list(GROUPS)), required=False)
@click.option("--only", default="", metavar="SUBSTRING", help="Only figures whose name contains this.")
@click.option("--soak", is_flag=True, help="Only the long soak (17 minutes), which is left out otherwise.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object and nothing else.")
def bench(group: str | None, only: str, soak: bool, json_: bool) -> None:
    """Measure, on this machine and over loopback, what the targets speak of.

    The exit status is 0 whether or not targets are met, and 1 when something could not be measured.
    """
    chosen = SOAK if soak else GROUPS
    todo = [
        (name, measurement)
        for name in ([group] if group else GROUPS)
        for measurement in chosen.get(name, ())
        if any(only in spec.name for spec in measurement.specs)
    ]
    figures, failures = run(todo, only)
    if json_:
        click.echo(json.dumps({"figures": [asdict(figure) for figure in figures]}))
    else:
        click.echo(report(group, figures, only))
    for failure in failures:
        click.echo(f"bench: {failure}", err=True)
    sys.exit(1 if failures else 0)


def run(todo: Sequence[tuple[str, Measurement]], only: str) -> tuple[list[Figure], list[str]]:
    """The figures that were asked for, and a sentence for each measurement that could not be made."""
    figures: list[Figure] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="softswitch-bench-") as folder:
        workshop = Workshop(Path(folder), lambda text: click.echo(f"         {text}", err=True))
        for number, (group, measurement) in enumerate(todo, 1):
            click.echo(f"[{number} of {len(todo)}] {measurement.what}", err=True)
            values: Sequence[float | Estimate] | None = None
            try:
                values = measurement.run(workshop)
            except SoftswitchError as error:
                failures.append(f"not measured: {measurement.what}: {error}")
            figures += [figure for figure in figures_of(group, measurement, values) if only in figure.name]
    return figures, failures


def report(group: str | None, figures: Sequence[Figure], only: str) -> str:
    empty = [name for name in ([group] if group else GROUPS) if not GROUPS[name]]
    lines = [f"{name}: no figures yet" for name in empty]
    if figures:
        load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
        lines.append(table(figures))
        lines.append(f"{os.cpu_count()} cores; load average over 1, 5 and 15 minutes: {load}")
    elif only:
        lines.append(f"no figure's name contains {only!r}")
    return "\n".join(lines)


bench(prog_name="scripts/bench")
