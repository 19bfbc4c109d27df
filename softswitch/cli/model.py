"""`softswitch model`: fetch ears and voices, check them, choose among them."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from softswitch import config as configuration
from softswitch import validation
from softswitch.cli import yaml_edit
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.sections.speech import Speech
from softswitch.speech import library, models, pulling, registry
from softswitch.speech.registry import Kind

SETTING: dict[Kind, str] = {"ear": "model", "voice": "voice"}
LINE_EVERY_S = 5.0
BAR_EVERY_S = 0.1


@click.group()
def model() -> None:
    """Fetch ears (Vosk models) and voices (Piper), check them, choose among them."""


@model.command("list", epilog="\b\nExample:\n  softswitch model list --language de")
@click.option("--language", help="Only those for this language, for instance `de`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_obj
def list_(config: Config, language: str | None, as_json: bool) -> None:
    """List the models that are known and those that are installed, and where each is in use."""
    rows = [row for row in _rows(config) if not language or _primary(row.language) == language]
    if as_json:
        found = {"folder": str(config.models_dir), "models": [asdict(row) for row in rows]}
        click.echo(json.dumps(found, indent=2))
        return
    for row in rows:
        state = f"in use ({', '.join(row.in_use)})" if row.in_use else "installed" * row.installed
        line = f"{row.name:<30} {row.kind:<6} {row.language:<6} {row.size:>7}  {row.licence:<26} {state}"
        click.echo(line.rstrip())


@model.command()
@click.argument("what")
@click.option("--name", help="What to call it; its own name when not given.")
@click.option("--language", help="Its language, for instance `de`, where nothing else tells.")
@click.pass_obj
def pull(config: Config, what: str, name: str | None, language: str | None) -> None:
    """Fetch a model: WHAT is a name that `list` shows, an address, or the path of a file or folder.

    What was cut off goes on where it stopped when the same command is given again.

    \b
    Examples:
      softswitch model pull vosk-model-small-en-us-0.15
      softswitch model pull https://models.example/shop.zip --name shop
      softswitch model pull ./en_US-mine-medium.onnx
    """
    order = pulling.order(what, name, language)
    found = pulling.pull(order, config.models_dir, Progress())
    if found is None:
        click.echo(f"{order.name} is installed already.")
        return
    unproven = found.downloads and not all(file.sha256 for file in order.files)
    if unproven:
        click.echo("Its publisher states no SHA-256; that of this download is recorded:")
        for file, sha256 in found.downloads.items():
            click.echo(f"  {sha256}  {file}")
    click.echo(
        f"{found.name} is installed ({found.bytes / 1e6:.0f} MB, licence: {found.licence or 'not known'})."
    )
    click.echo(f"Choose it with: softswitch model use {found.name}")


@model.command(epilog="\b\nExample:\n  softswitch model verify")
@click.argument("name", required=False)
@click.pass_context
def verify(ctx: click.Context, name: str | None) -> None:
    """Check every file of a model, or of all, against what was pulled; exit 1 when one is not the same."""
    folder = ctx.obj.models_dir
    if name == models.EMBEDDED:
        raise SoftswitchError(f"{name} came with softswitch and was not pulled: there is nothing to check")
    if name and not (folder / library.check_name(name)).is_dir():
        raise SoftswitchError(f"{name} is not installed: fetch it with `softswitch model pull {name}`")
    names = [name] if name else sorted(library.installed(folder))
    if not names:
        click.echo("no models installed")
    broken = False
    for each in names:
        found = library.problems(folder / each)
        broken = broken or bool(found)
        click.echo(f"{'FAIL' if found else 'ok  '}  {each}")
        for problem in found:
            click.echo(f"      {problem}")
        if found:
            source = library.manifest(folder / each).source
            again = each if each in registry.known() else f"{source} --name {each}"
            click.echo(f"      mend it with: softswitch model pull {again}")
    ctx.exit(1 if broken else 0)


@model.command()
@click.argument("name")
@click.option("--language", help="Only for dialplans in this language, for instance `en`.")
@click.option("--dialplan", help="Only for this dialplan, by the `name` in its plan.yaml.")
@click.pass_context
def use(ctx: click.Context, name: str, language: str | None, dialplan: str | None) -> None:
    """Choose a model: its installed name, `embedded`, or a path. Written into the configuration file.

    \b
    Examples:
      softswitch model use vosk-model-small-en-us-0.15
      softswitch model use de_DE-thorsten-medium --language de
      softswitch model use en_GB-alba-medium --dialplan reception
    """
    if language and dialplan:
        raise click.UsageError("give --language or --dialplan, not both")
    config: Config = ctx.obj
    kinds = _kinds(name, config.models_dir)
    if "/" in name:  # the node may be started in another folder
        name = str(Path(name).absolute())
    changes = {_place(kind, language, dialplan): name for kind in kinds}
    path: Path = ctx.find_root().params.get("path") or configuration.default_path()
    yaml_edit.write(path, changes, lambda document: validation.validate(document, Config))
    for warning in _warnings(config, name, kinds, language):
        click.echo(f"Mind: {warning}", err=True)
    for place in changes:
        click.echo(f"{path}: {'.'.join(place)} is {name}. It takes effect at the node's next start.")


def _kinds(name: str, folder: Path) -> list[Kind]:
    """What the model is, once the engine's needs are met; the embedded one is both."""
    if name == models.EMBEDDED:
        return ["ear", "voice"]
    there = _there(name, folder)
    kind: Kind = "voice" if there.suffix == ".onnx" or any(there.glob("*.onnx")) else "ear"
    library.check_shape(there, kind)
    return [kind]


