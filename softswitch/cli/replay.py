"""softswitch replay: a trace of conversations against a dialplan, with and without remembering answers."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from softswitch.answer.asking import Embedding, Model
from softswitch.app.answering.wiring import model_of
from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan
from softswitch.errors import SoftswitchError
from softswitch.replay import comparing, plot, records
from softswitch.replay import trace as traces
from softswitch.replay.both import Tell, replay_both
from softswitch.replay.bundled import FOLDER, MONTH, NOBODY
from softswitch.replay.comparing import Prices
from softswitch.replay.trace import Trace

BUNDLED = "month"


class PricesType(click.ParamType[Prices]):
    name = "prices"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Prices:
        try:
            prompt, completion = map(float, str(value).split(","))
            return Prices(prompt, completion)
        except ValueError:
            self.fail(
                "expected two prices for a million tokens, prompt and completion: 0.15,0.60", param, ctx
            )


@click.command(
    epilog="\b\nExamples:\n  softswitch replay\n  softswitch replay --prices 0.15,0.60 --plot month.svg\n"
    "  softswitch replay --from-records --plan ./myshop --llm main"
)
@click.argument("trace", default=BUNDLED, required=False)
@click.option("--plan", metavar="PLAN", help="A dialplan's folder or name [default: the bundled trace's].")
@click.option("--from-records", is_flag=True, help="The node's own calls are the trace, numbers masked.")
@click.option("--llm", metavar="NAME", help="Ask this model of `llm` instead of the scripted one.")
@click.option(
    "--embedding",
    metavar="NAME",
    help="Compare questions by the embedding model of this one of `llm`; the scripted one is asked.",
)
@click.option("--prices", type=PricesType(), metavar="IN,OUT", help="For a million tokens: 0.15,0.60.")
@click.option("--calls", type=click.IntRange(1), help="Only so many calls and pairs, the first ones.")
@click.option("--plot", "plot_", type=click.Path(path_type=Path), metavar="FILE.svg", help="Draw it.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_obj
def replay(
    config: Config,
    trace: str,
    plan: str | None,
    from_records: bool,
    llm: str | None,
    embedding: str | None,
    prices: Prices | None,
    calls: int | None,
    plot_: Path | None,
    json_: bool,
) -> None:
    """Run the conversations of TRACE, and tell what remembering answers saves.

    TRACE is a file of JSON lines, or `month`: a synthetic month of a flower shop, 2,000 calls. The dialplan's
    interpreter, its answers and the server are real; only audio is left out, and the time in which nothing
    happens is jumped over. A real model is waited for in real time.
    """
    loaded = _plan(config, plan, from_records)
    given = records.trace(config.database_url, loaded) if from_records else _trace(trace)
    if calls:
        given = replace(given, calls=given.calls[:calls], pairs=given.pairs[:calls])
    if llm and embedding:
        raise SoftswitchError("the embedding model of --llm is used anyway: leave --embedding out")
    model = _model(config, "--llm", llm) if llm else None
    compared = _embedding(config, embedding) if embedding else None
    done = replay_both(loaded, given, model, _teller(json_), compared)
    comparison = comparing.compare(done.without, done.remembering, prices)
    if plot_:
        plot_.write_text(plot.text(done.without, done.remembering, f"{loaded.name}: {trace}"))
    if json_:
        click.echo(json.dumps(comparing.as_json(comparison, done.reused)))
    else:
        click.echo("\n".join(comparing.lines(comparison, done.reused)))


def _plan(config: Config, name: str | None, from_records: bool) -> Plan:
    if name is None and not from_records:
        return loader.load(FOLDER, config.human or NOBODY)
    return loader.load(loader.resolve(name or config.dialplan[0]), config.human or NOBODY)


def _trace(name: str) -> Trace:
    return traces.read(MONTH if name == BUNDLED else Path(name))


def _model(config: Config, option: str, name: str) -> Model:
    if name not in config.llm:
        known = ", ".join(config.llm) or "none"
        raise SoftswitchError(f"{option} {name}: not configured in `llm`; those that are: {known}")
    return model_of(name, config.llm[name])


def _embedding(config: Config, name: str) -> Embedding:
    embedding = _model(config, "--embedding", name).embedding
    if embedding is None:
        raise SoftswitchError(f"--embedding {name}: write `embedding` into llm.{name}")
    return embedding


def _teller(silent: bool) -> Tell:
    """A line that counts, on a terminal."""

    def tell(what: str, done: int, total: int) -> None:
        if not silent and sys.stderr.isatty():
            click.echo(f"\r{what}: {done} of {total} calls", nl=done == total, err=True)

    return tell
