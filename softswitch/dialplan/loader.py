"""Reads a dialplan's folder: every file, every problem at once. The only file of this room that does I/O."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from softswitch import config, marked_yaml
from softswitch.dialplan import graph, references
from softswitch.dialplan.draft import Draft
from softswitch.dialplan.plan import Plan, ears_of, phrases_of
from softswitch.dialplan.schema import FlowFile, IntentFile, PlanFile, TableFile
from softswitch.errors import InvalidFile, Problem, SoftswitchError

Model = TypeVar("Model", bound=BaseModel)
LAYOUT = "expected plan.yaml, intents/NAME.yaml, flows/NAME.yaml and tables/NAME.yaml"
MAX_FILE = 1_000_000
"""Bytes. A larger file is no dialplan, and reading it would only fill the memory."""


def resolve(name: str | Path) -> Path:
    """The folder of a dialplan given as a path, or by the name of a bundled one."""
    path = Path(name)
    if path.is_dir():
        return path
    bundled = config.bundled("dialplans")
    if len(path.parts) == 1 and (bundled / path / "plan.yaml").is_file():
        return bundled / path
    known = ", ".join(sorted(found.parent.name for found in bundled.glob("*/plan.yaml")))
    raise SoftswitchError(f"There is no dialplan '{name}'; give a folder, or one of: {known}.")


def load(path: Path, human: str | None = None) -> Plan:
    """The plan in that folder, ready to run. Raises InvalidFile with every problem that was found."""
    files = _files(path)
    draft = _draft(path, files)
    # What hangs together can only be judged when each part is sound; else mistakes would be told twice.
    problems = draft.problems + references.check(draft)
    if draft.plan is None or problems:
        raise InvalidFile(problems)
    phrases = phrases_of(draft.intents)
    if problems := graph.check(draft, draft.plan, phrases):
        raise InvalidFile(problems)
    tables = {name: table.rows for name, table in draft.tables.items()}
    ears = ears_of(draft.plan, draft.steps, phrases)
    return Plan(draft.plan, _version(path, files), human, draft.steps, tables, ears)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        raise SoftswitchError(f"{path} is no folder; a dialplan is a folder with a plan.yaml in it.")
    return sorted(found for found in path.rglob("*") if found.suffix in (".yaml", ".yml"))


def _version(path: Path, files: list[Path]) -> str:
    """12 hex digits over names and contents: two plans with the same version say and do the same."""
    content = hashlib.sha256()
    for file in files:
        data = file.read_bytes()
        content.update(f"{file.relative_to(path).as_posix()}\0{len(data)}\0".encode() + data)
    return content.hexdigest()[:12]


def _draft(path: Path, files: list[Path]) -> Draft:
    draft = Draft()
    if path / "plan.yaml" not in files:
        draft.problems.append(Problem(str(path / "plan.yaml"), 1, 1, f"is missing; {LAYOUT}"))
    for file in files:
        folder, name = file.relative_to(path).parent.as_posix(), file.stem
        document = _read(file)
        if file == path / "plan.yaml":
            draft.plan_document = document
            draft.plan = _validated(draft, document, PlanFile)
        elif file.suffix == ".yaml" and folder in ("intents", "flows", "tables"):
            _place(draft, folder, name, document)
        else:
            draft.problems.append(Problem(str(file), 1, 1, f"is no part of a dialplan; {LAYOUT}"))
    return draft


def _read(file: Path) -> marked_yaml.Document:
    if file.stat().st_size > MAX_FILE:
        problem = Problem(str(file), 1, 1, f"is larger than {MAX_FILE} bytes; split it into several files")
        return marked_yaml.Document(str(file), problems=[problem])
    return marked_yaml.read(file)


def _place(draft: Draft, folder: str, name: str, document: marked_yaml.Document) -> None:
    if folder == "intents":
        draft.intent_documents[name] = document
        if intent := _validated(draft, document, IntentFile):
            draft.intents[name] = intent
    elif folder == "tables":
        draft.table_documents[name] = document
        if table := _validated(draft, document, TableFile):
            draft.tables[name] = table
    else:
        flow = _validated(draft, document, FlowFile)
        for step in _step_names(document):
            _add_step(draft, step, document, flow)


def _step_names(document: marked_yaml.Document) -> Iterator[str]:
    steps = document.value.get("steps") if isinstance(document.value, dict) else None
    yield from steps if isinstance(steps, dict) else ()


def _add_step(draft: Draft, name: str, document: marked_yaml.Document, flow: FlowFile | None) -> None:
    if other := draft.step_documents.get(name):
        where = other.problem(("steps", name), "", key=True)
        message = f"there is a step '{name}' already: {where.file}:{where.line}"
        draft.problems.append(document.problem(("steps", name), message, key=True))
        return
    draft.step_documents[name] = document
    if flow:
        draft.steps[name] = flow.steps[name]


def _validated(draft: Draft, document: marked_yaml.Document, model: type[Model]) -> Model | None:
    try:
        return marked_yaml.validate(document, model)
    except InvalidFile as error:
        draft.problems += error.problems
        return None
