"""The files of a dialplan's folder as they lie on the disk: which count, their bytes, their version.

The only file of this room that does I/O.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from softswitch.dialplan.audio import MAX_BYTES
from softswitch.errors import Problem, SoftswitchError

KINDS = ("intents", "flows", "lists", "tables", "examples")
KNOWLEDGE = "knowledge"
LAYOUT = (
    "expected plan.yaml, intents/NAME.yaml, flows/NAME.yaml, lists/NAME.yaml, tables/NAME.yaml, "
    "examples/INTENT.yaml, audio/NAME.wav and knowledge/NAME.md"
)
TESTS = "tests"
"""A plan's own scenarios may lie in this folder of it; they are no part of what it says and does."""
MAX_FILES = 5_000
MAX_FILE = 1_000_000
"""Bytes. A larger YAML file is no dialplan, and reading it would only fill the memory."""
MAX_FOLDER = 500_000_000


@dataclass(frozen=True, slots=True)
class File:
    """`kind` is plan, intents, flows, lists, tables, examples, audio or knowledge; `name` has no suffix."""

    path: Path
    kind: str
    name: str
    data: bytes


@dataclass
class Folder:
    path: Path
    files: list[File] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def version(self) -> str:
        """12 hex digits over names and contents: two plans with the same version say and do the same."""
        content = hashlib.sha256()
        for file in self.files:
            name = file.path.relative_to(self.path).as_posix()
            content.update(f"{name}\0{len(file.data)}\0".encode() + file.data)
        return content.hexdigest()[:12]


def read(path: Path) -> Folder:
    """Every file that counts, once. Raises SoftswitchError when there is no such folder."""
    if not path.is_dir():
        raise SoftswitchError(f"{path} is no folder; a dialplan is a folder with a plan.yaml in it.")
    folder = Folder(path)
    held = 0
    for number, found in enumerate(_paths(folder), 1):
        if number > MAX_FILES or held > MAX_FOLDER:
            _tell(
                folder,
                path,
                f"holds more than {MAX_FILES} files or {MAX_FOLDER} bytes; no dialplan is so large",
            )
            break
        if file := _file(folder, found):
            folder.files.append(file)
            held += len(file.data)
    if not any(file.kind == "plan" for file in folder.files) and not folder.problems:
        _tell(folder, path / "plan.yaml", f"is missing; {LAYOUT}")
    return folder


def _tell(folder: Folder, path: Path, message: str) -> None:
    folder.problems.append(Problem(str(path), 1, 1, message, "wrong-file"))


def _paths(folder: Folder) -> Iterator[Path]:
    """YAML and WAV files, and Markdown of the knowledge, in order of their names; hidden ones are an
    editor's or a version control's.
    """
    for root, folders, names in os.walk(folder.path):
        if Path(root) == folder.path and TESTS in folders:
            folders.remove(TESTS)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (Path(root) / name).is_symlink():
                _tell(folder, Path(root) / name, "is a link to a folder; put the folder itself here")
        # Windows' editors add ".txt" and do not show it.
        counts = (".yaml", ".yml", ".yaml.txt", ".wav", *([".md"] if Path(root).name == KNOWLEDGE else []))
        for name in sorted(names):
            if name.endswith(counts) and not name.startswith("."):
                yield Path(root) / name


def _file(folder: Folder, path: Path) -> File | None:
    kind = _kind(path.relative_to(folder.path))
    limit = MAX_BYTES if kind == "audio" else MAX_FILE
    try:
        if not kind:
            _tell(folder, path, f"is no part of a dialplan; {LAYOUT}")
        elif path.is_symlink() and not path.resolve().is_relative_to(folder.path.resolve()):
            _tell(folder, path, "is a link that leaves the plan's folder; put the file itself here")
        elif not path.is_file():
            _tell(folder, path, "is no file that could be read")
        elif path.stat().st_size > limit:
            _tell(folder, path, f"is larger than {limit} bytes; split it into several files")
        else:
            return File(path, kind, path.stem, path.read_bytes())
    except OSError as error:
        _tell(folder, path, f"cannot be read: {error.strerror}")
    return None


def _kind(path: Path) -> str:
    """ "" for what is no part of a dialplan."""
    if path.as_posix() == "plan.yaml":
        return "plan"
    known = dict.fromkeys(KINDS, ".yaml") | {"audio": ".wav", KNOWLEDGE: ".md"}
    return path.parent.name if len(path.parts) == 2 and known.get(path.parent.name) == path.suffix else ""
