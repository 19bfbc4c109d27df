"""The call that `simulate` and `explain` suppose: who calls whom, by which trunk, and when."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from softswitch.dialplan.plan import Plan


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f'{value}: expected a date and time such as "2026-11-23 14:30"') from None


OPTIONS = (
    click.option("--trunk", default="", metavar="NAME", help="The trunk that it comes by."),
    click.option("--from", "from_", default="", metavar="NUMBER", help="Who calls; nothing: withheld."),
    click.option("--to", default="", metavar="NUMBER", help="Whom he calls."),
    click.option(
        "--at",
        "moment",
        callback=_moment,
        metavar="TIME",
        help='When, in the plan\'s time zone, such as "2026-11-23 14:30" [default: now].',
    ),
)


def call_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--trunk, --from, --to and --at (as `moment`)."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def at(plan: Plan, moment: datetime | None) -> datetime:
    """As an aware time: in the plan's zone where the caller names none."""
    zone = plan.calendar.zone
    if moment is None:
        return datetime.now(zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
