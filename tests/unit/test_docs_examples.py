"""What the documents show works: YAML is valid, command lines parse, the how-to's dialplan is a whole one."""

import re
import shlex
from pathlib import Path

import click
import pytest
from documents import DOCUMENTS, ROOT, Block, blocks, every_block, prose
from pydantic import BaseModel

from softswitch import config, marked_yaml, validation
from softswitch.actions.actions_file import ActionsFile
from softswitch.cli.root import softswitch
from softswitch.dialplan import loader
from softswitch.dialplan.files.data import ExamplesFile, IntentFile, ListFile, TableFile
from softswitch.dialplan.files.flow import FlowFile
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.files.scenario import ScenarioFile
from softswitch.trunks import files

FILES: dict[str, type[BaseModel]] = {
    "intents": IntentFile,
    "flows": FlowFile,
    "lists": ListFile,
    "tables": TableFile,
    "examples": ExamplesFile,
    "tests": ScenarioFile,
}
ALERT = {"alert", "expr", "for"}
"""What a rule of Prometheus has here."""
YAML = every_block("yaml")


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_yaml_example_is_valid(block: Block, tmp_path: Path):
    """The info string names the file: ```yaml flows/main.yaml. Parts of plan.yaml are tried in a whole."""
    folder, _, _ = block.label.partition("/")
    if block.label == "softswitch.yaml":
        file = tmp_path / block.label
        file.write_text(block.text, encoding="utf-8")
        config.load(file)
        return
    document = marked_yaml.parse(block.text, str(block))
    if block.label == "alerts.yaml":
        (group,) = document.value["groups"]
        assert all(ALERT >= rule.keys() >= {"alert", "expr"} for rule in group["rules"])
        return
    if block.label == "trunks.yaml":
        files.parse(document, tmp_path, passwords=False)
        return
    if block.label == "actions.yaml":
        validation.validate(document, ActionsFile)
        return
    if block.label == "plan.yaml":
        whole = marked_yaml.read(ROOT / "dialplans/reception/plan.yaml")
        if "languages" in document.value:
            del whole.value["language"]
        document.value = {**whole.value, **document.value}
        validation.validate(document, PlanFile)
    else:
        assert folder in FILES, f"{block}: say which file this is, as in ```yaml flows/main.yaml"
        validation.validate(document, FILES[folder])


def test_the_dialplan_of_the_how_to_is_a_whole_one(tmp_path: Path):
    for block in blocks(ROOT / "docs/how-to/write-a-dialplan.md", "yaml"):
        file = tmp_path / block.label
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
    plan = loader.load(tmp_path)
    (told,) = re.findall(
        r"salon (\w+), (\d+) steps, (\d+) prompts", (ROOT / "docs/how-to/write-a-dialplan.md").read_text()
    )
    assert told == (plan.version, str(len(plan.steps)), str(len(plan.static_prompts())))


def test_the_opening_hours_are_said_where_the_readme_has_them_changed():
    (file,) = re.findall(r"opening hours, in `my_shop/(\S+)`", (ROOT / "README.md").read_text())
    assert "We are open from" in (ROOT / "dialplans/reception" / file).read_text()


def command_lines() -> list[tuple[str, list[str]]]:
    """Every `softswitch ...` of shell blocks and code marks: where it stands, and its words."""
    found: list[tuple[str, str]] = []
    for block in every_block("sh", "console"):
        lines = block.text.replace("\\\n", " ").splitlines()
        if block.language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found += [(str(block), line) for line in lines]
    for document in DOCUMENTS:
        marks = re.findall(r"`([^`\n]*)`", prose(document))
        found += [
            (str(document.relative_to(ROOT)), mark) for mark in marks if re.match(r"softswitch [a-z-]", mark)
        ]
    return [(where, words) for where, line in found for words in commands_of(line)]


def commands_of(line: str) -> list[list[str]]:
    """The arguments of each softswitch in a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word in ("|", "&&", "||", ";"):
            commands.append([])
        else:
            commands[-1].append(word)
    return [words[1:] for words in commands if words and words[0] in ("softswitch", ".venv/bin/softswitch")]


def complaint(command: click.Command, words: list[str], parent: click.Context | None = None) -> str:
    """What is wrong with these words. Values are not looked at: the files that they name are not here."""
    context = click.Context(command, parent=parent, info_name=command.name)
    try:
        options, rest, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    if "help" in options or "version" in options:
        return ""
    if not isinstance(command, click.Group):
        return f"too many words: {rest}" if rest else ""
    if not rest:
        return ""  # the command is only mentioned
    child = command.get_command(context, rest[0])
    return complaint(child, rest[1:], context) if child else f"no command {rest[0]}"


@pytest.mark.parametrize(("where", "words"), command_lines(), ids=lambda value: str(value))
def test_every_command_that_is_shown_exists_with_its_options(where: str, words: list[str]):
    assert not complaint(softswitch, words)


def test_the_check_of_command_lines_can_fail():
    (words,) = commands_of("cat x | softswitch --set a=b calls list --limt 5")
    assert "--limt" in complaint(softswitch, words)
    assert "no command cals" in complaint(softswitch, ["cals"])
    assert "too many" in complaint(softswitch, ["serve", "now"])
    assert len(command_lines()) > 30
