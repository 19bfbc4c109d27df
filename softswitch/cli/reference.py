"""The reference pages that come from the code: settings, trunks, actions, commands, checks,
schemas.

Written by scripts/document.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from softswitch.actions.actions_file import ActionsFile, AnyIntegration
from softswitch.actions.jobs import Job
from softswitch.actions.lookups import Kept
from softswitch.actions.recipes.expanding import every
from softswitch.actions.settings import Integration, Secret
from softswitch.actions.templates import Template
from softswitch.app.steering import ARGUMENTS
from softswitch.cli.queue_recipes import whole
from softswitch.cli.root import softswitch
from softswitch.config import Config, default_path
from softswitch.dialplan.checks.rules import FAMILIES, Rule
from softswitch.dialplan.files import json_schema
from softswitch.publish import schemas as mqtt_schemas
from softswitch.sections.mqtt import Commander
from softswitch.sections.queues import Queue
from softswitch.trunks.files import Entry
from softswitch.trunks.settings import Rewrite
from softswitch.values import DAY, seconds

SETTINGS_HEAD = """# Settings

One YAML file, `softswitch.yaml` in `~/.config/softswitch` unless `--config FILE` or the environment variable
`SOFTSWITCH_CONFIG` names another. Everything has a default; an absent file means all defaults. Any setting
can be given on the command line as well: `softswitch --set sip.port=5070 serve`. Durations are written
`200ms`, `6s`, `2m`, `90d`. Paths begin where a command is started, unless they are whole ones. Unknown and
duplicate keys are errors, told with file, line and column.
"""
CHECKS_HEAD = """# Checks

What `softswitch dialplan check` finds, by the name that stands at the end of each line, in `--json` and in
`--sarif`. An error keeps a plan from being loaded; a warning does not, unless `--strict` is asked for. Every
problem is told at once, but what hangs together is only judged when the parts of it are sound: the ways
through the plan when its flows can be read, whatever texts and sentences are wrong; what is heard and set,
when all is.

`softswitch dialplan schema` gives editors a part of this while an author types: unknown and missing keys, and
values of the wrong kind. Write the schemas beside your plan and name them in the first line of each file:

    softswitch dialplan schema --write myshop/.schema

    # yaml-language-server: $schema=../.schema/flow.json

The same files stand in [dialplan-schema](dialplan-schema).
"""
TRUNKS_HEAD = """# Trunks

Every key of a trunk. [Connect a trunk](../how-to/connect-a-trunk.md) tells how they are used. `softswitch
trunk` keeps trunks in the database; the YAML file that `trunks_file` names may declare others:

```yaml trunks.yaml
trunks:
  - name: berlin
    kind: register
    hosts: [sip.example.com, sip2.example.com;priority=20]
    username: 4711
    password_env: BERLIN_PASSWORD
    numbers: {country: DE, send: national}
    limits: {calls: 10}
  - name: carrier
    kind: ip
    hosts: [192.0.2.1, 192.0.2.2]
    allow: 192.0.2.0/24
    prefixes: [+44, +1]
```

On the command line the same keys are given with `--set`, as in
`softswitch trunk edit berlin --set limits.calls=20`. Lists are written with commas, rules as in
`--set 'numbers.rewrite_in=[{match: 9(\\d+), to: +49\\1}]'`.
"""
ACTIONS_HEAD = """# Actions

Every key of the file that the setting `actions_file` names; its use is told in
[have actions done](../how-to/have-actions-done.md). An action stands there by its name in the dialplan, as in
`place_order`, or for one plan alone as in `order_desk.place_order`. Its other keys are those of every kind,
and of the one that `kind` says. A look-up, which is of kind `http`, `sql` or `calendar`, has those of every
look-up too.

```yaml actions.yaml
hosts: [crm.example.com, 10.1.2.0/24]
secrets:
  crm: {env: CRM_TOKEN}
actions:
  place_order:
    kind: http
    url: https://crm.example.com/orders
    headers: {Authorization: "Bearer {secret:crm}"}
    json: {item: "{item}", quantity: "{quantity:number}"}
    retry: {give_up_after: 2h}
  cancel_order: {kind: mqtt, topic: "shop/cancelled/{order_number}"}
  call_later: {kind: script, command: /opt/shop/bin/call-later, timeout: 30s}
```
"""
RECIPES_HEAD = """# Recipes

Actions of well-known systems that stand ready but for a few parameters. An action in the file of actions
names one with `recipe` and gives its parameters under `with`; they may speak of the action's arguments as in
`{problem}`, and of secrets as in `{secret:zendesk}`. What else stands there, such as `timeout`, `retry`,
`result` or more of `json`, goes before what the recipe says. `softswitch queue recipes NAME` prints these
examples. What they say of a system is that system's public documentation, as it was when this was written.
"""
OF_THE_MACHINE = {"data_dir": "`~/.local/share/softswitch`", "node": "the host's name"}
COMMANDS_HEAD = """# Commands

