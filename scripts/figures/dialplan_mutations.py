"""Dialplans spoilt as people spoil them, and whether the check tells of it at the right line.

A corruption that leaves the meaning as it was is none, and is counted apart. The right line is the one that
was spoilt, or one next to it; or where what is missing now is used, or was to stand.
"""

import random
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from figures.figure import Measurement, Spec, Workshop
from softswitch import marked_yaml
from softswitch.config import bundled
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan
from softswitch.errors import Problem, SoftswitchError
from softswitch.marked_yaml import Document, Place

COUNT = 200
SEED = 20261122
NEEDED = frozenset(
    {"name", "start", "then", "found", "not_found", "failed", "type", "sentences", "rows", "steps", "table"}
    | {"key", "action", "slot", "to", "repair", "no_match", "no_input", "next", "values", "of"}
)
"""Keys that a plan cannot do without, so that their lines are missed when they are deleted."""
OPTIONAL_INSIDE = ("sentences", "start", "name", "no_match", "no_input")
"""Needed at the top of a file, and optional deeper."""
OF_STEPS = ("key misspelt", "step removed")
FREE = ("rows", "values", "hours", "set")
"""Keys below these are the author's own, and another one is no mistake that a machine could see."""

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Corruption:
    """`line` of `file` was spoilt, counted from 1 in what it is now; `names` are words that it took or
    changed, `owners` the lines of what it stood in. `files` is the whole plan, spoilt.
    """

    kind: str
    file: str
    line: int
    names: frozenset[str]
    owners: frozenset[int]
    files: Files

    def __str__(self) -> str:
        return f"{self.kind} at {self.file}:{self.line} ({', '.join(sorted(self.names))})"


@dataclass(frozen=True, slots=True)
class Spot:
    """A key with its value on one line, or the head of a block."""

    file: str
    place: Place
    line: int
    column: int
    key: str
    value: str | None
    """None for the head of a block."""


def corruptions(files: Files, count: int, seed: int) -> Iterator[Corruption]:
    """So many, each of a kind in turn, at places by chance."""
    chance = random.Random(seed)
    documents = {name: marked_yaml.parse(text, name) for name, text in files.items()}
    together = "\n".join(files.values())
    spots = [spot for name in files for spot in _spots(name, files[name], documents[name])]
    # A step that nobody names may have any name; so may one that is entered by the name of its flow.
    named = {spot.key for spot in spots if len(re.findall(rf"\b{re.escape(spot.key)}\b", together)) > 1}
    named -= {Path(name).stem for name in files}
    made = 0
    while made < count:
        kind, spoil = KINDS[made % len(KINDS)]
        spot = chance.choice(spots)
        if kind in OF_STEPS and _is_step(spot) and spot.key not in named:
            continue
        spoilt = spoil(chance, files[spot.file].splitlines(), spot)
        if spoilt is None:
            continue
        lines, line, names = spoilt
        shift = len(lines) - len(files[spot.file].splitlines())
        owners = frozenset(
            owner + shift if owner > spot.line else owner for owner in _owners(documents[spot.file], spot)
        )
        if kind == "line deleted":
            # What lost its head.
            owners |= frozenset(range(spot.line, _end(files[spot.file].splitlines(), spot)))
        changed = {**files, spot.file: "\n".join(lines) + "\n"}
        yield Corruption(kind, spot.file, line, frozenset(names), owners, changed)
        made += 1


def _spots(name: str, text: str, document: Document) -> Iterator[Spot]:
    lines = text.splitlines()
    for place, (line, column) in document.key_marks.items():
        written = lines[line - 1]
        if re.match(r"\s*(- )?[\"']?" + re.escape(str(place[-1])) + r"[\"']?:", written):
            _, _, value = written.partition(":")
            yield Spot(name, place, line, column, str(place[-1]), value.split(" #")[0].strip() or None)


