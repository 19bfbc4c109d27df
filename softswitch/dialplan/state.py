"""Where a call is in its dialplan, and how that is written down to go on from after a crash."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from softswitch.dialplan.pieces import RATES
from softswitch.events import BargeIn, Fragment, Say

MAX_TRAIL = 10
"""So many questions back can a caller go."""
MAX_FRAMES = 8
"""Flows called, or digressed into, one in another; of more the outermost is forgotten."""
NOTHING: Mapping[str, str] = {}


class Frame(NamedTuple):
    """Where a flow goes on that was left for another one: at the step after a call, or at the question that
    was digressed from.
    """

    step: str
    digressed: bool


class Stop(NamedTuple):
    """A question that the caller came past, what was open there, and what was forgotten to ask it anew: the
    question before may speak of it.
    """

    step: str
    frames: tuple[Frame, ...]
    forgotten: Mapping[str, str]


class Pending(NamedTuple):
    """What waits for a yes: an intent with its slots that was heard badly, and in which words; without an
    intent what was collected at the step.
    """

    intent: str
    slots: Mapping[str, str]
    words: str = ""


CONFIRM = Pending("", NOTHING)


@dataclass(frozen=True, slots=True)
class State:
    """`facts` is what was known as the call came, `context` what is known now, by variable.

    `failures` counts by kind, in a row at this question, `strikes` of all kinds since the caller was last
    understood. `said` is what `repeat` says; `trail` the questions so far, the present one last; `asking` the
    variable that is asked for; `askers` the step that asked, of each sensitive variable that is set;
    `recording` what recording.py makes of it; `awaiting` the key of what the step waits for, `thinking` that
    of the latest answer that is being thought;
    `waits` the step at which the caller waits for a person, `waits_since` since when (Unix seconds, 0: now).
    """

    version: str
    language: str
    step: str
    facts: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    strikes: int = 0
    spoken_once: bool = False
    said: tuple[Say, ...] = ()
    trail: tuple[Stop, ...] = ()
    frames: tuple[Frame, ...] = ()
    asking: str = ""
    pending: Pending | None = None
    unsure: bool = False
    rate: float = 1.0
    visits: int = 0
    askers: Mapping[str, str] = field(default_factory=dict)
    recording: str = ""
    awaiting: str = ""
    waits: str = ""
    waits_since: float = 0.0
    thinking: str = ""


def dump(state: State, sensitive: Collection[str]) -> str:
    """The state as JSON, without the values of sensitive variables."""
    pending = state.pending
    if pending and not pending.slots.keys().isdisjoint(sensitive):
        pending = None
    raw = {each.name: getattr(state, each.name) for each in fields(state)} | {
        "facts": _without(state.facts, sensitive),
        "context": _without(state.context, sensitive),
        "said": list(map(_dumped, state.said)),
        "trail": [(stop.step, stop.frames, _without(stop.forgotten, sensitive)) for stop in state.trail],
        "pending": pending,
    }
    return json.dumps(raw, separators=(",", ":"))


def load(text: str) -> State:
    """The state that was dumped. Raises ValueError when the text is no such state."""
    try:
        raw: dict[str, Any] = json.loads(text)
        pending = raw["pending"]
        rate = float(raw["rate"])
        return State(
            version=str(raw["version"]),
            language=str(raw["language"]),
            step=str(raw["step"]),
            facts=_texts(raw["facts"]),
            context=_texts(raw["context"]),
            failures={str(kind): int(number) for kind, number in raw["failures"].items()},
            strikes=int(raw["strikes"]),
            spoken_once=bool(raw["spoken_once"]),
            said=tuple(map(_say, raw["said"])),
            trail=tuple(
                Stop(str(step), _frames(frames), _texts(forgotten))
                for step, frames, forgotten in raw["trail"]
            ),
            frames=_frames(raw["frames"]),
            asking=str(raw["asking"]),
            pending=None if pending is None else _pending(*pending),
            unsure=bool(raw["unsure"]),
            rate=rate if rate in RATES else 1.0,
            visits=int(raw["visits"]),
            askers=_texts(raw["askers"]),
            recording=str(raw.get("recording", "")),
            awaiting=str(raw.get("awaiting", "")),
            thinking=str(raw.get("thinking", "")),
            waits=str(raw.get("waits", "")),
            waits_since=float(raw.get("waits_since", 0.0)),
        )
    except (LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a dialplan's state: {error!r}") from None


def _without(values: Mapping[str, str], sensitive: Collection[str]) -> Mapping[str, str]:
    if not sensitive or values.keys().isdisjoint(sensitive):
        return values
    return {name: value for name, value in values.items() if name not in sensitive}


def _texts(raw: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in raw.items()}


def _pending(intent: Any, slots: Mapping[str, Any], words: Any = "") -> Pending:
    return Pending(str(intent), _texts(slots), str(words))


def _frames(raw: list[tuple[Any, Any]]) -> tuple[Frame, ...]:
    return tuple(Frame(str(step), bool(digressed)) for step, digressed in raw)


def _dumped(say: Say) -> list[Any]:
    whole = [say.text, say.static, say.barge_in, say.rate, say.pause, say.audio, say.language]
    parts = [(part.text, part.before, part.after) for part in say.fragments]
    return [*whole, parts] if parts else whole


def _say(raw: list[Any]) -> Say:
    text, static, barge_in, rate, pause, audio, language, *more = raw
    pause = None if pause is None else float(pause)
    parts = tuple(Fragment(*map(str, part)) for part in (more[0] if more else ()))
    return Say(
        str(text), bool(static), BargeIn(barge_in), float(rate), pause, str(audio), str(language), parts
    )