Exit status: 0 when all is well, 1 for what a person can mend (said in one sentence), 2 for wrong usage, 3
for a bug of ours. `--json` prints for machines.
"""


def settings() -> str:
    """docs/reference/settings.md"""
    named: dict[str, type[BaseModel]] = {"mqtt.commands.USER": Commander, "queues.NAME": Queue}
    sections = [part for name, model in named.items() for part in _section(name, model)]
    return SETTINGS_HEAD + "".join([*_section("", Config), *sections])


def trunks() -> str:
    """docs/reference/trunks.md"""
    rules = "".join(_section("numbers.rewrite_in", Rewrite, inside=False))
    return TRUNKS_HEAD + "".join(_section("", Entry)) + rules


def actions() -> str:
    """docs/reference/actions.md"""
    sections = [*_section("", ActionsFile), *_section("every kind", Integration, inside=False)]
    for model in get_args(get_args(AnyIntegration)[0]):
        (kind,) = get_args(model.model_fields["kind"].annotation)
        sections += _section(kind, model, inside=False, without=Integration.model_fields.keys())
    others: dict[str, type[BaseModel]] = {"every look-up": Kept, "jobs": Job, "secrets": Secret}
    for name, other in others.items():
        sections += _section(name, other, inside=False)
    text = "".join(sections)
    # What several kinds have stands there once.
    return ACTIONS_HEAD + "".join(dict.fromkeys(re.split(r"(?=\n## )", text)))


def recipes() -> str:
    """docs/reference/recipes.md"""
    told = (
        f"\n## `{name}`\n\n{recipe.about}\n\n```yaml actions.yaml\n{chr(10).join(whole(name, recipe))}\n```\n"
        for name, recipe in every().items()
    )
    return RECIPES_HEAD + "".join(told)


def _section(
    name: str, model: type[BaseModel], *, inside: bool = True, without: Collection[str] = ()
) -> Iterator[str]:
    """`inside`: the keys have the section's name before them. `without` are keys told elsewhere."""
    inner: list[tuple[str, type[BaseModel]]] = []
    yield f"\n## {f'`{name}`' if name else 'Top level'}\n\n| Setting | Default | Meaning |\n|---|---|---|\n"
    for attribute, field in model.model_fields.items():
        key = field.alias or attribute
        if key in without:
            continue
        if section := _model_of(field.annotation):
            inner.append((key, section))
            continue
        full = f"{name}.{key}" if name and inside else key
        meaning = f"{field.description}{_choices(field.annotation)}"
        yield f"| `{full}` | {_default(full, field)} | {meaning} |\n"
    for key, section in inner:
        yield from _section(f"{name}.{key}" if name and inside else key, section)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model of a section, which may be left out as a whole."""
    members = get_args(annotation)
    annotation = members[0] if members[1:] == (type(None),) else annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _choices(annotation: Any) -> str:
    if get_origin(annotation) is not Literal:
        return ""
    return f" One of {', '.join(f'`{choice}`' for choice in get_args(annotation))}."


def _default(name: str, field: FieldInfo) -> str:
    value = field.default
    if name in OF_THE_MACHINE:
        return OF_THE_MACHINE[name]
    if value is PydanticUndefined:
        return "required"
    if value is None or value == "" or isinstance(value, SecretStr):
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    if isinstance(value, Template):
        return f"`{value}`"
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if isinstance(value, float) and any(getattr(each, "func", None) is seconds for each in field.metadata):
        return f"`{value / DAY:g}d`" if value >= DAY else f"`{value:g}s`"
    return f"`{value}`"


def commands() -> str:
    """docs/reference/commands.md"""
    return COMMANDS_HEAD + "".join(_help(softswitch, _context(softswitch, None, "softswitch")))


def _context(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    return click.Context(command, parent=parent, info_name=name, **command.context_settings)


def _help(command: click.Command, context: click.Context) -> Iterator[str]:
    context.terminal_width = context.max_content_width = 100
    text = command.get_help(context).replace(str(default_path()), "~/.config/softswitch/softswitch.yaml")
    yield f"\n## {context.command_path}\n\n```\n{text}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _help(child, _context(child, context, name))


def checks() -> str:
    """docs/reference/checks.md"""
    return CHECKS_HEAD + "".join(
        f"\n## {family}\n{''.join(map(_rule, rules))}" for family, rules in FAMILIES.items()
    )


def _rule(rule: Rule) -> str:
    kind = "Warning. " if rule.warning else ""
    return f"\n### `{rule.name}`\n\n{kind}{rule.means}\n\n```\n{rule.example}\n```\n\n{rule.remedy}\n"


def pages() -> dict[str, str]:
    """Every generated page by its path in docs/reference."""
    schemas = {f"dialplan-schema/{kind}.json": json_schema.text(kind) for kind in json_schema.KINDS}
    for name, schema in (mqtt_schemas.published() | mqtt_schemas.taken(ARGUMENTS)).items():
        schemas[f"mqtt-schema/{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    texts = {
        "settings.md": settings(),
        "trunks.md": trunks(),
        "actions.md": actions(),
        "recipes.md": recipes(),
        "commands.md": commands(),
        "checks.md": checks(),
    }
    return {**texts, **schemas}


def main() -> None:
    folder = Path(sys.argv[1])
    for name, text in pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