def _owners(document: Document, spot: Spot) -> set[int]:
    """What it stands in: the key and the first line of the mapping around it, and of the step around that."""
    around = [spot.place[:end] for end in range(1, len(spot.place))]
    marks = [
        *(document.key_marks.get(each) for each in around),
        *(document.marks.get(each) for each in around),
    ]
    return {mark[0] for mark in marks if mark}


Spoilt = tuple[list[str], int, set[str]] | None
"""The lines, which of them was spoilt, and what it took away; None where the spot does not suit."""


def _misspelt_key(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    if len(spot.key) < 3 or any(part in FREE for part in spot.place[:-1]):
        return None
    wrong = _misspelt(chance, spot.key)
    before, after = lines[spot.line - 1][: spot.column - 1], lines[spot.line - 1][spot.column - 1 :]
    lines[spot.line - 1] = before + after.replace(spot.key, wrong, 1)
    return lines, spot.line, {spot.key, wrong}


def _end(lines: Sequence[str], spot: Spot) -> int:
    """The last line of the block of which the spot is the head."""
    end = spot.line
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) >= spot.column):
        end += 1
    return end


def _is_step(spot: Spot) -> bool:
    return len(spot.place) == 2 and spot.place[0] == "steps"


def _misspelt(chance: random.Random, word: str) -> str:
    at = chance.randrange(len(word) - 1)
    ways = (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], f"{word[:at]}q{word[at + 1 :]}")
    return next(way for way in chance.sample(ways, 3) if way != word)


