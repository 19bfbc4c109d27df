"""`softswitch dialplan graph`: a plan's flows as a drawing."""

from collections.abc import Mapping
from pathlib import Path

import click

from softswitch.complaints import suggest
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.graphing import drawing, mermaid, svg
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError

FORMATS = {"mermaid": mermaid.text, "svg": svg.text}


@click.command()
@click.argument("path", required=False)
@click.option(
    "--format", "format_", type=click.Choice(list(FORMATS)), help="[default: by FILE, else mermaid]"
)
@click.option("--flow", metavar="NAME", help="Only this flow.")
@click.option("--calls", "counted", is_flag=True, help="How many callers of this version took each way.")
@click.option("--any-version", is_flag=True, help="With --calls: of the plan's other versions too.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it here."
)
@click.pass_obj
def graph(
    config: Config,
    path: str | None,
    format_: str | None,
    flow: str | None,
    counted: bool,
    any_version: bool,
    output: Path | None,
) -> None:
    """Draw a dialplan's flows: steps as boxes, ways with what leads there.

    What holds at every question, universal intents and repairs, stands in a box of its own. Ways that come
    back, from a flow that is called or digressed into, are dashed.

    \b
    Examples:
      softswitch dialplan graph > flows.mmd
      softswitch dialplan graph order_desk --flow order --output order.svg
      softswitch dialplan graph --calls --format svg --output walked.svg
    """
    plan = loader.load(loader.resolve(path or config.dialplan[0]), config.human)
    if flow is not None and flow not in plan.files.flows:
        raise SoftswitchError(f"--flow {flow}: the plan has no such flow{suggest(flow, plan.files.flows)}")
    if any_version and not counted:
        raise click.UsageError("--any-version needs --calls.")
    calls = _calls(config, plan, any_version) if counted else None
    chosen = format_ or _format_of(output)
    text = FORMATS[chosen](drawing.draw(plan.files, flow, calls))
    if output:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output}: {plan.name} {plan.version}")
    else:
        click.echo(text, nl=False)


def _format_of(output: Path | None) -> str:
    if output is None or output.suffix in (".mmd", ".md", ".txt"):
        return "mermaid"
    if output.suffix != ".svg":
        raise SoftswitchError(f"--output {output}: expected a .svg, or .mmd for Mermaid; or say --format")
    return "svg"


def _calls(config: Config, plan: Plan, any_version: bool) -> Mapping[tuple[str, str], int]:
    from softswitch.store import queries  # SQLAlchemy takes a while to import

    found = queries.ways(config.database_url, plan.name, "" if any_version else plan.version)
    if not found:
        more = "" if any_version else f" in version {plan.version}; --any-version counts those of all"
        click.echo(f"No calls of {plan.name} are recorded{more}.", err=True)
    return found
