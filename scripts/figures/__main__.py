"""`scripts/bench`: runs measurements and prints their figures as a table or as JSON."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from figures import speech_card, speech_recordings
from figures.figure import Estimate, Figure, Measurement, Workshop, figures_of, table
from figures.groups import GROUPS, SOAK
from softswitch.errors import SoftswitchError


@click.command()
@click.argument("group", type=click.Choice(list(GROUPS)), required=False)
@click.option("--only", default="", metavar="SUBSTRING", help="Only figures whose name contains this.")
@click.option("--soak", is_flag=True, help="Only the long soak (17 minutes), which is left out otherwise.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--model", default="embedded", metavar="PATH", help="speech: another ear, a Vosk model's folder."
)
@click.option("--recordings", type=Path, metavar="DIR", help="speech: only these WAV files with transcripts.")
@click.option("--card", type=Path, metavar="FILE", help="speech: also write the figures into an ear's card.")
def bench(
    group: str | None,
    only: str,
    soak: bool,
    json_: bool,
    model: str,
    recordings: Path | None,
    card: Path | None,
) -> None:
    """Measure, on this machine and over loopback, what the targets speak of.

    The exit status is 0 whether or not targets are met, and 1 when something could not be measured.
    """
    if group != "speech" and (model != "embedded" or recordings or card):
        raise click.UsageError("--model, --recordings and --card belong to the group speech")
    if card and (recordings or not card.is_file()):
        raise click.UsageError(f"--card {card}: expected an ear's card, for the held-out set only")
    try:
        chosen = {"speech": speech_recordings.measurements(recordings)} if recordings else None
        figures, failures = run(wanted(group, only, chosen or (SOAK if soak else GROUPS)), only, model)
        if card:
            speech_card.put(card, figures)
    except SoftswitchError as error:
        raise click.ClickException(str(error)) from None
    if json_:
        click.echo(json.dumps({"figures": [asdict(figure) for figure in figures]}))
    else:
        click.echo(report(figures, only))
    for failure in failures:
        click.echo(f"bench: {failure}", err=True)
    sys.exit(1 if failures else 0)


def wanted(
    group: str | None, only: str, groups: Mapping[str, Sequence[Measurement]]
) -> list[tuple[str, Measurement]]:
    return [
        (name, measurement)
        for name in ([group] if group else GROUPS)
        for measurement in groups.get(name, ())
        if any(only in spec.name for spec in measurement.specs)
    ]


def run(
    todo: Sequence[tuple[str, Measurement]], only: str, ear: str = "embedded"
) -> tuple[list[Figure], list[str]]:
    """The figures that were asked for, and a sentence for each measurement that could not be made."""
    figures: list[Figure] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="softswitch-bench-") as folder:
        workshop = Workshop(Path(folder), lambda text: click.echo(f"         {text}", err=True), ear)
        for number, (group, measurement) in enumerate(todo, 1):
            click.echo(f"[{number} of {len(todo)}] {measurement.what}", err=True)
            values: Sequence[float | Estimate] | None = None
            try:
                values = measurement.run(workshop)
            except SoftswitchError as error:
                failures.append(f"not measured: {measurement.what}: {error}")
            figures += [figure for figure in figures_of(group, measurement, values) if only in figure.name]
    return figures, failures


def report(figures: Sequence[Figure], only: str) -> str:
    lines: list[str] = []
    if figures:
        load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
        lines.append(table(figures))
        lines.append(f"{os.cpu_count()} cores; load average over 1, 5 and 15 minutes: {load}")
    elif only:
        lines.append(f"no figure's name contains {only!r}")
    return "\n".join(lines)


bench(prog_name="scripts/bench")
