"""A dialplan's folder as a plan: every file read, every mistake found at once, only a sound one built."""

from dataclasses import dataclass
from pathlib import Path

from softswitch import config
from softswitch.dialplan import folder, reading
from softswitch.dialplan.checks import suite
from softswitch.dialplan.parts import Parts
from softswitch.dialplan.plan import Plan, build
from softswitch.dialplan.reading import Draft
from softswitch.errors import InvalidFile, Problem, SoftswitchError


@dataclass(frozen=True, slots=True)
class Inspection:
    """`plan` is None when a problem is an error; problems are in the order of the files."""

    plan: Plan | None
    problems: list[Problem]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.warning]


def resolve(name: str | Path) -> Path:
    """The folder of a dialplan given as a path, or by the name of a bundled one."""
    path = Path(name)
    if path.is_dir():
        return path
    bundled = config.bundled("dialplans")
    if len(path.parts) == 1 and (bundled / path / "plan.yaml").is_file():
        return bundled / path
    known = ", ".join(sorted(found.parent.name for found in bundled.glob("*/plan.yaml")))
    raise SoftswitchError(
        f"There is no dialplan '{name}' in {Path.cwd()}; give a folder, or one of: {known}."
    )


def load(path: Path, human: str | None = None) -> Plan:
    """The plan in that folder, ready to run. Raises InvalidFile with every error that was found.

    `human` is the configured SIP URI for `transfer: human`.
    """
    found = inspect(path, human)
    if found.plan is None:
        raise InvalidFile(found.errors)
    found.plan.prepare()
    return found.plan


def load_again(path: Path, human: str | None = None) -> Plan:
    """The plan of a folder that `load` found sound: what hangs together is not proved once more, which takes
    half of the time. Raises InvalidFile when even its parts are not sound.
    """
    draft = reading.read(folder.read(path))
    suite.parts(draft)
    if not draft.sound:
        raise InvalidFile([problem for problem in draft.problems if not problem.warning])
    plan = build(_parts(draft, human))
    plan.prepare()
    return plan


def inspect(path: Path, human: str | None = None) -> Inspection:
    """The plan in that folder, if it is sound, with all that is to be said about it.

    What hangs together is only judged when the parts of it are sound; else mistakes would be told twice.
    """
    draft = reading.read(folder.read(path))
    expressions = suite.parts(draft)
    plan = None
    if draft.sound:
        plan = build(_parts(draft, human))
        suite.whole(draft, expressions, plan.sentences)
    else:
        suite.ways_alone(draft)
    problems = sorted(set(draft.problems), key=lambda problem: (problem.file, problem.line, problem.column))
    return Inspection(plan if draft.sound else None, problems)


def _parts(draft: Draft, human: str | None) -> Parts:
    assert draft.plan
    return Parts(
        draft.folder.path,
        draft.folder.version(),
        human,
        draft.plan,
        draft.intents,
        draft.flows,
        draft.lists,
        draft.tables,
        draft.knowledge,
        draft.examples,
    )
