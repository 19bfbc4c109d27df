"""The models that were pulled: a folder each below `models` in the data directory, its manifest inside.

A model's folder appears whole, by one rename, or not at all. What is on its way stands in folders whose
names begin with a dot, which no model's name may.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from softswitch.errors import SoftswitchError
from softswitch.speech import fetching, models
from softswitch.speech.registry import NAME, Kind
from softswitch.speech.unpacking import sync_folders
from softswitch.values import Section

MANIFEST = "softswitch-model.json"
DOWNLOADS = ".downloads"
UNPACKING = ".unpacking-"


class Mark(Section):
    """What a file was when it was pulled."""

    bytes: int
    sha256: str


class Manifest(Section):
    """What was pulled, from where, and every file of it."""

    name: str
    kind: Kind
    language: str = ""  # "" when nobody said
    licence: str = ""
    source: str
    downloads: Mapping[str, str] = Field({})  # SHA-256 of what came over the network, by file name
    files: Mapping[str, Mark]

    @property
    def bytes(self) -> int:
        return sum(mark.bytes for mark in self.files.values())


def installed(folder: Path) -> dict[str, Manifest]:
    """Every model below `folder` by its name."""
    manifests = sorted(folder.glob(f"[!.]*/{MANIFEST}"))
    return {path.parent.name: manifest(path.parent) for path in manifests}


def manifest(model: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((model / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        raise SoftswitchError(
            f"{model} is no model that was pulled ({MANIFEST} is missing or damaged): remove the folder and "
            f"pull {model.name} again"
        ) from None


def describe(root: Path, marks: Manifest) -> Manifest:
    """`marks` with every file of `root`."""
    files = {
        file.relative_to(root).as_posix(): Mark(bytes=file.stat().st_size, sha256=fetching.sha256(file))
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }
    return marks.model_copy(update={"files": files})


def problems(model: Path) -> list[str]:
    """Everything that is not as it was pulled, and whether the engine would take it."""
    known = manifest(model)
    there = {f.relative_to(model).as_posix() for f in model.rglob("*") if not f.is_dir()} - {MANIFEST}
    found = [f"{name} was not there when it was pulled" for name in sorted(there - known.files.keys())]
    for name, mark in known.files.items():
        path = model / name
        if not path.is_file() or path.is_symlink():
            found.append(f"{name} is missing")
        elif path.stat().st_size != mark.bytes or fetching.sha256(path) != mark.sha256:
            found.append(f"{name} has changed")
    try:
        check_shape(model, known.kind)
    except SoftswitchError as error:
        found.append(str(error))
    return found


def check_shape(model: Path, kind: Kind) -> None:
    """Raises SoftswitchError when the engine would not take it."""
    if kind == "ear":
        models.ear(str(model))
    else:
        models.voice(str(model))


def place(root: Path, folder: Path, described: Manifest) -> None:
    """Make `root`, which lies below `folder`, the model of that name, in the stead of one that is there."""
    (root / MANIFEST).write_text(described.model_dump_json(indent=2))
    with (root / MANIFEST).open("rb") as opened:
        os.fsync(opened.fileno())
    root.chmod(0o755)
    sync_folders(root)
    target = folder / described.name
    if target.exists():
        target.rename(Path(tempfile.mkdtemp(prefix=UNPACKING, dir=folder)) / target.name)
    root.rename(target)
    sync_folders(folder)


@contextlib.contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """An empty folder below `folder` to unpack in, gone afterwards, with what an earlier crash left.

    Only one at a time: raises SoftswitchError while another process is pulling.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SoftswitchError(
            f"{folder} cannot be written: {error.strerror}; set data_dir to a folder of this user"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise SoftswitchError("another `softswitch model pull` is at work: wait until it is done") from None
    try:
        _sweep(folder)
        yield Path(tempfile.mkdtemp(prefix=UNPACKING, dir=folder))
    finally:
        _sweep(folder)
        os.close(lock)


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{UNPACKING}*"):
        shutil.rmtree(left)


def check_name(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise SoftswitchError(f"'{name}' cannot be a model's name: give letters, digits, '.', '_' and '-'")
    return name
