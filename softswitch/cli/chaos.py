"""`softswitch chaos`: has the running node suffer a fault, and tells what callers experienced."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import click

from softswitch import complaints
from softswitch.actions import files
from softswitch.cli import desk
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.values import seconds

BACK_S = 60.0


class Time(click.ParamType[float]):
    """A duration, as in the settings; with a sign where time may go back."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        sign, text = re.fullmatch(r"([+-]?)(.*)", str(value), re.S).groups()  # type: ignore[union-attr]
        try:
            found = seconds(text)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        assert isinstance(found, float)
        return -found if sign == "-" else found


TIME = Time()
OPTIONS: dict[str, Callable[[Any], Any]] = {
    "latency": click.option("--latency", type=TIME, default=0.0, help="Every use takes so much longer."),
    "errors": click.option(
        "--errors", type=click.FloatRange(0, 1), default=0.0, help="This share of its uses fails."
    ),
    "hang": click.option("--hang", is_flag=True, help="No use of it ever ends."),
    "for": click.option(
        "--for", "for_", type=TIME, default=30.0, help="How long [default: 30s]; Ctrl-C ends it before."
    ),
    "json": click.option("--json", "json_", is_flag=True, help="Print one JSON object at the end."),
}


def _with(*names: str) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for name in (*reversed(names), "for", "json"):
            function = OPTIONS[name](function)
        return function

    return decorate


@click.group()
def chaos() -> None:
    """Have the running node suffer a fault for a while, and tell what its callers experienced.

    Only nodes with `chaos: true` in their configuration do so.

    \b
    Examples:
      softswitch chaos llm --latency 3s --for 30s
      softswitch chaos sql --errors 0.5
      softswitch chaos recogniser --hang --for 10s
      softswitch chaos integration find_order --hang
      softswitch chaos clock --jump -1h
    """


def _three(name: str, text: str) -> None:
    @chaos.command(name, help=text)
    @_with("latency", "errors", "hang")
    @click.pass_obj
    def command(config: Config, /, for_: float, json_: bool, **fault: Any) -> None:
        if name == "llm" and not config.llm:
            raise SoftswitchError("this node has no language model that could fail: set llm")
        _run(config, json_, dependency=name, seconds=for_, **fault)


_three("llm", "Every language model.")
_three("sql", "The database, as far as it is written to for calls.")
_three("recogniser", "The ear: what callers say is heard late, or not.")
_three("synthesiser", "The voice: what was not rendered before is said late, or not.")


@chaos.command()
@click.argument("name")
@_with("latency", "errors", "hang")
@click.pass_obj
def integration(config: Config, /, name: str, for_: float, json_: bool, **fault: Any) -> None:
    """The action or look-up NAME."""
    file = files.load(config, secrets=False).file
    known = {each.rpartition(".")[2] for each in (*file.actions, *file.lookups)}
    if name not in known:
        near = complaints.suggest(name, known) or ": see actions_file"
        raise SoftswitchError(f"nothing is configured for '{name}' that could fail{near}")
    _run(config, json_, dependency="integration", name=name, seconds=for_, **fault)


@chaos.command()
@click.option("--disconnect", is_flag=True, required=True, help="The broker cannot be reached.")
@_with()
@click.pass_obj
def mqtt(config: Config, disconnect: bool, for_: float, json_: bool) -> None:
    """The broker."""
    _run(config, json_, dependency="mqtt", seconds=for_)


@chaos.command()
@click.option("--kill", is_flag=True, required=True, help="The process is killed.")
@_with()
@click.pass_obj
def gateway(config: Config, kill: bool, for_: float, json_: bool) -> None:
    """The process that has the calls: those that are up are lost."""
    _run(config, json_, dependency="gateway", seconds=for_)


@chaos.command()
@click.option("--kill", is_flag=True, required=True, help="The process is killed.")
@click.pass_obj
def control(config: Config, kill: bool) -> None:
    """The process that holds the conversations: tells when it is back."""
    began = time.monotonic()
    try:
        desk.ask(config, "chaos", dependency="control")
    except SoftswitchError as error:
        if "ended before" not in str(error):
            raise
    while time.monotonic() - began < BACK_S:
        try:
            desk.ask(config, "trunk.status")
        except SoftswitchError:
            time.sleep(0.1)
        else:
            click.echo(f"control is back after {time.monotonic() - began:.1f} s")
            return
    raise SoftswitchError(f"control was not back after {BACK_S:g} s: see the node's log")


@chaos.command()
@click.option("--full", is_flag=True, help="It has no room: for records and journal alike.")
@click.option("--slow", type=TIME, default=0.0, help="Every write takes so much longer.")
@_with()
@click.pass_obj
def disk(config: Config, full: bool, slow: float, for_: float, json_: bool) -> None:
    """The disk, as far as records and journal lie on it."""
    if full == bool(slow):
        raise SoftswitchError("expected either --full or --slow")
    _run(config, json_, dependency="disk", seconds=for_, errors=float(full), latency=slow)


@chaos.command()
@click.option("--jump", type=TIME, required=True, help="By so much, back with a minus: -1h.")
@_with()
@click.pass_obj
def clock(config: Config, jump: float, for_: float, json_: bool) -> None:
    """The clock of the process that holds the conversations."""
    _run(config, json_, dependency="clock", seconds=for_, jump=jump)


def _run(config: Config, json_: bool, **order: Any) -> None:
    asking = desk.follow(config, "chaos", **order)
    told: dict[str, Any] = {}
    try:
        while True:
            told = next(asking)
            if not json_:
                click.echo(f"\r{told['left_s']:5.0f} s left, {_line(told)}", nl=False, err=True)
    except StopIteration as answered:
        told = answered.value
    except KeyboardInterrupt:
        asking.close()
    told.pop("left_s", None)
    if json_:
        click.echo(json.dumps(told))
        return
    click.echo(err=True)
    click.echo(f"calls            {told.get('calls', 0)}, of which {told.get('ended', 0)} ended")
    click.echo(f"longest silence  {told.get('longest_silence_s', 0):g} s")
    click.echo(f"fillers          {told.get('fillers', 0)}")
    turns = ", ".join(f"{count} {rung or 'silent'}" for rung, count in told.get("turns", {}).items())
    click.echo(f"answers          {turns or 'none'}")
    click.echo(f"dropped calls    {told.get('dropped', 0)}")


def _line(told: dict[str, Any]) -> str:
    return (
        f"{told['calls']} calls, longest silence {told['longest_silence_s']:g} s, {told['dropped']} dropped"
    )
