"""softswitch call: place one real call, hold a conversation by script, and say how fast it went."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click

from softswitch.cli import call_audio
from softswitch.gateway.caller.engine import Caller, CallerSettings, address_towards
from softswitch.gateway.caller.script import (
    Answered,
    CallReport,
    CallScript,
    Greeted,
    Noise,
    Progress,
    Sending,
    Transferred,
    Turn,
)
from softswitch.gateway.caller.wav import write_record

SCRIPT = ("say", "wav", "dtmf", "wait", "barge_in_after")


class Scripted(click.Command):
    """Keeps the order of the script's options, which click sorts by name. It is left in ctx.meta."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        order = self.make_parser(ctx).parse_args(list(args))[2]
        rest = super().parse_args(ctx, args)
        given = {name: iter(ctx.params.pop(name)) for name in SCRIPT}
        ctx.meta["script"] = [(p.name, next(given[p.name])) for p in order if p.name in given]
        return rest


def _keys(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"[0-9A-D*#]+", value):
            raise click.BadParameter(f"{value}: the keys of a telephone are 0-9, *, # and A-D")
    return values


@click.command(
    cls=Scripted,
    epilog="\b\nExamples:\n"
    '  softswitch call --say "What are your opening hours?" --say goodbye\n'
    '  softswitch call sip:desk@192.0.2.10 --barge-in-after 1 --say "stop" --dtmf 1 --record call.wav',
)
@click.argument("uri", required=False)
@click.option("--say", multiple=True, metavar="TEXT", help="Say this.")
@click.option("--wav", multiple=True, metavar="FILE", help="Send this WAV file's audio.")
@click.option("--dtmf", multiple=True, metavar="DIGITS", callback=_keys, help="Press these keys (RFC 4733).")
@click.option("--wait", multiple=True, metavar="SECONDS", type=click.FloatRange(0, 120), help="Be silent.")
@click.option(
    "--barge-in-after",
    multiple=True,
    metavar="SECONDS",
    type=click.FloatRange(0, 60),
    help="Start the next of them so long after the other side began to speak.",
)
@click.option(
    "--voice", default="embedded", show_default=True, help="embedded, a Piper .onnx, or espeak-ng:NAME."
)
@click.option(
    "--noise", callback=call_audio.noise, metavar="FILE@SNR", help="Under all that is sent; white@15 too."
)
@click.option(
    "--record", type=click.Path(dir_okay=False, path_type=Path), help="Stereo WAV: caller left, other right."
)
@click.option(
    "--answer-wait",
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(0.1, 120),
    help="An answer that takes longer is none.",
)
@click.option("--from", "from_uri", default="", metavar="URI", help="Who calls.")
@click.option("--transport", type=click.Choice(["udp", "tcp"]), default="udp", show_default=True)
@click.option("--srtp", is_flag=True, help="Encrypt the audio (SDES, RFC 4568), or fail.")
@click.option(
    "--no-refer",
    is_flag=True,
    help="Decline transfers (REFER), as many trunks do: the node connects the two itself.",
)
@click.option("--json", "json_", is_flag=True, help="Print one JSON object at the end, and nothing else.")
@click.pass_context
def call(
    ctx: click.Context,
    uri: str | None,
    voice: str,
    noise: Noise | None,
    record: Path | None,
    answer_wait: float,
    from_uri: str,
    transport: Literal["udp", "tcp"],
    srtp: bool,
    no_refer: bool,
    json_: bool,
) -> None:
    """Call URI (this machine's node by default), speak by script, and measure the answers.

    --say, --wav, --dtmf, --wait and --barge-in-after may be given in any order and number: their order is
    the script. Each utterance waits until the other side has been silent for 0.6 s. The exit status is 0
    when every utterance got an answer.

    A response time runs from the last voiced sample sent to the first one heard, as the caller's ear has
    it: network, packets and jitter buffer included. A far end that echoes at once reads about 40 ms.
    Keys count to the end of the last one; an answer that begins before the end counts as 0 ms. Voiced is
    a window of 5 ms above -45 dBFS (with --noise, 10 dB above the noise that comes back).
    """
    target = uri or ctx.obj.sip.uri
    script = CallScript(
        target,
        call_audio.steps(ctx.meta["script"], voice),
        noise=noise,
        answer_wait=answer_wait,
        follow=not no_refer,
        stay=no_refer,
    )
    settings = CallerSettings(address_towards(target), transport, srtp, from_uri)
    if not json_:
        click.echo(f"calling {target}")
    with Caller(settings) as caller:
        report = caller.run([script], observer=(lambda progress: None) if json_ else tell)[0]
    if record:
        write_record(record, report)
    click.echo(json.dumps(as_dict(report)) if json_ else ending(report))
    if not report.ok:
        if not json_:
            click.echo(f"softswitch: {report.problem}", err=True)
        ctx.exit(1)


def as_dict(report: CallReport) -> dict[str, Any]:
    """A report for programs: `call`, `turns`, `ok` and `problem`."""
    whole = asdict(report)
    keep = ("uri", "status", "sip_code", "setup_ms", "greeting_ms", "codec", "ended_by", "transferred_to")
    return {
        "call": {key: whole[key] for key in keep},
        "turns": whole["turns"],
        "ok": report.ok,
        "problem": report.problem,
    }


def tell(progress: Progress) -> None:
    """Print one thing that happened on the call."""
    match progress:
        case Answered():
            click.echo(f"answered after {progress.setup_ms:.0f} ms")
        case Greeted():
            click.echo(f"greeting heard {progress.greeting_ms:.0f} ms after the answer")
        case Sending():
            verb = "presses" if progress.kind == "dtmf" else "says"
            click.echo(f'{progress.at_s:7.2f} s  caller {verb} "{progress.text}"')
        case Transferred():
            click.echo(f"transferred to {progress.uri}")
        case Turn():
            click.echo(" " * 11 + _answer(progress))


def _answer(turn: Turn) -> str:
    stopped = f"; the prompt was silent after {turn.barge_in_ms:.0f} ms" if turn.barge_in_ms else ""
    if turn.response_ms is None:
        return "no answer" + stopped
    return f"answer after {turn.response_ms:.0f} ms, {turn.heard_s:.1f} s long{stopped}"


def ending(report: CallReport) -> str:
    return f"ended: {report.status}, {report.sip_code}, by {report.ended_by}" + (
        f", {report.codec}" if report.codec else ""
    )
