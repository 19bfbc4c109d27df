"""Dialplans on disk: each version that runs is kept as it was when it was loaded, recordings and all.

Its author may be in the middle of changing it, and a control process that is started again goes on with
exactly what its callers are in the middle of. Kept versions lie in `plans/NAME/VERSION` below the run-time
folder; their files never change.
"""

import os
import re
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from softswitch import marked_yaml
from softswitch.dialplan import folder, loader
from softswitch.dialplan.files.kinds import NAME
from softswitch.dialplan.plan import Plan
from softswitch.errors import InvalidFile, SoftswitchError

KEPT = "plans"

Key = tuple[str, str]
"""A plan's name and version."""


def load(setting: str, run_dir: Path, human: str | None) -> Plan:
    """The dialplan of that name or path as it is now, kept. Raises SoftswitchError with all its problems."""
    source = loader.resolve(setting)
    kept = _keep(source, run_dir / KEPT)
    if kept is None:
        return loader.load(source, human)
    try:
        return loader.load(kept, human)
    except InvalidFile as error:
        raise _told_of(error, kept, source) from None


def load_kept(key: Key, run_dir: Path, human: str | None) -> Plan:
    """That version as it was, and was found sound. Raises SoftswitchError when it is not there any more."""
    return loader.load_again(run_dir / KEPT / key[0] / key[1], human)


def prune(run_dir: Path, wanted: Collection[Key]) -> None:
    """Remove all kept versions but these, and what a process that died was writing."""
    for name in _folders(run_dir / KEPT):
        for version in _folders(name):
            if (name.name, version.name) not in wanted:
                shutil.rmtree(version, ignore_errors=True)
        if not _folders(name):
            shutil.rmtree(name, ignore_errors=True)


def _folders(parent: Path) -> list[Path]:
    return [found for found in parent.iterdir() if found.is_dir()] if parent.is_dir() else []


def _keep(source: Path, plans: Path) -> Path | None:
    """A copy of the files that count; None when they are not even a plan with a name."""
    found = folder.read(source)
    name = _name(source / "plan.yaml")
    if found.problems or not name:
        return None
    kept = plans / name / found.version()
    if kept.is_dir():
        return kept
    copy = kept.with_name(f"{kept.name}.{os.getpid()}.new")
    for file in found.files:
        target = copy / file.path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    copy.rename(kept)  # a copy that is cut off is never taken for a plan
    return kept


def _name(file: Path) -> str:
    value = marked_yaml.read(file).value if file.is_file() else None
    name = str(value.get("name", "")) if isinstance(value, dict) else ""
    return name if re.fullmatch(NAME, name) else ""


def _told_of(error: InvalidFile, kept: Path, source: Path) -> SoftswitchError:
    """The problems at their places in the author's folder."""
    problems = [
        replace(
            problem,
            file=problem.file.replace(str(kept), str(source)),
            message=problem.message.replace(str(kept), str(source)),
        )
        for problem in error.problems
    ]
    return InvalidFile(problems)
