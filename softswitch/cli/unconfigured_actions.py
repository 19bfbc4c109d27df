"""Actions of a dialplan that nothing does, or that are asked for arguments which the plan does not give."""

from collections.abc import Iterator
from pathlib import Path

from softswitch.actions import files
from softswitch.actions.templates import KNOWN
from softswitch.config import Config
from softswitch.dialplan import folder, reading
from softswitch.errors import Problem

NOTHING, ARGUMENT = "no-integration", "unknown-argument"


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
        settings = known.find(draft.plan.name, name)
        if settings is None:
            told = f"nothing does '{name}': {config.actions_file} does not have it, so it is noted and waits"
            yield Problem(*place, told, NOTHING, True)
            continue
        given = {*action.arguments, *KNOWN}
        asked = sorted({each.name for each in settings.fields if not each.secret} - given)
        for field in asked:
            told = f"{config.actions_file} asks for {{{field}}} of '{name}', which is not among its arguments"
            yield Problem(*place, told, ARGUMENT)
