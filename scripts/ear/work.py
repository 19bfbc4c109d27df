"""The work folder: every result stands under the hash of all that it was made from, and appears whole.

A build that is cut off goes on where it stopped; a changed word list, setting or module makes anew what hangs
on it.
"""

import hashlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Read before anything is made: who edits a module meanwhile must not have old results under its new hash.
_SOURCES = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.py")}


@dataclass(frozen=True)
class Task:
    """One result to make: `make(path, *arguments)` writes the file or folder `path`.

    `inputs` names all that the result depends on, besides `modules` of this package whose code makes it.
    """

    name: str
    make: Callable[..., None]
    arguments: tuple[Any, ...]
    inputs: tuple[object, ...]
    modules: tuple[str, ...]


class Work:
    """Raises whatever a task raises; what was made before it stays."""

    def __init__(self, folder: Path, processes: int = 1, quiet: bool = False) -> None:
        self.folder = folder
        self._processes = processes
        self._quiet = quiet
        self.seconds: dict[str, float] = {}  # by label, for the card and the plan of the next build
        folder.mkdir(parents=True, exist_ok=True)

    def one(self, label: str, task: Task) -> Path:
        return self.all(label, [task])[0]

    def all(self, label: str, tasks: Sequence[Task]) -> list[Path]:
        """The paths of the results, in order; those that are not there yet are made, several at once."""
        start = time.monotonic()
        paths = [self._path(task) for task in tasks]
        missing = [(task, path) for task, path in zip(tasks, paths, strict=True) if not path.exists()]
        with Bar(label, len(missing), self._quiet) as bar:
            for _ in self._made(missing):
                bar.step()
        self.seconds[label] = time.monotonic() - start
        return paths

    def _made(self, missing: Sequence[tuple[Task, Path]]) -> Iterator[Path]:
        if self._processes == 1 or len(missing) < 2:
            for task, path in missing:
                yield _make(task, path)
        else:
            with ProcessPoolExecutor(self._processes) as pool:
                yield from pool.map(_make, *zip(*missing, strict=True))

    def _path(self, task: Task) -> Path:
        return self.folder / f"{task.name}-{key(task.inputs, task.modules)}"


def key(inputs: Iterable[object], modules: Iterable[str]) -> str:
    """Sixteen hex digits over the inputs. A result among them counts by its name, which holds its own key."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(_SOURCES[f"{module}.py"])
    for part in inputs:
        digest.update(repr(_named(part)).encode() + b"\0")
    return digest.hexdigest()[:16]


def _named(part: object) -> object:
    if isinstance(part, Path):
        return part.name
    if isinstance(part, (list, tuple)):
        return [_named(item) for item in part]
    return part


def content(paths: Iterable[Path]) -> str:
    """The hash of files' bytes."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _make(task: Task, path: Path) -> Path:
    partial = path.with_name(f".partial-{path.name}")
    if partial.is_dir():
        shutil.rmtree(partial)
    partial.unlink(missing_ok=True)
    task.make(partial, *task.arguments)
    return partial.replace(path)


class Bar:
    """A progress bar on a terminal, one line per label elsewhere."""

    def __init__(self, label: str, total: int, quiet: bool = False) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._start = time.monotonic()
        self._shown = not quiet and total > 0
        self._live = self._shown and sys.stderr.isatty()

    def __enter__(self) -> "Bar":
        self._draw()
        return self

    def step(self, note: str = "") -> None:
        self._done += 1
        self._draw(note)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            seconds = time.monotonic() - self._start
            end = "\r\033[K" if self._live else ""
            print(f"{end}{self._label}: {self._done} of {self._total}, {seconds:.1f} s", file=sys.stderr)

    def _draw(self, note: str = "") -> None:
        if self._live and self._done < self._total:
            seconds = time.monotonic() - self._start
            left = seconds / self._done * (self._total - self._done) if self._done else 0
            filled = "#" * (30 * self._done // self._total)
            print(f"\r\033[K{self._label} [{filled:30}] {left:.0f} s left {note}", end="", file=sys.stderr)
