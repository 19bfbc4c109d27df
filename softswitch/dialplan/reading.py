"""A dialplan while it is read: the parts that are sound, the documents of all, the problems so far."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel

from softswitch import marked_yaml, validation
from softswitch.dialplan import audio
from softswitch.dialplan.audio import Recording
from softswitch.dialplan.checks.rules import RULES
from softswitch.dialplan.files.data import ExamplesFile, IntentFile, ListFile, TableFile
from softswitch.dialplan.files.flow import FlowFile, Step
from softswitch.dialplan.files.plan import PlanFile
from softswitch.dialplan.folder import KNOWLEDGE, File, Folder
from softswitch.dialplan.language import ENGLISH, LANGUAGES, Language
from softswitch.dialplan.slots import Declaration
from softswitch.errors import InvalidFile, Problem
from softswitch.marked_yaml import Document, Place

Model = TypeVar("Model", bound=BaseModel)
MODELS: Mapping[str, type[BaseModel]] = {
    "plan": PlanFile,
    "intents": IntentFile,
    "flows": FlowFile,
    "lists": ListFile,
    "tables": TableFile,
    "examples": ExamplesFile,
}


@dataclass
class Draft:
    """Documents are kept for unsound parts too: their names exist, and others may refer to them."""

    folder: Folder
    plan: PlanFile | None = None
    intents: dict[str, IntentFile] = field(default_factory=dict)
    flows: dict[str, FlowFile] = field(default_factory=dict)
    lists: dict[str, ListFile] = field(default_factory=dict)
    tables: dict[str, TableFile] = field(default_factory=dict)
    examples: dict[str, ExamplesFile] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    knowledge: dict[str, str] = field(default_factory=dict)
    """Markdown by the name of its file."""
    documents: dict[str, dict[str, Document]] = field(default_factory=lambda: {kind: {} for kind in MODELS})
    homes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, rule: str, document: Document, place: Place, message: str, *, key: bool = False) -> None:
        self.problems.append(Problem(*document.where(place, key=key), message, rule, RULES[rule].warning))

    def report_step(self, rule: str, step: str, message: str, *place: str | int) -> None:
        """At a place inside the step, or at its name when no place is given."""
        self.report(rule, self.home(step), ("steps", step, *place), message, key=not place)

    @property
    def sound(self) -> bool:
        return self.plan is not None and all(problem.warning for problem in self.problems)

    def unreadable(self, kind: str) -> bool:
        """Whether some file of the kind is no mapping, so that what it names is not known."""
        documents = self.documents[kind].values()
        return any(not isinstance(each.value, dict) for each in documents) or (
            kind == "plan" and not documents
        )

    @property
    def plan_document(self) -> Document:
        return self.documents["plan"].get("plan") or Document(str(self.folder.path / "plan.yaml"))

    def home(self, step: str) -> Document:
        """The document of the flow that has the step."""
        return self.documents["flows"][self.homes[step]]

    @property
    def languages(self) -> tuple[Language, ...]:
        """Those of the plan that this product speaks; English when there is none."""
        spoken = self.plan.spoken if self.plan else ()
        return tuple(LANGUAGES[name] for name in spoken if name in LANGUAGES) or (ENGLISH,)

    def declaration(self, name: str) -> Declaration:
        """A variable of the sound plan as slots take it, in its first language; its list is sound too."""
        assert self.plan is not None
        variable, language = self.plan.variables[name], self.plan.spoken[0]
        values = self.lists[variable.of].values if variable.of else {}
        return Declaration(
            variable.type,
            variable.length,
            variable.minimum,
            variable.maximum,
            {value: texts.in_language(language) for value, texts in values.items()},
            self.plan.country,
            self.plan.currency,
        )

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Those of all sound flows, each by its name. Not to be asked before everything is read."""
        return {name: self.flows[flow].steps[name] for name, flow in self.homes.items() if flow in self.flows}


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """The mapping found by going down `keys`, empty when the author wrote something else there."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def read(folder: Folder) -> Draft:
    """Every file of the folder, each as far as it is sound."""
    draft = Draft(folder, problems=list(folder.problems))
    for file in folder.files:
        if file.kind == "audio":
            _recording(draft, file)
        elif file.kind == KNOWLEDGE:
            _knowledge(draft, file)
        else:
            _document(draft, file)
    for flow, document in draft.documents["flows"].items():
        for step in _step_names(document):
            _settle(draft, step, flow, document)
    return draft


def _recording(draft: Draft, file: File) -> None:
    try:
        draft.recordings[file.path.name] = audio.recording(file.path, file.data)
    except ValueError as error:
        draft.problems.append(Problem(str(file.path), 1, 1, str(error), "wrong-recording"))


def _knowledge(draft: Draft, file: File) -> None:
    try:
        draft.knowledge[file.path.name] = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        draft.problems.append(
            Problem(str(file.path), line, 1, "is no UTF-8 text; save it as UTF-8", "wrong-file")
        )


def _document(draft: Draft, file: File) -> None:
    document = marked_yaml.parse_bytes(file.data, str(file.path), anchors=False)
    draft.documents[file.kind][file.name] = document
    try:
        model = validation.validate(document, MODELS[file.kind])
    except InvalidFile as error:
        draft.problems += map(_dead_end, error.problems)
        return
    if isinstance(model, PlanFile):
        draft.plan = model
    else:
        getattr(draft, file.kind)[file.name] = model


def _dead_end(problem: Problem) -> Problem:
    """A step without a way on has a rule of its own."""
    if not problem.message.endswith("found none"):
        return problem
    return Problem(problem.file, problem.line, problem.column, problem.message, "dead-end")


def _step_names(document: Document) -> Iterator[str]:
    yield from mapping(document.value, "steps")


def _settle(draft: Draft, step: str, flow: str, document: Document) -> None:
    if step in draft.homes:
        file, line, _ = draft.home(step).where(("steps", step), key=True)
        message = f"there is a step '{step}' already: {file}:{line}"
        draft.report("duplicate-step", document, ("steps", step), message, key=True)
    else:
        draft.homes[step] = flow
