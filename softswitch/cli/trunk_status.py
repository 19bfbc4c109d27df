"""softswitch trunk status: how the trunks of the running node fare."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from softswitch.cli import desk
from softswitch.cli.trunk_settings import as_json
from softswitch.config import Config

EVERY_S = 1.0
CLEAR = "\033[H\033[2J"


@click.command(epilog="\b\nExamples:\n  softswitch trunk status\n  softswitch trunk status berlin --watch")
@click.argument("name", required=False)
@click.option("--watch", is_flag=True, help="Again every second, until Ctrl-C; with --json a line each.")
@as_json
@click.pass_obj
def status(config: Config, name: str | None, watch: bool, json_: bool) -> None:
    """Tell how trunks fare: state, registration, latency, calls, and what went wrong last.

    Only the running node knows. A trunk is up, degraded (it works, but slowly, or one of its hosts is down),
    down, unknown (nothing was heard yet) or disabled.
    """
    while True:
        told = desk.ask(config, "trunk.status", name=name or "")
        text = json.dumps(told) if json_ else "\n".join(_whole(told, name is not None))
        click.echo(f"{CLEAR}{text}" if watch and not json_ and sys.stdout.isatty() else text)
        if not watch:
            return
        time.sleep(EVERY_S)


def _whole(told: dict[str, Any], closely: bool) -> Iterator[str]:
    if not told["trunks"]:
        yield "the running node has no trunks; add one with softswitch trunk add"
    elif closely:
        yield from _closely(told["trunks"][0])
    else:
        yield from _table(told["trunks"])
    for problem in told["problems"]:
        yield f"! {problem}"


def _table(trunks: list[dict[str, Any]]) -> Iterator[str]:
    row = "{:<20}  {:<8}  {:<9}  {:<22}  {:>8}  {:>8}  {:>4}  {:>4}".format
    yield row("NAME", "STATE", "SINCE", "REGISTRATION", "LATENCY", "P50", "IN", "OUT")
    for each in trunks:
        latency, calls = each["latency_ms"], each["calls"]
        yield row(
            each["name"],
            each["state"],
            ago(each["since"]),
            _registered(each["registration"]),
            _ms(latency["last"]),
            _ms(latency["p50"]),
            calls["in"],
            calls["out"],
        )
        if each["error"]:
            yield f"    {each['error']}"


def _closely(each: dict[str, Any]) -> Iterator[str]:
    line = "{:<13} {}".format
    latency, calls, failures = each["latency_ms"], each["calls"], each["failures"]
    yield line(each["name"], f"{each['state']} for {ago(each['since'])}")
    yield line("kind", f"{each['kind']}, declared in {'the file' if each['source'] == 'file' else 'SQL'}")
    if each["registration"]:
        yield line("registration", _registered(each["registration"], closely=True))
    yield line("latency", f"{_ms(latency['last'])} last, {_ms(latency['p50'])} usually")
    yield line("calls", f"{calls['in']} in, {calls['out']} out")
    yield line("failures", ", ".join(f"{count} {kind}" for kind, count in failures.items()))
    for target in each["targets"]:
        error = f": {target['error']}" if target["error"] else ""
        host = (
            ""
            if target["address"].rpartition(":")[0].strip("[]") == target["host"]
            else f"{target['host']}, "
        )
        told = f"{target['state']} for {ago(target['since'])}, {_ms(target['latency_ms']['last'])}{error}"
        yield line("target", f"{target['address']} ({host}{target['transport']}) {told}")
    if each["error"]:
        yield line("last error", each["error"])


def _registered(it: dict[str, Any] | None, closely: bool = False) -> str:
    if it is None:
        return "-"
    at = f" at {it['at']}" if closely and it["at"] else ""
    match it["phase"]:
        case "registered":
            return f"expires in {_span(it['expires_in'])}{at}"
        case "waiting":
            return f"failed, again in {_span(it['next_try_in'])}"
        case "registering":
            return f"registering{at}"
    return "none yet"


def ago(at: float) -> str:
    return _span(time.time() - at)


def _span(seconds: float) -> str:
    """'4 s', '12 min', '3 h', '5 d'."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(max(0.0, seconds))} s"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:g} ms"