def _misspelt_name(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    """Of a step, intent, flow or variable that the line names."""
    if spot.key not in NEEDED - {"name", "type", "key"} or not re.fullmatch(r"[a-z_]{3,}", spot.value or ""):
        return None
    assert spot.value
    wrong = _misspelt(chance, spot.value)
    head, _, _ = lines[spot.line - 1].partition(":")
    lines[spot.line - 1] = f"{head}: {wrong}"
    return lines, spot.line, {spot.value, wrong}


def _removed(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    """A step with all that belongs to it."""
    if not _is_step(spot):
        return None
    end = _end(lines, spot)
    filled = re.findall(r"slot: (\w+)", "\n".join(lines[spot.line - 1 : end]))
    return lines[: spot.line - 1] + lines[end:], max(1, spot.line - 1), {spot.key, *filled}


def _retyped(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    """Where one thing stands, something quite different."""
    if spot.value is None or spot.value[0] in "{[|>" or any(part in FREE for part in spot.place[:-1]):
        return None
    wrong = chance.choice(("{what: [1, 2]}", "[[a, b], [c]]", "{is: {this: here}}"))
    head, _, _ = lines[spot.line - 1].partition(":")
    lines[spot.line - 1] = f"{head}: {wrong}"
    return lines, spot.line, {spot.key}


def _indented(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    by = chance.choice((-2, -1, 1, 2, 3))
    indent = _indent(lines[spot.line - 1])
    if indent + by < 0:
        return None
    lines[spot.line - 1] = " " * (indent + by) + lines[spot.line - 1].lstrip()
    return lines, spot.line, {spot.key}


def _duplicated(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    if spot.value is None or lines[spot.line - 1].lstrip().startswith("- "):
        return None
    return lines[: spot.line] + lines[spot.line - 1 :], spot.line + 1, {spot.key}


def _tabbed(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    if not _indent(lines[spot.line - 1]):
        return None
    lines[spot.line - 1] = "\t" + lines[spot.line - 1].lstrip()
    return lines, spot.line, {spot.key}


def _deleted(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    optional = spot.key in OPTIONAL_INSIDE and len(spot.place) > 1
    if spot.value is not None and (spot.key not in NEEDED or optional):
        return None
    names = {spot.key} | set(re.findall(r"[a-z_]{3,}", spot.value or ""))
    return lines[: spot.line - 1] + lines[spot.line :], max(1, spot.line - 1), names


def _unclosed(chance: random.Random, lines: list[str], spot: Spot) -> Spoilt:
    """A bracket or quote that is forgotten."""
    if not spot.value or spot.value[0] not in "{[\"'" or spot.value[-1] not in "}]\"'":
        return None
    written = lines[spot.line - 1].rstrip()
    lines[spot.line - 1] = written[: written.rindex(spot.value[-1])]
    return lines, spot.line, {spot.key}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


KINDS: Sequence[tuple[str, Callable[[random.Random, list[str], Spot], Spoilt]]] = (
    ("key misspelt", _misspelt_key),
    ("name misspelt", _misspelt_name),
    ("step removed", _removed),
    ("type changed", _retyped),
    ("indentation", _indented),
    ("key twice", _duplicated),
    ("tab", _tabbed),
    ("line deleted", _deleted),
    ("bracket or quote open", _unclosed),
)


def verdict(corruption: Corruption, sound: Plan, folder: Path) -> str:
    """`told`, `same meaning`, or what is wrong with the check: `misplaced: …`, `missed`."""
    write(corruption.files, folder)
    found = loader.inspect(folder)
    if any(is_right(corruption, problem, folder) for problem in found.problems):
        return "told"
    if found.plan is None:
        return "misplaced: " + "; ".join(map(str, found.problems[:3]))
    return "same meaning" if meaning(found.plan) == meaning(sound) else "missed"


def meaning(plan: Plan) -> object:
    """All that a plan's files say, apart from where they lie and how they are written."""
    parts = plan.files
    return (parts.plan, parts.intents, parts.flows, parts.lists, parts.tables, parts.examples)


def is_right(corruption: Corruption, problem: Problem, folder: Path) -> bool:
    file = Path(problem.file).relative_to(folder).as_posix()
    if file == corruption.file:
        following = _following(corruption)
        right = {corruption.line - 1, corruption.line, *following} | corruption.owners
        if problem.line in right or any(f"line {line} " in problem.message for line in right):
            return True
    lines = corruption.files.get(file, "").splitlines()
    told = lines[problem.line - 1] if problem.line <= len(lines) else ""
    return any(re.search(rf"\b{re.escape(name)}\b", f"{told} {problem.message}") for name in corruption.names)


def _following(corruption: Corruption) -> list[int]:
    """The next line with something on it: where a reader first sees that the one above does not fit."""
    lines = corruption.files[corruption.file].splitlines()
    for number in range(corruption.line + 1, len(lines) + 1):
        if lines[number - 1].split("#")[0].strip():
            return [number]
    return [len(lines), len(lines) + 1]


def read(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.yaml"))
    }


def write(files: Files, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def plans() -> list[Path]:
    """The bundled dialplans."""
    return sorted(path.parent for path in bundled("dialplans").glob("*/plan.yaml"))


def verdicts(count: int, seed: int, folder: Path) -> Iterator[tuple[Corruption, str]]:
    """Corruptions of all bundled plans together, and how the check does."""
    found = plans()
    for number, path in enumerate(found):
        share = count * (number + 1) // len(found) - count * number // len(found)
        sound = loader.load(path)
        for corruption in corruptions(read(path), share, seed + number):
            yield corruption, verdict(corruption, sound, folder)


def _run(workshop: Workshop) -> Sequence[float]:
    told = [verdict for _, verdict in verdicts(COUNT, SEED, workshop.folder / "spoilt")]
    changed = [verdict for verdict in told if verdict != "same meaning"]
    if not changed:
        raise SoftswitchError("No corruption changed the meaning of a plan; there is nothing to measure.")
    workshop.tell(f"{len(changed)} of {COUNT} corruptions change what a plan means")
    return [100 * changed.count("told") / len(changed)]


MUTATIONS = Measurement(
    f"{COUNT} random corruptions of the bundled dialplans, told at their right lines",
    (Spec("corruptions told at their line", "%", at_least=100),),
    _run,
)
