"""softswitch trunk test: a doctor for trunks, step by step, with what to change."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import click

from softswitch.app.trunking.examining import Examination, Finding
from softswitch.cli import desk
from softswitch.cli.trunk_settings import as_json
from softswitch.config import Config
from softswitch.node_lock import is_running
from softswitch.store import declared, trunks
from softswitch.trunks.settings import Trunk

Report = dict[str, Any]
"""`ok`, and the `findings` as examining.Finding has them."""


@click.command(
    epilog="\b\nExamples:\n  softswitch trunk test berlin\n"
    "  softswitch trunk test berlin --to +4930123456 --json"
)
@click.argument("name")
@click.option("--to", metavar="NUMBER", help="Call this echo target too, and try audio and keys.")
@as_json
@click.pass_context
def test(ctx: click.Context, name: str, to: str | None, json_: bool) -> None:
    """Test a trunk like a doctor: resolve, reach, TLS, OPTIONS, register, and with --to a call.

    Each step tells how long it took, what was answered in words, and what to change where it failed; later
    steps that need it are left out then. The running node tests with its own addresses and registration.
    Without one the names, connections, TLS and OPTIONS are tested, from a port of its own. The exit status
    is 1 when a step failed.
    """
    config: Config = ctx.obj

    def tell(finding: Report) -> None:
        if not json_:
            click.echo(_line(finding))

    report = _by_node(config, name, to or "", tell) if is_running(config) else _alone(config, name, to, tell)
    if json_:
        click.echo(json.dumps(report))
    ctx.exit(0 if report["ok"] else 1)


def _by_node(config: Config, name: str, to: str, tell: Callable[[Report], None]) -> Report:
    asking = desk.follow(config, "trunk.test", name=name, to=to)
    while True:
        try:
            tell(next(asking)["finding"])
        except StopIteration as answered:
            return dict(answered.value)


def _alone(config: Config, name: str, to: str | None, tell: Callable[[Report], None]) -> Report:
    found = declared.read(config, passwords=False).find(name)
    if found is None:
        raise trunks.unknown(name)
    examination = asyncio.run(_examined(config, found.trunk, to, tell))
    return {"ok": examination.ok, "findings": [finding.as_dict() for finding in examination.findings]}


async def _examined(
    config: Config, trunk: Trunk, to: str | None, tell: Callable[[Report], None]
) -> Examination:
    def tell_finding(finding: Finding) -> None:
        tell(finding.as_dict())

    examination = Examination(config, trunk, None, tell_finding)
    await examination.run()
    if to:
        examination.leave_out("call", "only a running node calls: softswitch serve")
    return examination


def _line(finding: Report) -> str:
    mark = {True: "ok  ", False: "FAIL", None: "skip"}[finding["ok"]]
    took = "" if finding["took_ms"] is None else f"{finding['took_ms']:.0f} ms"
    target = f"{finding['target']}: " if finding["target"] else ""
    remedy = f"\n{'':25}-> {finding['remedy']}" if finding["remedy"] else ""
    return f"{mark}  {finding['step']:<8} {took:>8}  {target}{finding['detail']}{remedy}"
