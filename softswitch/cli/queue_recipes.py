"""softswitch queue recipes: actions of well-known systems that stand ready."""

from collections.abc import Iterator
from typing import Any

import click
import yaml

from softswitch.actions.actions_file import ActionsFile
from softswitch.actions.recipes.expanding import Recipe, every
from softswitch.complaints import suggest
from softswitch.errors import SoftswitchError


@click.command(
    epilog="\b\nExamples:\n  softswitch queue recipes\n  softswitch queue recipes hubspot.create_ticket"
)
@click.argument("name", default="")
def recipes(name: str) -> None:
    """List recipes; with NAME print a file of actions with that one, to be filled in."""
    known = every()
    if not name:
        width = max(map(len, known))
        click.echo("\n".join(f"{each:<{width}}  {recipe.about}" for each, recipe in known.items()))
    elif name in known:
        click.echo("\n".join(whole(name, known[name])))
    else:
        raise SoftswitchError(f"there is no recipe '{name}'{suggest(name, known)}")


def whole(name: str, recipe: Recipe) -> Iterator[str]:
    """A file of actions with this recipe and all its parameters, those that may be left out last."""
    examples = {key: each.example for key, each in recipe.parameters.items()}
    entry = {"recipe": name, "with": examples}
    file = ActionsFile.model_validate({recipe.used_in: {"example": entry}})
    action = [*file.actions.values(), *file.lookups.values()][0]
    yield f"hosts: {_flow(list(dict.fromkeys(host for _, host in action.hosts)))}"
    yield "secrets:"
    for secret in dict.fromkeys(field.name for field in action.fields if field.secret):
        yield f"  {secret}: {{env: {secret.upper()}}}"
    yield f"{recipe.used_in}:"
    yield f"  {name.partition('.')[2]}:"
    yield f"    recipe: {name}"
    yield "    with:"
    for key, each in sorted(recipe.parameters.items(), key=lambda item: not item[1].is_required):
        leave_out = "" if each.is_required else " May be left out."
        yield f"      {key}: {_flow(each.example)}  # {each.about}{leave_out}"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
