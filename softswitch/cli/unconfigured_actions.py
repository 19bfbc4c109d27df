"""Actions of a dialplan that nothing does, or that are asked for arguments which the plan does not give."""

from collections.abc import Iterator
from pathlib import Path

from softswitch.actions import files
from softswitch.actions.files import Integrations
from softswitch.actions.settings import Integration
from softswitch.actions.templates import KNOWN
from softswitch.config import Config
from softswitch.dialplan import folder, reading
from softswitch.dialplan.files.plan import Action
from softswitch.errors import Problem

WAITS = "nothing does '{name}': {file} does not have it, so it is noted and waits"
LATE = "nothing looks up '{name}': {file} does not have it among `lookups`, so it is always late"
NOTHING, ARGUMENT, RESULT = "no-integration", "unknown-argument", "missing-result"


def problems(config: Config, path: Path) -> Iterator[Problem]:
    """Those of a sound dialplan, where its plan declares them. None without `actions_file`: then nobody has
    set up anything yet. Raises SoftswitchError when that file is wrong.
    """
    if config.actions_file is None:
        return
    known = files.load(config, secrets=False)
    draft = reading.read(folder.read(path))
    assert draft.plan
    for name, action in draft.plan.actions.items():
        place = draft.plan_document.where(("actions", name), key=True)
        settings = _settings(known, draft.plan.name, name, action)
        if settings is None:
            yields = LATE if action.kind == "lookup" else WAITS
            told = yields.format(name=name, file=config.actions_file)
            yield Problem(*place, told, NOTHING, True)
            continue
        kept = getattr(settings, "result", None)
        for variable in sorted(set(action.result).difference(kept)) if kept else ():
            told = f"{config.actions_file} gives no '{variable}' in the `result` of '{name}'"
            yield Problem(*place, told, RESULT, action.kind == "queue")
        given = {*action.arguments, *KNOWN}
        asked = sorted({each.name for each in settings.fields if not each.secret} - given)
        for field in asked:
            told = f"{config.actions_file} asks for {{{field}}} of '{name}', which is not among its arguments"
            yield Problem(*place, told, ARGUMENT)


def _settings(known: Integrations, plan: str, name: str, action: Action) -> Integration | None:
    if action.kind == "queue":
        return known.find(plan, name)
    found = known.find_lookup(plan, name)
    return found[1] if found else None
