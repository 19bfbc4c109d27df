"""Traces of conversations: what callers said when, what the right answers are, and pairs that are no repeats.

A trace is JSON lines, compressed where its name ends in .gz: a head, then answers, calls and pairs. Times are
seconds since the trace's beginning.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from softswitch.errors import SoftswitchError
from softswitch.replay.scripted_llm import Answer

MOST_BYTES = 64 << 20
Kind = Literal["words", "caller", "context"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the ear made of the caller's words, how sure it was, and which of the trace's answers is right.

    `answer` is "" where the dialplan is expected to know what to do. With `follows` the words mean this only
    after what was said before.
    """

    heard: str
    answer: str = ""
    sure: float = 0.9
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`caller` is E.164, "" where it is withheld."""

    at: float
    caller: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question within a call: what is known there by variable, and what the caller had said before."""

    heard: str
    answer: str
    caller: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions of which the second must not be given the first one's answer, and how they are alike."""

    kind: Kind
    first: Asked
    second: Asked


@dataclass(frozen=True, slots=True)
class Trace:
    """`answers` by name: what a model says, the first whose `{fields}` are known; `notes` tell what it is."""

    begins: datetime
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    pairs: tuple[Pair, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


class _Reader:
    """Takes a trace line by line."""

    def __init__(self) -> None:
        self._begins, self._notes = datetime.min, dict[str, Any]()
        self._answers: dict[str, tuple[Answer, ...]] = {}
        self._calls: list[Call] = []
        self._pairs: list[Pair] = []

    def take(self, line: str) -> None:
        match json.loads(line):
            case {"begins": str(at), "notes": dict(found)}:
                self._begins, self._notes = datetime.fromisoformat(at), found
            case {"answer": str(name), "says": list(says)}:
                self._answers[name] = tuple(_answer(said) for said in says)
            case {"call": call}:
                turns = tuple(Turn(**turn) for turn in call.pop("turns"))
                self._calls.append(Call(turns=turns, **call))
            case {"pair": kind, "first": first, "second": second}:
                self._pairs.append(Pair(kind, Asked(**first), Asked(**second)))
            case other:
                raise ValueError(f"no part of a trace: {str(other)[:60]}")

    def trace(self) -> Trace:
        calls = sorted(self._calls, key=lambda call: call.at)
        return Trace(self._begins, self._answers, tuple(calls), tuple(self._pairs), self._notes)


def read(path: Path) -> Trace:
    """Raises SoftswitchError, with the line that is no part of a trace."""
    reader = _Reader()
    for number, line in enumerate(_text(path).splitlines(), 1):
        try:
            reader.take(line)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SoftswitchError(f"{path}:{number}: {error}; expected a line of a trace") from None
    return reader.trace()


def _text(path: Path) -> str:
    try:
        with _open(path) as file:
            text: str = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise SoftswitchError(f"{path}: {error}; expected a trace as JSON lines") from None
    if len(text) > MOST_BYTES:
        raise SoftswitchError(f"{path} is larger than {MOST_BYTES} bytes; cut the trace")
    return text


def _open(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open("rt", encoding="utf-8")


def write(path: Path, trace: Trace) -> None:
    """The same bytes for the same trace."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(trace))
    data = text.encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _lines(trace: Trace) -> Iterator[Mapping[str, Any]]:
    yield {"begins": trace.begins.isoformat(), "notes": trace.notes}
    for name, said in trace.answers.items():
        yield {"answer": name, "says": [_short(answer) for answer in said]}
    for call in trace.calls:
        turns = [_short(turn) for turn in call.turns]
        yield {"call": {"at": call.at, "caller": call.caller, "turns": turns}}
    for pair in trace.pairs:
        yield {"pair": pair.kind, "first": _short(pair.first), "second": _short(pair.second)}


NOT_WRITTEN = ("pattern", "tool", "arguments")
"""Of answers: a trace's are chosen by name."""


def _short(part: Answer | Turn | Asked) -> dict[str, Any]:
    """Without what is so by itself."""
    found = {}
    for each in fields(part):
        usual = each.default if each.default_factory is MISSING else each.default_factory()
        value = getattr(part, each.name)
        if each.name not in NOT_WRITTEN and value != usual:
            found[each.name] = value
    return found


def _answer(said: Mapping[str, Any]) -> Answer:
    return Answer(
        "", said["text"], said.get("scope", "plan"), tuple(said.get("fields", ())), said.get("knows", True)
    )
