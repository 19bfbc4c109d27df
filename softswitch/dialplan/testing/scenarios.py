"""The scenarios of a dialplan: where they lie, how they are read, and whether what they name exists."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from softswitch import marked_yaml, validation
from softswitch.complaints import suggest
from softswitch.dialplan.building import LOOKED_UP, PROMISED
from softswitch.dialplan.files.scenario import Scenario, ScenarioFile, Turn
from softswitch.dialplan.files.variables import FACTS
from softswitch.dialplan.folder import TESTS
from softswitch.dialplan.plan import Plan
from softswitch.errors import InvalidFile, Problem, SoftswitchError
from softswitch.marked_yaml import Document, Place

DIALPLANS = "dialplans"


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario and where it is written."""

    name: str
    scenario: Scenario
    document: Document

    def where(self, turn: int = 0) -> tuple[str, int]:
        """File and line of a turn, counted from 0."""
        file, line, _ = self.document.where(self._place(turn))
        return file, line

    def problem(self, turn: int, key: str, message: str) -> Problem:
        place = self._place(turn)
        return self.document.problem((*place, key), message, key=(*place, key) in self.document.key_marks)

    def _place(self, turn: int) -> Place:
        given = self.document.value[self.name]
        return (self.name, turn) if isinstance(given, list) else (self.name, "turns", turn)


def home(plan: Path) -> Path:
    """Where the tests of the dialplan in that folder lie: for dialplans/NAME at tests/dialplans/NAME, else in
    its own folder `tests`.
    """
    plan = plan.absolute()
    if plan.parent.name == DIALPLANS:
        return plan.parent.parent / TESTS / DIALPLANS / plan.name
    return plan / TESTS


def read(folder: Path) -> list[Case]:
    """Every scenario of the folder's files, in their order. Raises InvalidFile with every problem of them,
    SoftswitchError when there is no scenario.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        document = marked_yaml.read(path, _shown(path), anchors=False)
        try:
            scenarios = validation.validate(document, ScenarioFile).root
        except InvalidFile as error:
            problems += error.problems
        else:
            cases += [Case(name, scenario, document) for name, scenario in scenarios.items()]
    if problems:
        raise InvalidFile(problems)
    if not cases:
        raise SoftswitchError(
            f"There are no tests: write a scenario into {_shown(folder / 'scenarios.yaml')}, or say with "
            "--tests where they are."
        )
    return cases


def _shown(path: Path) -> str:
    """As short as can be from where the author stands."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def check(cases: list[Case], plan: Plan) -> None:
    """Raises InvalidFile for whatever the scenarios name that the plan has not."""
    known = _Known(plan)
    problems = [
        problem
        for case in cases
        for number, turn in enumerate(case.scenario.turns)
        for problem in known.problems(case, number, turn)
    ]
    problems += [problem for case in cases for problem in known.remembered(case)]
    problems += [problem for case in cases for problem in known.acts(case)]
    if problems:
        raise InvalidFile(problems)


class _Known:
    def __init__(self, plan: Plan) -> None:
        parts = plan.files
        self._steps: Collection[str] = plan.steps.keys()
        self._variables = parts.types.keys()
        self._remembered: Collection[str] = plan.remembered
        self._actions: Collection[str] = parts.plan.actions.keys()
        self._declared = parts.plan.actions
        self._queues: Collection[str] = {*parts.plan.queues, "no"}
        self._languages: Collection[str] = plan.languages
        intents = {name for step in plan.steps.values() if step.question for name in step.question.ways}
        told = self._variables - FACTS.keys()  # a value alone is taken for what was asked for
        self._intents = {*intents, *parts.intents, *told, "yes", "no", "none"}

    def problems(self, case: Case, number: int, turn: Turn) -> Iterator[Problem]:
        named: tuple[tuple[str, str, Collection[str], Collection[str]], ...] = (
            ("step", "step", [turn.step] if turn.step else (), self._steps),
            ("intent", "intent", [turn.intent] if turn.intent else (), self._intents),
            ("slots", "variable", turn.slots or (), self._variables),
            ("context", "variable", turn.context, self._variables),
            ("actions", "action", [each.action for each in turn.actions or ()], self._actions),
            ("waits", "queue", [turn.waits] if turn.waits else (), self._queues),
            ("language", "language", [turn.language] if turn.language else (), self._languages),
        )
        for key, kind, names, known in named:
            for name in names:
                if name not in known:
                    yield case.problem(number, key, _unknown(kind, name, known))

    def remembered(self, case: Case) -> Iterator[Problem]:
        for name in case.scenario.call.remembered:
            if name not in self._remembered:
                place = (case.name, "call", "remembered", name)
                message = _unknown("caller variable", name, self._remembered)
                yield case.document.problem(place, message, key=True)

    def acts(self, case: Case) -> Iterator[Problem]:
        """Of actions that are not the plan's, and outcomes that such an action cannot have."""
        for name, act in case.scenario.acts.items():
            place = (case.name, "acts", name)
            if (declared := self._declared.get(name)) is None:
                yield case.document.problem(place, _unknown("action", name, self._declared), key=True)
                continue
            fitting = LOOKED_UP if declared.kind == "lookup" else PROMISED
            if act.outcome not in fitting:
                message = f"'{name}' can be {', '.join(fitting)}, not {act.outcome}"
                yield case.document.problem(place, message, key=True)


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"the plan has no {kind} '{name}'{suggest(name, known)}"
