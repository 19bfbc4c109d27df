"""`softswitch doctor`: everything that a call needs, checked one by one, and a real call over loopback."""

import json
from dataclasses import asdict

import click

from softswitch.cli import checkup
from softswitch.config import Config


@click.command(epilog="\b\nExample:\n  softswitch doctor --json")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object, and nothing else.")
@click.option("--no-call", is_flag=True, help="Leave out the call.")
@click.pass_context
def doctor(ctx: click.Context, json_: bool, no_call: bool) -> None:
    """Check everything that a call needs, and place one over loopback.

    Where a node is running with this configuration, that one is called; otherwise a node is started for
    the purpose, on free ports and with records of its own. The exit status is 0 when all is well.
    """
    config: Config = ctx.obj
    findings = []
    for finding in checkup.examine(config, call=not no_call):
        findings.append(finding)
        if not json_:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what:<10} {finding.detail}")
    healthy = all(finding.ok for finding in findings)
    if json_:
        click.echo(json.dumps({"ok": healthy, "findings": [asdict(finding) for finding in findings]}))
    ctx.exit(0 if healthy else 1)