def _there(name: str, folder: Path) -> Path:
    if "/" in name:
        if not Path(name).exists():
            raise SoftswitchError(f"there is no {name}: see that the path is right")
        return Path(name)
    if not (folder / library.check_name(name)).is_dir():
        raise SoftswitchError(f"{name} is not installed: fetch it with `softswitch model pull {name}`")
    return folder / name


def _place(kind: Kind, language: str | None, dialplan: str | None) -> tuple[str, ...]:
    key = SETTING[kind]
    if dialplan:
        return ("speech", "dialplans", dialplan, key)
    return ("speech", f"{key}s", language) if language else ("speech", key)


def _warnings(config: Config, name: str, kinds: list[Kind], language: str | None) -> Iterator[str]:
    """What the choice brings with it that may not be meant."""
    found = library.installed(config.models_dir).get(name)
    told = _primary(found.language) if found else ""
    if told and language and told != language:
        yield f"{name} is for the language {told}."
    if kinds == ["ear"] and not models.takes_grammar(models.ear(name, config.models_dir)):
        yield f"{name} cannot be told which phrases a step listens for; it always hears its whole vocabulary."


def _primary(language: str) -> str:
    return language.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Row:
    """A model that is known or installed. `size`: of what was pulled, or of what would be."""

    name: str
    kind: Kind
    language: str
    size: str
    licence: str
    installed: bool
    in_use: list[str]


def _rows(config: Config) -> Iterator[Row]:
    """The embedded ones, then those that could be pulled, then those that were."""
    there, speech = library.installed(config.models_dir), config.speech
    for kind in SETTING:
        uses = _uses(models.EMBEDDED, kind, speech)
        yield Row(models.EMBEDDED, kind, "en", "", "GPL-3.0-or-later", True, uses)
    for name, entry in registry.known().items():
        if name not in there:
            uses = _uses(name, entry.kind, speech)
            yield Row(name, entry.kind, entry.language, entry.size, entry.licence, False, uses)
    for name, found in there.items():
        size, uses = f"{found.bytes / 1e6:.0f} MB", _uses(name, found.kind, speech)
        yield Row(name, found.kind, found.language, size, found.licence, True, uses)


def _uses(name: str, kind: Kind, speech: Speech) -> list[str]:
    """`default`, a language, `dialplan NAME`: wherever the configuration chooses this model."""
    key = SETTING[kind]
    found = ["default"] if getattr(speech, key) == name else []
    found += [language for language, chosen in getattr(speech, f"{key}s").items() if chosen == name]
    plans = speech.dialplans.items()
    return found + [f"dialplan {plan}" for plan, chosen in plans if getattr(chosen, key) == name]


class Progress:
    """A bar on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()
        self._shown = 0.0

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        whole = bool(total) and done == total
        if not whole and now - self._shown < (BAR_EVERY_S if self._tty else LINE_EVERY_S):
            return
        self._shown = now
        amount = f"{done / 1e6:.1f}" + (f" of {total / 1e6:.1f} MB" if total else " MB")
        if not self._tty:
            click.echo(f"{name}: {amount}", err=True)
            return
        bar = "#" * (30 * done // total if total else 0)
        click.echo(f"\r{name} [{bar:<30}] {amount} ", nl=whole, err=True)
