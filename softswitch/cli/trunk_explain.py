"""softswitch trunk explain: what becomes of a number on the way in or out, rule by rule."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

from softswitch.cli.trunk_settings import as_json
from softswitch.config import Config
from softswitch.e164 import e164
from softswitch.errors import SoftswitchError
from softswitch.store import declared, trunks
from softswitch.trunks import guarding, numbers, selection
from softswitch.trunks.health import State, unheard
from softswitch.trunks.selection import Candidate, Place
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Target


@click.command(
    epilog="\b\nExamples:\n  softswitch trunk explain 'sip:030123456@192.0.2.1' --trunk berlin\n"
    "  softswitch trunk explain +4930123456 --out"
)
@click.argument("number")
@click.option("--trunk", "name", help="On this trunk only.")
@click.option("--out", is_flag=True, help="A number that is dialled; else one that arrives.")
@click.option(
    "--from", "shown", default="", metavar="NUMBER", help="With --out: the number wanted to be shown."
)
@as_json
@click.pass_obj
def explain(config: Config, number: str, name: str | None, out: bool, shown: str, json_: bool) -> None:
    """Explain what becomes of NUMBER: which rules were tried, and what it is in the end.

    With --out also whether it may be dialled, and which trunks would be tried in which order, as declared:
    trunks that fail at the moment come last.
    """
    chosen = _trunks(config, name)
    result = _dialled(config, number, shown, chosen) if out else _arriving(number, chosen)
    if json_:
        click.echo(json.dumps(result))
    else:
        click.echo("\n".join((_told_out if out else _told_in)(result)))


def _trunks(config: Config, name: str | None) -> list[Trunk]:
    found = declared.read(config, passwords=False)
    for problem in found.problems:
        click.echo(f"softswitch: {problem}", err=True)
    chosen = [each.trunk for each in found.declared if name in (None, each.name)]
    if name and not chosen:
        raise trunks.unknown(name)
    if not chosen:
        raise SoftswitchError("there are no trunks: add one with softswitch trunk add")
    return chosen


def _arriving(number: str, chosen: Iterable[Trunk]) -> dict[str, Any]:
    readings = [{"trunk": trunk.name, **asdict(numbers.incoming(number, trunk.numbers))} for trunk in chosen]
    return {"arrives": number, "trunks": readings}


def _dialled(config: Config, number: str, wanted: str, chosen: Sequence[Trunk]) -> dict[str, Any]:
    """The order among trunks of one priority is by chance, in proportion to their weights."""
    countries = ("", *(trunk.numbers.country for trunk in chosen))
    dialled = next((found for country in countries if (found := e164(number, country))), number)
    routes = selection.routes(dialled, map(_candidate, chosen), random.random)
    takers = list(dict.fromkeys(route.trunk for route in routes))
    return {
        "dialled": dialled,
        "forbidden": guarding.forbidden(dialled, config.dialing),
        "trunks": [_try(dialled, wanted, trunk) for trunk in takers],
        "not_by": {trunk.name: _why_not(trunk) for trunk in chosen if trunk not in takers},
    }


def _candidate(trunk: Trunk) -> Candidate:
    """As if nothing were known of how it fares; one place stands for all of its hosts."""
    places = (Place(Target(trunk.hosts[0], "", 0, trunk.transport)),) if trunk.hosts else ()
    return Candidate(trunk, State.UNKNOWN, places, tuple(unheard(0.0) for _ in places))


def _try(number: str, wanted: str, trunk: Trunk) -> dict[str, Any]:
    sent, caller = numbers.outgoing(number, trunk.numbers), numbers.shown(wanted, trunk)
    return {
        "trunk": trunk.name,
        "priority": trunk.priority,
        "weight": trunk.weight,
        "dials": sent.user,
        "shows": caller.user,
        "trail": [*sent.trail, *caller.trail],
    }


def _why_not(trunk: Trunk) -> str:
    """Told of a trunk that selection did not take."""
    if not trunk.enabled:
        return "it is disabled"
    if not trunk.outbound:
        return "outbound is no"
    return f"prefixes are {', '.join(trunk.prefixes)}" if trunk.hosts else "it has no hosts to call"


def _told_in(result: dict[str, Any]) -> Iterator[str]:
    for each in result["trunks"]:
        yield f"{result['arrives']} arrives on {each['trunk']}"
        yield from (f"  {told}" for told in each["trail"])
        yield f"  = {each['number'] or 'no number: ' + each['address']}"


def _told_out(result: dict[str, Any]) -> Iterator[str]:
    yield f"{result['dialled']} goes out"
    yield f"  {result['forbidden'] or 'dialing: it may be dialled'}"
    for place, each in enumerate(result["trunks"], 1):
        order = f"priority {each['priority']}, weight {each['weight']}"
        yield f"{place}. {each['trunk']} ({order}): dials {each['dials']}, shows {each['shows'] or 'nothing'}"
        yield from (f"  {told}" for told in each["trail"])
    yield from (f"not by {name}: {why}" for name, why in result["not_by"].items())
