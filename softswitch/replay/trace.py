"""Traces of conversations: what callers said when, what the right answers are, and pairs that are no repeats.

A trace is JSON lines, compressed where its name ends in .gz: a head, then answers, calls and pairs. Times are
seconds since the trace's beginning.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
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


def read(path: Path) -> Trace:
    """Raises SoftswitchError, with the line that is no part of a trace."""
    try:
        with _open(path, "rt") as file:
            text = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SoftswitchError(f"{path}: {error}; expected a trace as JSON lines") from None
    if len(text) > MOST_BYTES:
        raise SoftswitchError(f"{path} is larger than {MOST_BYTES} bytes; cut the trace")
    begins, notes = datetime.min, {}
    answers: dict[str, tuple[Answer, ...]] = {}
    calls, pairs = [], []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            match json.loads(line):
                case {"begins": str(at), "notes": dict(found)}:
                    begins, notes = datetime.fromisoformat(at), found
                case {"answer": str(name), "says": list(says)}:
                    answers[name] = tuple(_answer(said) for said in says)
                case {"call": call}:
                    turns = tuple(Turn(**turn) for turn in call.pop("turns"))
                    calls.append(Call(turns=turns, **call))
                case {"pair": kind, "first": first, "second": second}:
                    pairs.append(Pair(kind, Asked(**first), Asked(**second)))
                case other:
                    raise ValueError(f"no part of a trace: {str(other)[:60]}")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SoftswitchError(f"{path}:{number}: {error}; expected a line of a trace") from None
    return Trace(begins, answers, tuple(sorted(calls, key=lambda call: call.at)), tuple(pairs), notes)


def write(path: Path, trace: Trace) -> None:
    """The same bytes for the same trace."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(trace))
    data = text.encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _lines(trace: Trace) -> Iterator[Mapping[str, Any]]:
    yield {"begins": trace.begins.isoformat(), "notes": trace.notes}
    for name, said in trace.answers.items():
        yield {"answer": name, "says": [_short(asdict(answer)) for answer in said]}
    for call in trace.calls:
        turns = [_short(asdict(turn)) for turn in call.turns]
        yield {"call": {"at": call.at, "caller": call.caller, "turns": turns}}
    for pair in trace.pairs:
        first, second = _short(asdict(pair.first)), _short(asdict(pair.second))
        yield {"pair": pair.kind, "first": first, "second": second}


DEFAULTS: Mapping[str, Any] = {"sure": 0.9, "scope": "plan", "knows": True}


def _short(part: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is so by itself."""
    kept = ((name, value) for name, value in part.items() if name not in ("pattern", "tool", "arguments"))
    return {name: value for name, value in kept if value not in ("", (), {}, False, DEFAULTS.get(name))
            or (name == "knows" and value is False)}  # fmt: skip


def _answer(said: Mapping[str, Any]) -> Answer:
    return Answer(
        "", said["text"], said.get("scope", "plan"), tuple(said.get("fields", ())), said.get("knows", True)
    )


def _open(path: Path, mode: Literal["rt"]) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, mode, encoding="utf-8")
    return path.open(mode, encoding="utf-8")
